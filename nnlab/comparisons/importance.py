"""Which keys of a sweep mattered: how much of the ranks of the results each key explains by itself."""

from dataclasses import dataclass

import numpy as np

from nnlab.core.arrays import Array

# Numbers with more distinct values than this are cut into as many groups of equal size at most.
MOST_GROUPS = 6
LEAST_IN_GROUP = 3


@dataclass(frozen=True)
class Importance:
    """How much one key mattered.

    ``share`` of the variance of the ranks, from 0 to 1; ``correlation`` is Spearman's ρ with the results, None for
    categories.
    """

    share: float
    correlation: float | None


def importance(values: Array, results: Array, *, numeric: bool) -> Importance:
    """The importance of a key from its value and the result at each point, (points,) each; results are finite.

    The share is the correlation ratio on ranks without what groups of this size explain by chance, Kelley's
    ε² = 1 − (1 − η²)(n − 1)/(n − k), at least 0. The groups are the values of a key, of numbers with many values their
    quantiles, so that it also finds a learning rate with its best value in the middle, which a correlation does not. A
    NaN among the values, where a point lacks the key, is a group of its own.
    """
    ranks = average_ranks(results)
    groups = _groups(values, numeric)
    share = _epsilon_squared(groups, ranks)
    if not numeric:
        return Importance(share, None)
    known = np.isfinite(values)
    return Importance(share, _correlation(average_ranks(values[known]), average_ranks(results[known])))


def average_ranks(values: Array) -> Array:
    """Ranks from 1; equal values share the mean of theirs."""
    _, index, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    mean: Array = last - (counts - 1) / 2
    return mean[index]


def _groups(values: Array, numeric: bool) -> Array:
    known = np.isfinite(values)
    distinct = np.unique(values[known])
    groups = np.full(len(values), -1)
    if numeric and len(distinct) > MOST_GROUPS:
        count = max(2, min(MOST_GROUPS, int(known.sum()) // LEAST_IN_GROUP))
        share = (average_ranks(values[known]) - 0.5) / known.sum()
        groups[known] = (share * count).astype(int)
    else:
        groups[known] = np.searchsorted(distinct, values[known])
    return groups


def _epsilon_squared(groups: Array, ranks: Array) -> float:
    names, index, counts = np.unique(groups, return_inverse=True, return_counts=True)
    if len(names) < 2 or len(names) == len(ranks):
        return 0.0
    total = float(((ranks - ranks.mean()) ** 2).sum())
    if total == 0:
        return 0.0
    means = np.bincount(index, ranks) / counts
    within = float(((ranks - means[index]) ** 2).sum())
    spare = len(ranks) - len(names)
    return max(0.0, 1 - within / total * (len(ranks) - 1) / spare)


def _correlation(first: Array, second: Array) -> float | None:
    if len(first) < 2:
        return None
    first, second = first - first.mean(), second - second.mean()
    size = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / size if size else None
