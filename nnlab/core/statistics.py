"""Mean and standard deviation of repeated measurements; the standard error of an accuracy; moments that merge."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple, Self

import numpy as np

from nnlab.core.arrays import Array


class MeanStd(NamedTuple):
    """Mean, sample standard deviation (None for one number), and how many numbers there are."""

    mean: float
    std: float | None
    n: int


def mean_std(values: Sequence[float]) -> MeanStd:
    """Mean and sample standard deviation of one or more numbers."""
    if len(values) == 1:
        return MeanStd(values[0], None, 1)
    return MeanStd(float(np.mean(values)), float(np.std(values, ddof=1)), len(values))


def share_standard_error(share: float, samples: int) -> float:
    """Standard error √(p(1−p)/N) of an accuracy p measured on N samples."""
    return sqrt(share * (1 - share) / samples)


@dataclass(frozen=True, eq=False)
class Moments:
    """The mean (K,) and Σ(x − x̄)² (K,) of N samples; the sum of two is that of their samples together.

    Chan, Golub & LeVeque 1983, "Algorithms for computing the sample variance", equation 2.1: Σx² − N x̄² would cancel.
    The mean is ``origin + offset``, with a sample as origin: so the difference of two means keeps its digits.
    """

    samples: int = 0
    origin: Array | float = 0.0
    offset: Array | float = 0.0
    deviations: Array | float = 0.0

    @classmethod
    def of(cls, x: Array) -> Self:
        """Those of one or more samples (N, K); the deviations of numbers that do not vary are exactly 0."""
        apart = x - x[0]
        offset = apart.mean(axis=0)
        return cls(len(x), np.array(x[0]), offset, np.square(apart - offset).sum(axis=0))

    @property
    def mean(self) -> Array | float:
        """The mean of each column."""
        return self.origin + self.offset

    def __add__(self, other: Self) -> Self:
        if not self.samples:
            return other
        total = self.samples + other.samples
        shift = (other.origin - self.origin) + (other.offset - self.offset)
        deviations = self.deviations + other.deviations + shift**2 * (self.samples * other.samples / total)
        return type(self)(total, self.origin, self.offset + shift * (other.samples / total), deviations)
