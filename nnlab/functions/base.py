"""The protocol of test functions."""

from abc import ABC, abstractmethod
from typing import ClassVar

from nnlab.core.arrays import Array
from nnlab.docstrings import docstring_of


class Function(ABC):
    """f(x) with x (n, ...): variables along the first axis, points along the others.

    ``view`` are the default axis limits of plots: left, right, bottom, top.
    """

    least: ClassVar[int] = 1
    most: ClassVar[int | None] = None
    view: ClassVar[tuple[float, float, float, float]] = (-4.0, 4.0, -4.0, 4.0)

    @property
    def variables(self) -> tuple[int, int | None]:
        """The minimum and maximum number of variables; None for no maximum."""
        return self.least, self.most

    @abstractmethod
    def value(self, x: Array) -> Array:
        """f at each point, (...); complex where x is."""

    @abstractmethod
    def gradient(self, x: Array) -> Array:
        """∂f/∂x, (n, ...)."""

    @property
    def formula(self) -> str:
        """The formula of the function."""
        doc = docstring_of(type(self))
        return doc.formulas[0] if doc.formulas else doc.sentence.split(":")[0].rstrip(".")
