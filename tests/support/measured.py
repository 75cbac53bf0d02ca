"""Metrics of samples, counted at once or in chunks."""

from collections.abc import Iterable
from itertools import pairwise
from typing import TypeVar

import numpy as np

from nnlab.losses import CrossEntropy, Loss
from nnlab.metrics import Metric, Statistic

Counted = TypeVar("Counted", bound=Statistic)


def counted(
    statistic: Counted, scores: np.ndarray, targets: np.ndarray, cuts: Iterable[int] = (), loss: Loss | None = None
) -> Counted:
    """A metric or record of samples, in chunks that end before these samples."""
    loss = loss or CrossEntropy()
    total = statistic.empty(loss)
    places = sorted({0, len(targets), *(cut for cut in cuts if 0 < cut < len(targets))})
    for start, end in pairwise(places):
        chunk = statistic.empty(loss)
        chunk.update(scores[start:end], targets[start:end])
        total.merge(chunk)
    return total


def value(metric: Metric, scores: np.ndarray, targets: np.ndarray, cuts: Iterable[int] = ()) -> float:
    """The value of a metric."""
    return counted(metric, scores, targets, cuts).result()


def scores_of(predicted: Iterable[int], classes: int) -> np.ndarray:
    """Scores (N, K) whose highest ones are at these classes."""
    return np.eye(classes)[list(predicted)]
