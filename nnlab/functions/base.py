"""The protocol of every function of several variables."""

from abc import ABC, abstractmethod
from typing import ClassVar

from nnlab.core.arrays import Array


class Function(ABC):
    """f(x) with x (n, ...): the variables along the first axis, any number of points along the others.

    ``view`` is the part of the plane where there is something to see: left, right, bottom, top.
    """

    least: ClassVar[int] = 1
    most: ClassVar[int | None] = None
    view: ClassVar[tuple[float, float, float, float]] = (-4.0, 4.0, -4.0, 4.0)

    @property
    def variables(self) -> tuple[int, int | None]:
        """The least and the largest number of variables that it takes; None for any number."""
        return self.least, self.most

    @abstractmethod
    def value(self, x: Array) -> Array:
        """f at each point, (...); complex where x is."""

    @abstractmethod
    def gradient(self, x: Array) -> Array:
        """∂f/∂x, (n, ...)."""

    @property
    def formula(self) -> str:
        """The function as people write it."""
        return (type(self).__doc__ or "").split(":")[0].split("\n")[0].strip().rstrip(".")
