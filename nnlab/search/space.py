"""The space of a sweep: spec keys with their values or ranges."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, product
from math import ceil, exp, log, log10, prod
from typing import Any, Literal

from nnlab.core.plain_values import canonical

Settings = Mapping[str, Any]
"""Dotted spec keys with plain values, as ``-s`` sets them: ``{"optimizer.lr": 0.1, "optimizer.name": "sgd"}``."""


@dataclass(frozen=True)
class Range:
    """All numbers from ``low`` to ``high``, both included; whole ones for ``int``.

    ``uniform`` and ``int`` are drawn with equal probability, ``log`` with equal probability of the logarithm.
    """

    scale: Literal["uniform", "log", "int"]
    low: float
    high: float

    @property
    def count(self) -> int | None:
        """How many numbers an ``int`` range has; None for real numbers."""
        return int(self.high) - int(self.low) + 1 if self.scale == "int" else None

    def at(self, fraction: float) -> float | int:
        """The quantile of a ``fraction`` (0 ≤ fraction < 1), as :meth:`plain` writes it."""
        if self.count is not None:
            return int(self.low) + int(fraction * self.count)
        if self.scale == "log":
            return self.plain(exp(log(self.low) * (1 - fraction) + log(self.high) * fraction))
        return self.plain(self.low * (1 - fraction) + self.high * fraction)

    def plain(self, value: float) -> float:
        """A number with six significant digits, and those that all of the range begin with; within the range.

        Libraries of mathematics differ in the last digits, and a sweep has the same trials on every machine.
        """
        largest = max(abs(self.low), abs(self.high))
        width = self.high / largest - self.low / largest if largest else 0.0
        digits = 6 - ceil(log10(width)) if 0 < width < 1 else 6
        return float(min(max(float(f"{value:.{digits}g}"), self.low), self.high))


@dataclass(frozen=True)
class Axis:
    """Spec keys that move together: rows of values, one for each key, or a range for the only key."""

    keys: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...] = ()
    range: Range | None = None


@dataclass(frozen=True)
class Space:
    """The axes of a sweep; a point takes one row, or one number of the range, of each.

    The grid points of the ``further`` spaces are added to those of the axes. A point that lacks a key leaves it as it
    is in the base.
    """

    axes: tuple[Axis, ...]
    further: "tuple[Space, ...]" = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """All swept keys, in order."""
        return tuple(dict.fromkeys(chain(self._own_keys, *(space.keys for space in self.further))))

    @property
    def _own_keys(self) -> tuple[str, ...]:
        return tuple(key for axis in self.axes for key in axis.keys)

    @property
    def has_ranges(self) -> bool:
        """Whether any axis is a range, which a grid cannot enumerate."""
        return any(axis.range for axis in self.axes) or any(space.has_ranges for space in self.further)

    @property
    def points(self) -> int | None:
        """The number of different points of the axes; None with a range of real numbers."""
        counts = [axis.range.count if axis.range else len(axis.rows) for axis in self.axes]
        return None if None in counts else prod(count for count in counts if count is not None)

    @property
    def combinations(self) -> int:
        """The number of grid points of the axes without ranges; an upper bound where there are further spaces."""
        own = prod(len(axis.rows) for axis in self.axes if axis.range is None)
        return own + sum(space.combinations for space in self.further)

    def __len__(self) -> int:
        """The number of grid points of the axes without ranges."""
        return len(self.grid()) if self.further else self.combinations

    def grid(self) -> list[Settings]:
        """Every combination of the rows, none twice; the last axis changes fastest."""
        own = [self.settings(rows) for rows in product(*(axis.rows for axis in self.axes))]
        if not self.further:
            return own
        first: dict[str, Settings] = {}
        for point in chain(own, *(space.grid() for space in self.further)):
            first.setdefault(canonical(point), point)
        return list(first.values())

    def settings(self, rows: Iterable[tuple[Any, ...]]) -> Settings:
        """The point of one row of each axis; a range has rows of one number."""
        return dict(zip(self._own_keys, chain.from_iterable(rows), strict=True))
