from typing import Any

import pytest

from nnlab.comparisons.paired import PairedDifference
from nnlab.sweeps.contributions import Contributions, contributions, effects_to_test, fewest_seeds
from nnlab.sweeps.why import Change, Combination, WhyPlan

SEEDS = range(10)


def plan(changes: int) -> WhyPlan:
    return WhyPlan({}, {}, tuple(Change((f"key{number}",), (0,), (1,)) for number in range(changes)))


def measured(changes: int, effects: dict[Combination, float], *, maximize: bool = True) -> Contributions:
    """Each combination is worth the sum of the effects of all its subsets, plus noise of each seed."""

    def value(combination: Combination, seed: int) -> float:
        noise = ((seed * 7 + len(combination) * 3) % 10) / 1e5
        return 0.5 + seed / 100 + noise + sum(effect for part, effect in effects.items() if part <= combination)

    trained = plan(changes)
    values = {one: {seed: value(one, seed) for seed in SEEDS} for one in trained.combinations}
    return contributions(trained, values, maximize=maximize)


def present(found: PairedDifference | None) -> PairedDifference:
    assert found
    return found


def mean(found: PairedDifference | None) -> Any:
    return pytest.approx(present(found).mean, abs=2e-4)


def test_additive_effects_are_found_and_nothing_is_left() -> None:
    found = measured(3, {frozenset({0}): 0.1, frozenset({1}): -0.02, frozenset({2}): 0.0})
    first, second, third = found.changes
    assert mean(first.in_a) == mean(first.in_b) == 0.1
    assert mean(second.in_a) == mean(second.in_b) == -0.02
    assert mean(found.total) == 0.08
    assert mean(found.left_in_a) == mean(found.left_in_b) == 0
    assert present(first.in_a).shown
    assert present(first.in_a).won == 10
    assert present(second.in_b).shown
    assert present(second.in_b).won == 0
    assert not present(third.in_a).shown
    assert not any(change.interaction and change.interaction.shown for change in found.changes)


def test_interaction_is_found_where_a_change_depends_on_another() -> None:
    found = measured(3, {frozenset({0}): 0.1, frozenset({0, 1}): -0.3})
    first, second, third = found.changes
    assert (mean(first.in_a), mean(first.in_b)) == (0.1, -0.2)
    assert (mean(second.in_a), mean(second.in_b)) == (0, -0.3)
    assert present(first.interaction).shown
    assert mean(first.interaction) == -0.3
    assert present(second.interaction).shown
    assert not present(third.interaction).shown
    assert mean(found.left_in_a) == -0.3
    assert mean(found.left_in_b) == 0.3


def test_two_changes_have_one_interaction() -> None:
    first, second = measured(2, {frozenset({0, 1}): 0.1}).changes
    assert first.interaction == second.interaction
    assert present(first.interaction).comparisons == 1


def test_a_single_change_is_the_whole_difference() -> None:
    found = measured(1, {frozenset({0}): 0.1})
    (only,) = found.changes
    assert only.in_a == only.in_b == found.total
    assert mean(only.in_a) == 0.1
    assert (only.interaction, found.left_in_a, found.left_in_b) == (None, None, None)


def test_lower_is_better_counts_won_seeds() -> None:
    (only,) = measured(1, {frozenset({0}): -0.1}, maximize=False).changes
    assert present(only.in_a).won == 10


def test_missing_seeds_and_combinations_are_left_out() -> None:
    trained = plan(3)
    values = {one: {seed: len(one) / 10 + seed / 100 for seed in SEEDS} for one in trained.combinations}
    values[frozenset({0})] = dict.fromkeys((3, 4), 0.1)
    values[frozenset({1})] = {3: 0.1}
    del values[frozenset({0, 1})]
    found = contributions(trained, values, maximize=True)
    first, second, third = found.changes
    assert present(first.in_a).n == 2
    assert present(first.in_a).low is None
    assert second.in_a is None
    assert second.interaction is None
    assert third.in_b is None
    assert found.left_in_a is None
    assert present(found.total).n == 10


@pytest.mark.parametrize(("changes", "effects", "seeds"), [(1, 1, 6), (2, 4, 8), (3, 6, 8), (4, 8, 9), (12, 24, 10)])
def test_fewest_seeds_that_can_show_every_effect(changes: int, effects: int, seeds: int) -> None:
    assert effects_to_test(changes) == effects
    assert fewest_seeds(changes) == seeds
    assert effects * 2 * 0.5**seeds <= 0.05 < effects * 2 * 0.5 ** (seeds - 1)
