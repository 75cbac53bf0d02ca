"""The curve of a range test: its smoothed losses, where it falls fastest, and where it is lowest."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from nnlab.core.arrays import Array

# Standard deviation of the smoothing, in decades of the learning rate.
SMOOTHING = 0.15
# Higher losses count as this many initial ones: the last step of a divergence must not reach its neighbours.
HIGHEST = 4.0
# A fall counts where it exceeds this fraction of the initial loss and this many standard errors of the smoothed loss.
LEAST_FALL = 0.02
LEAST_ERRORS = 5.0


@dataclass(frozen=True, eq=False)
class LossCurve:
    """The loss after the update with each learning rate, for one seed or as the mean over several.

    ``smoothed`` is the mean of the neighbours, weighted by a normal distribution over log η that is symmetric, so that
    it does not lag behind the loss as a running mean does. ``noise`` is the standard deviation of the loss around it
    before the loss is lowest.
    """

    lrs: Array
    losses: Array
    initial: float
    smoothed: Array
    noise: float
    error: float

    @classmethod
    def of(cls, lrs: Array, losses: Array) -> "LossCurve":
        """The curve of the losses (S + 1,), before the first update and after each one, at the rates (S,)."""
        after = np.minimum(losses[1:], losses[0] + (HIGHEST - 1) * abs(losses[0]))
        smoothed = smooth(np.log10(lrs), after)
        lowest = int(np.argmin(smoothed))
        rest = (after - smoothed)[: max(lowest + 1, len(after) // 4)]
        noise = float(np.std(rest))
        averaged = neighbours(np.log10(lrs))
        return cls(lrs, after, float(smoothed[0]), smoothed, noise, noise / np.sqrt(averaged))

    @property
    def lowest(self) -> int:
        """The index where the smoothed loss is lowest."""
        return int(np.argmin(self.smoothed))

    @property
    def fall(self) -> float:
        """How far the smoothed loss falls below its initial value."""
        return self.initial - float(self.smoothed[self.lowest])

    @property
    def least_fall(self) -> float:
        """The fall that counts: LEAST_FALL of the initial loss, and more than the noise explains."""
        return max(self.least_fall_of_any, LEAST_ERRORS * self.error)

    @property
    def least_fall_of_any(self) -> float:
        """LEAST_FALL of the initial loss: a smaller fall is none, whatever the noise."""
        return LEAST_FALL * abs(self.initial)

    @property
    def highest_rise(self) -> float:
        """How far the smoothed loss rises above its initial value."""
        return float(self.smoothed.max()) - self.initial

    @property
    def steepest(self) -> float:
        """The learning rate where the smoothed loss falls fastest over log η, before it is lowest."""
        if self.lowest == 0:
            return float(self.lrs[0])
        slopes = np.gradient(self.smoothed, np.log10(self.lrs))[: self.lowest + 1]
        return float(self.lrs[int(np.argmin(slopes))])

    @property
    def tenth_of_lowest(self) -> float:
        """A tenth of the learning rate where the smoothed loss is lowest."""
        return float(self.lrs[self.lowest]) / 10

    @property
    def guess(self) -> float:
        """The geometric mean of both rules."""
        return sqrt(self.steepest * self.tenth_of_lowest)


def smooth(place: Array, values: Array) -> Array:
    """Σ w values / Σ w with w = exp(−(distance / SMOOTHING)² / 2) for each place, (S,)."""
    weights = np.exp(-0.5 * ((place[:, None] - place) / SMOOTHING) ** 2)
    averaged: Array = weights @ values / weights.sum(axis=1)
    return averaged


def neighbours(place: Array) -> float:
    """How many values a smoothed one in the middle averages: (Σ w)² / Σ w²."""
    weights = np.exp(-0.5 * ((place - np.median(place)) / SMOOTHING) ** 2)
    return float(weights.sum() ** 2 / (weights**2).sum())


def mean_curve(lrs: Array, curves: Sequence[Array]) -> LossCurve:
    """The curve of the mean losses, as far as every seed reached."""
    reached = min(map(len, curves))
    return LossCurve.of(lrs[: reached - 1], np.mean([losses[:reached] for losses in curves], axis=0))
