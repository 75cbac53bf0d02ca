"""The affine (linear, fully connected) layer, and what turns images into its input or into sequences."""

from collections.abc import Sequence

import numpy as np

from nnlab.textbook.layer import Layer


class Affine(Layer):
    """out = x W + b; dx = dout Wᵀ, dW = xᵀ dout, db = Σ_n dout_n.

    x is (N, D_in), W is (D_in, D_out), b is (D_out,) or None.
    """

    def __init__(self, W: np.ndarray, b: np.ndarray | None = None) -> None:
        self.W, self.b = W, b
        self.parameters = ("W",) if b is None else ("W", "b")

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.x = x
        out = x @ self.W
        return out if self.b is None else out + self.b

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


class Flatten(Layer):
    """Each sample as one row: (N, C, H, W) to (N, C·H·W) and back."""

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return dout.reshape(self.shape)


class Reshape(Layer):
    """Each sample in another shape, and back."""

    def __init__(self, shape: Sequence[int]) -> None:
        self.shape = shape

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.in_shape = x.shape
        return x.reshape(len(x), *self.shape)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return dout.reshape(self.in_shape)


class ImageRows(Layer):
    """The rows of images as the steps of sequences: (N, C, H, W) to (N, H, C·W) and back."""

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        N, self.C, H, W = x.shape
        return x.transpose(0, 2, 1, 3).reshape(N, H, self.C * W)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        N, H, _ = dout.shape
        return dout.reshape(N, H, self.C, -1).transpose(0, 2, 1, 3)


class Permute(Layer):
    """The axes of each sample in another order, counted from 1, and back: [2, 1] swaps the two axes of (N, T, D)."""

    def __init__(self, order: Sequence[int]) -> None:
        self.order = order

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        return x.transpose(0, *self.order)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return dout.transpose(0, *(1 + np.argsort(self.order)))
