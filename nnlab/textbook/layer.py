"""What every layer of the textbook has."""

from collections.abc import Sequence

import numpy as np

from nnlab.textbook.regularizers import Regularizer


class Layer:
    """A function of a batch x, one sample in each row: out = forward(x), then dx = backward(dout).

    dout is ∂L/∂out and dx is ∂L/∂x for the loss L. A layer with weights W and b writes their gradients to dW and db.
    """

    W: np.ndarray
    dW: np.ndarray
    parameters: Sequence[str] = ()  # the names of its weights
    regularizers: Sequence[Regularizer] = ()  # the terms of the loss that depend on its weights W
    frozen = False  # True: its weights keep their values
    inner: Sequence["Layer"] = ()  # the layers that it is made of

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        raise NotImplementedError

    def backward(self, dout: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def penalty(self) -> float:
        """What the layer adds to the loss for its last output."""
        return 0.0
