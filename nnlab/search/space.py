"""The space of a sweep: spec keys with their values or ranges."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, product
from math import prod
from typing import Any, Literal

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


@dataclass(frozen=True)
class Axis:
    """Spec keys that move together: rows of values, one for each key, or a range for the only key."""

    keys: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...] = ()
    range: Range | None = None


@dataclass(frozen=True)
class Space:
    """The axes of a sweep; a point takes one row, or one number of the range, of each."""

    axes: tuple[Axis, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """All swept keys, in order."""
        return tuple(key for axis in self.axes for key in axis.keys)

    @property
    def has_ranges(self) -> bool:
        """Whether any axis is a range, which a grid cannot enumerate."""
        return any(axis.range for axis in self.axes)

    def __len__(self) -> int:
        """The number of grid points of the axes without ranges."""
        return prod(len(axis.rows) for axis in self.axes if axis.range is None)

    def grid(self) -> list[Settings]:
        """Every combination of the rows; the last axis changes fastest."""
        combinations = product(*(axis.rows for axis in self.axes))
        return [dict(zip(self.keys, chain.from_iterable(rows), strict=True)) for rows in combinations]
