"""The swept keys of a sweep as axes of its pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from nnlab.comparisons.labels import setting_text
from nnlab.core.arrays import Array
from nnlab.core.plain_values import canonical
from nnlab.plots.canvas import plain_text
from nnlab.plots.curves import HIGHEST

ABSENT = "–"
SMALLEST = 1e-100
MISSING = object()
"""Stands for the value of a key that a point does not set."""

# A log axis needs this ratio of its largest to its smallest value, and gaps that are more even on it.
LEAST_RATIO = 10
# With at most this many values each of them is a tick.
MOST_TICKS = 8
LEAST_GAP = 0.09  # of the axis, between two such ticks
# Zero has no place on a log axis: so few values with a zero among them become categories.
MOST_WITH_ZERO = 12
LABEL_LENGTH = 34
EDGE = 0.05  # of the axis, free at its ends


@dataclass(frozen=True, eq=False)
class SweptKey:
    """A swept key, or keys that move together: the position of each point on its axis (NaN: the key is not set).

    Numbers are their own positions; other values are categories, numbered in the order of their ``labels``. The values
    are ``ascending`` numbers also where a zero makes categories of them.
    """

    name: str
    positions: Array
    labels: tuple[str, ...] = ()
    log: bool = False
    is_range: bool = False
    ascending: bool = False

    @cached_property
    def distinct(self) -> Array:
        """The positions in use, ascending."""
        return np.unique(self.positions[np.isfinite(self.positions)])

    @property
    def has_gaps(self) -> bool:
        """Whether some points do not set the key."""
        return bool(np.isnan(self.positions).any())

    @cached_property
    def groups(self) -> tuple[tuple[str, ...], Array]:
        """The values in order, as labels, and the index of each point among them; unset ones come last."""
        index = np.searchsorted(self.distinct, self.positions).astype(int)
        index[np.isnan(self.positions)] = len(self.distinct)
        return (*map(self.text, self.distinct.tolist()), *[ABSENT] * self.has_gaps), index

    def text(self, position: float) -> str:
        """The value at a position; an unset one is a dash."""
        if not isfinite(position):
            return ABSENT
        return self.labels[int(position)] if self.labels else number_text(position, short=self.is_range)

    def fraction(self) -> Array:
        """Positions from 0 to 1 along the axis; all in the middle where there is only one."""
        at = np.log10(self.positions) if self.log else self.positions
        low, high = (np.nanmin(at), np.nanmax(at)) if len(self.distinct) else (0.0, 0.0)
        return (at - low) / (high - low) if high > low else np.where(np.isnan(at), np.nan, 0.5)


def swept_key(name: str, values: Sequence[Any], scale: str | None = None) -> SweptKey:
    """A key with the value of each point, ``MISSING`` where it is not set; ``scale`` is that of its range.

    Numbers are drawn on a log axis where they are spaced as on one.
    """
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    given = [value for value in values if value is not MISSING]
    numeric = len(numbers) == len(given) > 0 and all(value == 0 or SMALLEST < abs(value) < HIGHEST for value in numbers)
    if numeric:
        distinct = np.unique(np.array(numbers, dtype=float))
        if scale is None and 0 in distinct and is_log_spaced(distinct[1:]) and len(distinct) <= MOST_WITH_ZERO:
            return _categories(name, values, sorted(set(numbers)), ascending=True)
        positions = np.array([np.nan if value is MISSING else float(value) for value in values])
        log = bool(distinct[0] > 0) and (scale == "log" if scale else is_log_spaced(distinct))
        return SweptKey(name, positions, log=log, is_range=scale is not None, ascending=True)
    return _categories(name, values, given)


def _categories(name: str, values: Sequence[Any], given: Sequence[Any], *, ascending: bool = False) -> SweptKey:
    """A key whose values are drawn side by side, in the order of ``given``; false comes before true."""
    order = sorted(given) if all(isinstance(value, bool) for value in given) else given
    index: dict[str, int] = {}
    for value in order:
        index.setdefault(canonical(value), len(index))
    firsts = {canonical(value): value for value in reversed(order)}
    labels = _distinct([value_text(firsts[name]) for name in index])
    positions = np.array([np.nan if value is MISSING else index[canonical(value)] for value in values], dtype=float)
    return SweptKey(name, positions, labels, ascending=ascending)


def _distinct(labels: Sequence[str]) -> tuple[str, ...]:
    """Labels with a number where cutting them made them equal."""
    return tuple(f"{label} ({place + 1})" if labels.count(label) > 1 else label for place, label in enumerate(labels))


def value_text(value: Any) -> str:
    """A value of a spec as a label: components by their name, with their other keys after it."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < HIGHEST:
        return number_text(value)
    return plain_text(setting_text(value) or "''", LABEL_LENGTH)


def number_text(value: float, *, short: bool = False) -> str:
    """A number as in a spec; ``short`` with three digits, as of a number drawn at random."""
    if float(value).is_integer() and abs(value) < 1e6:
        return f"{value:.0f}"
    text = f"{value:.3g}" if short else f"{value:.4g}"
    mantissa, exponential, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if exponential else text


def is_log_spaced(distinct: Array) -> bool:
    """Whether ascending numbers are spaced more evenly by their ratios than by their differences."""
    if len(distinct) < 2 or distinct[0] <= 0 or distinct[-1] < LEAST_RATIO * distinct[0]:
        return False
    ratios, differences = np.diff(np.log(distinct)), np.diff(distinct / distinct[-1])
    return bool(ratios.std() / ratios.mean() <= differences.std() / differences.mean())


def show_key(axes: Axes, which: str, key: SweptKey) -> None:
    """Let the x or y axis be that of a key: its scale, its label, and its values as ticks where they have room."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    name = plain_text(key.name, 60)
    label = axes.set_xlabel(name) if which == "x" else axes.set_ylabel(name)
    label.set_parse_math(False)
    if key.log:
        axes.set_xscale("log") if which == "x" else axes.set_yscale("log")
    if key.labels:
        axis.set_ticks(range(len(key.labels)), labels=list(key.labels), parse_math=False)
        return
    if len(key.distinct) > 1:
        ends = np.log10(key.distinct[[0, -1]]) if key.log else key.distinct[[0, -1]]
        low, high = ends + (ends[1] - ends[0]) * np.array([-EDGE, EDGE])
        limits = (10**low, 10**high) if key.log else (float(low), float(high))
        axes.set_xlim(*limits) if which == "x" else axes.set_ylim(*limits)
    gaps = np.diff(np.unique(key.fraction()[np.isfinite(key.positions)]))
    few = 0 < len(key.distinct) <= MOST_TICKS and not key.is_range
    if few and (len(gaps) == 0 or gaps.min() >= LEAST_GAP):
        axis.set_ticks(key.distinct.tolist(), labels=key.groups[0][: len(key.distinct)], parse_math=False)
        axis.set_ticks([], minor=True)
