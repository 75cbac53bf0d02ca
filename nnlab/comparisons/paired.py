"""Points of a sweep or rows of a comparison, paired on equal seeds: the best one against each other one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from nnlab.comparisons.sample_size import ALPHA, fewest_pairs, pairs_needed
from nnlab.comparisons.statistics import EXACT_UP_TO, bca_interval, holm, sign_flip_p

Values = Mapping[int, float]
"""What was measured, by seed."""

# Of fewer differences even [min, max] has the mean in it less often than in 95 % of cases: 1 − 2/2ⁿ (symmetric ones).
FEWEST_FOR_INTERVAL = fewest_pairs()

LARGEST = 1e100
"""Values from here on, and those that are not a number, do not count: those of a run that all but diverged."""


@dataclass(frozen=True)
class PairedDifference:
    """The best point against another one, on the seeds that both have.

    ``mean`` is best − other over ``n`` seeds, ``low`` and ``high`` its 95 % interval (None below FEWEST_FOR_INTERVAL
    seeds), ``won`` the number of seeds with which the best one is better, ``tied`` that of equal results.
    ``adjusted_p`` is ``p`` corrected for ``comparisons``. ``more`` is how many more seeds would show the difference;
    None where it is shown, where there is none, or where more than MOST_PAIRS would be needed.
    """

    against: int
    n: int
    mean: float
    low: float | None
    high: float | None
    won: int
    tied: int
    p: float
    adjusted_p: float
    comparisons: int
    more: int | None

    @property
    def shown(self) -> bool:
        """Whether the difference is shown: adjusted p of at most ALPHA."""
        return self.adjusted_p <= ALPHA

    @property
    def exact(self) -> bool:
        """Whether p counts all sign patterns."""
        return self.n <= EXACT_UP_TO


@dataclass(frozen=True)
class PairedDifferences:
    """The best of several points, by its position, against each other one with which it shares seeds."""

    best: int
    comparisons: int
    differences: tuple[PairedDifference, ...]
    unpaired: tuple[int, ...]


def paired_differences(
    points: Sequence[Values], *, maximize: bool, hidden: int = 0, enough: int = FEWEST_FOR_INTERVAL
) -> PairedDifferences | None:
    """Compare the best point with each other one on the seeds that both have, the closest first.

    The best is the one with the best mean among those with ``enough`` seeds; where none has them, among those with the
    most. ``unpaired`` are points with fewer than two seeds in common with it. p-values are corrected for all pairs of
    the compared points and ``hidden`` further ones, because the same numbers decided which of them is the best. None
    where no two points share two seeds.
    """
    points = [{seed: value for seed, value in point.items() if abs(value) < LARGEST} for point in points]
    best = _best(points, maximize, enough)
    if best is None:
        return None
    common = {
        index: sorted(points[best].keys() & values.keys()) for index, values in enumerate(points) if index != best
    }
    paired = {index: seeds for index, seeds in common.items() if len(seeds) >= 2}
    k = len(paired) + 1 + hidden
    comparisons = k * (k - 1) // 2
    pairs = {
        index: [float(points[best][seed] - points[index][seed]) for seed in seeds] for index, seeds in paired.items()
    }
    p_values = [sign_flip_p(differences) for differences in pairs.values()]
    adjusted = holm(p_values, comparisons)
    found = [
        paired_difference(index, differences, p, adjusted_p, comparisons, maximize)
        for (index, differences), p, adjusted_p in zip(pairs.items(), p_values, adjusted, strict=True)
    ]
    found.sort(key=lambda difference: difference.mean if maximize else -difference.mean)
    return PairedDifferences(best, comparisons, tuple(found), tuple(index for index in common if index not in paired))


def _best(points: Sequence[Values], maximize: bool, enough: int) -> int | None:
    """The point to compare with the others, among those that share at least two seeds with another one."""
    repeated = [index for index, values in enumerate(points) if len(values) >= 2]
    candidates = [
        index
        for index in repeated
        if any(len(points[index].keys() & points[other].keys()) >= 2 for other in repeated if other != index)
    ]
    if not candidates:
        return None
    enough = min(enough, max(len(points[index]) for index in candidates))
    means = {index: fmean(points[index].values()) for index in candidates if len(points[index]) >= enough}
    return max(means, key=lambda index: means[index] if maximize else -means[index])


def paired_difference(
    index: int, differences: Sequence[float], p: float, adjusted_p: float, comparisons: int, maximize: bool
) -> PairedDifference:
    """The differences of one pair of points, by seed, with their interval."""
    n, mean = len(differences), fmean(differences)
    low, high = bca_interval(differences) if n >= FEWEST_FOR_INTERVAL else (None, None)
    needed = pairs_needed(mean, stdev(differences), comparisons) if adjusted_p > ALPHA else None
    won = sum(difference > 0 if maximize else difference < 0 for difference in differences)
    more = None if needed is None else max(1, needed - n)
    return PairedDifference(index, n, mean, low, high, won, differences.count(0), p, adjusted_p, comparisons, more)
