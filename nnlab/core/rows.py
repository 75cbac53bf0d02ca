"""Rows of measured numbers: which splits they are measured on, and which of these counts."""

from collections.abc import Mapping
from math import inf
from typing import Annotated, NamedTuple

from annotated_types import Ge, Le

Row = Mapping[str, float | None]
"""One row of a table: a number for each column, None where there is none."""

MAX_STEPS = 10**9
"""The most updates of a training."""

Steps = Annotated[int, Ge(1), Le(MAX_STEPS)]
"""A number of updates."""

MOST_TRIALS = 100_000
"""The most trials of a sweep."""

SPLITS = ("train", "validation", "test")
"""The splits of a dataset, in the order in which an experiment uses them."""

STEERING_SPLITS = ("train", "validation")
"""Splits whose metrics may steer training (early stopping, plateau): never the test set, on which a result chosen by it
would look better than it is."""

CHOOSING_SPLITS = ("validation", "test", "train")
"""Which split decides between evaluations of one run: the first of these that it has.

Validation samples are there to choose by. Where none were held out, the best evaluation on the test set is named, for
display only: no weights are chosen by it (:data:`STEERING_SPLITS`).
"""

REPORTING_SPLITS = ("test", "validation", "train")
"""Which split a finished run is reported on: the first of these that it has, since it had the least influence."""


class Bounds(NamedTuple):
    """The smallest and the largest value that a number can have."""

    low: float = -inf
    high: float = inf

    @property
    def finite(self) -> bool:
        """Whether both ends are finite."""
        return -inf < self.low and self.high < inf

    def __str__(self) -> str:
        """``from 0 to 1``, ``at least 0``, ``at most 1``."""
        if self.finite:
            return f"from {self.low:g} to {self.high:g}"
        return f"at most {self.high:g}" if self.high < inf else f"at least {self.low:g}"
