"""What a model is: a function from the shape of a sample and the number of classes to a stack of layers."""

from abc import ABC, abstractmethod

from nnlab.core.arrays import Shape
from nnlab.layers.base import Layer


class Model(ABC):
    """A recipe for a stack of layers."""

    @abstractmethod
    def stack(self, in_shape: Shape, classes: int) -> list[Layer]:
        """New layers that turn samples of ``in_shape`` into one score for each class."""
