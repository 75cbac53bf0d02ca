"""What each change between two experiments contributes to a metric, alone and beside the others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nnlab.comparisons.paired import PairedDifference, paired_difference
from nnlab.comparisons.sample_size import fewest_pairs
from nnlab.comparisons.statistics import holm, sign_flip_p
from nnlab.sweeps.why import Change, Combination, WhyPlan

Values = Mapping[Combination, Mapping[int, float]]
"""The metric of each combination by seed; a seed without one is left out."""

Differences = Mapping[int, float]
"""Differences of the metric by seed."""


@dataclass(frozen=True)
class Contribution:
    """The effect of one change from A to B: ``in_a`` beside A's other values, ``in_b`` beside B's.

    ``interaction`` is in_b − in_a. None where fewer than two seeds have it, and where both are the same trainings.
    """

    change: Change
    in_a: PairedDifference | None
    in_b: PairedDifference | None
    interaction: PairedDifference | None


@dataclass(frozen=True)
class Contributions:
    """The effect of each change and of all together; the left is the latter minus the sum of the single effects.

    p-values are corrected for all single effects, and for all interactions.
    """

    changes: tuple[Contribution, ...]
    total: PairedDifference | None
    left_in_a: PairedDifference | None
    left_in_b: PairedDifference | None


def effects_to_test(changes: int) -> int:
    """How many single effects there are: one of a single change, else one in A and one in B of each."""
    return 1 if changes == 1 else 2 * changes


def fewest_seeds(changes: int) -> int:
    """The fewest seeds with which each single effect can be shown."""
    return fewest_pairs(effects_to_test(changes))


def contributions(plan: WhyPlan, values: Values, *, maximize: bool) -> Contributions:
    """The contribution of each change, where its combinations were trained."""

    def between(before: Combination, after: Combination) -> Differences:
        first, second = values.get(before, {}), values.get(after, {})
        return {seed: second[seed] - first[seed] for seed in sorted(first.keys() & second.keys())}

    a: Combination = frozenset()
    in_a = [between(a, frozenset({number})) for number in range(len(plan.changes))]
    in_b = [between(plan.whole - {number}, plan.whole) for number in range(len(plan.changes))]
    total = between(a, plan.whole)
    if len(plan.changes) == 1:
        (effect,) = _tested([total], maximize)
        return Contributions((Contribution(plan.changes[0], effect, effect, None),), effect, None, None)
    effects = _tested([*in_a, *in_b], maximize)
    crossed = [_minus(second, [first]) for first, second in zip(in_a, in_b, strict=True)]
    # The one interaction of two changes is the same number for both.
    interactions = _tested(crossed[:1], maximize) * 2 if len(crossed) == 2 else _tested(crossed, maximize)
    (whole,), (left_in_a,), (left_in_b,) = (
        _tested([differences], maximize) for differences in (total, _minus(total, in_a), _minus(total, in_b))
    )
    rows = zip(plan.changes, effects, effects[len(in_a) :], interactions, strict=False)
    return Contributions(tuple(Contribution(*row) for row in rows), whole, left_in_a, left_in_b)


def _minus(whole: Differences, parts: Iterable[Differences]) -> Differences:
    """A difference without the sum of others, of the seeds that have all of them."""
    parts = list(parts)
    seeds = [seed for seed in whole if all(seed in part for part in parts)]
    return {seed: whole[seed] - sum(part[seed] for part in parts) for seed in seeds}


def _tested(family: Sequence[Differences], maximize: bool) -> list[PairedDifference | None]:
    """Differences with interval and p, corrected for all of a family; None for those of fewer than two seeds."""
    known = {index: list(found.values()) for index, found in enumerate(family) if len(found) > 1}
    p_values = [sign_flip_p(differences) for differences in known.values()]
    tested = {
        index: paired_difference(index, differences, p, adjusted_p, len(p_values), maximize)
        for (index, differences), p, adjusted_p in zip(known.items(), p_values, holm(p_values), strict=True)
    }
    return [tested.get(index) for index in range(len(family))]
