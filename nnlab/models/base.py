"""What a model is: a function from the shapes of a sample and of its scores to a stack of layers."""

from abc import ABC, abstractmethod

from nnlab.core.arrays import Shape
from nnlab.layers.base import Layer


class Model(ABC):
    """A recipe for a stack of layers."""

    @abstractmethod
    def stack(self, in_shape: Shape, out_shape: Shape) -> list[Layer]:
        """New layers that turn samples of ``in_shape`` into scores of ``out_shape``.

        (K,) is one score for each class or target, (T, K) has them for each of T steps.
        """
