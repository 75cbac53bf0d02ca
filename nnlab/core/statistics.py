"""Mean and standard deviation of repeated measurements; the standard error of an accuracy."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np


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
