"""Gradients of a whole batch that several replicas of a layer have computed in parts."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Self

from nnlab.core.flat_parameters import Parameter
from nnlab.layers.base import Layer


class JointGradient(Layer):
    """A layer that can leave dW to one product over the whole batch: cheaper than a sum of products for large W.

    While ``joint`` is set, ``backward`` writes no dW.
    """

    joint: bool = False
    W: Parameter

    @abstractmethod
    def joint_gradient(self, parts: Sequence[Self], rows: slice) -> None:
        """Write some rows of the first replica's dW for a whole batch, of which each replica had a part.

        The memory for it is this layer's: each thread calls it on a replica of its own.
        """
