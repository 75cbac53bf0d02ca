"""A curve of any length in bounded memory."""

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.rows import MAX_STEPS

INTERVALS = 2048
HIGHEST = 1e100
"""Larger values are left out, as infinite ones are."""


class Curve:
    """Values over the steps as means over intervals of ``width`` steps, which is doubled whenever there are too many.

    So a million values take as much memory as two thousand, and one value in an interval stays as it is.
    """

    def __init__(self, intervals: int = INTERVALS) -> None:
        self.width = 1
        self.last: tuple[int, float] | None = None
        self._count, self._steps, self._values = np.zeros((3, intervals))

    def __bool__(self) -> bool:
        return self.last is not None

    def extend(self, steps: Array, values: Array) -> None:
        """Add values at steps from 0 to ``MAX_STEPS``; those that are not finite are left out."""
        usable = (np.abs(values) < HIGHEST) & (steps >= 0) & (steps <= MAX_STEPS)
        steps, values = steps[usable], values[usable]
        if not len(steps):
            return
        while steps.max() // self.width >= len(self._count):
            self._double()
        places = (steps // self.width).astype(np.intp)
        for sums, terms in ((self._count, None), (self._steps, steps), (self._values, values)):
            sums += np.bincount(places, terms, len(sums))
        self.last = int(steps[-1]), float(values[-1])

    def points(self) -> tuple[Array, Array]:
        """The mean step and the mean value of each interval that has any, in order."""
        held = self._count > 0
        return self._steps[held] / self._count[held], self._values[held] / self._count[held]

    def smoothed(self, window: float) -> tuple[Array, Array]:
        """As :meth:`points`, each value the mean over the ``window`` steps around it.

        Near the ends, where fewer steps are on one side, the window is narrower on both: the mean stays centred.
        """
        steps, values = self.points()
        if len(steps) < 3 or window <= self.width:
            return steps, values
        count = self._count[self._count > 0]
        totals = np.concatenate(([0.0], np.cumsum(count * values)))
        counts = np.concatenate(([0.0], np.cumsum(count)))
        half = np.minimum(window / 2, np.minimum(steps - steps[0], steps[-1] - steps))
        low = np.searchsorted(steps, steps - half, side="left")
        high = np.searchsorted(steps, steps + half, side="right")
        return steps, (totals[high] - totals[low]) / (counts[high] - counts[low])

    def _double(self) -> None:
        self.width *= 2
        for sums in (self._count, self._steps, self._values):
            pairs = sums.reshape(-1, 2).sum(axis=1)
            sums[:] = 0
            sums[: len(pairs)] = pairs
