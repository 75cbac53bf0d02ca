"""How many seeds show a difference: the smallest possible p and the power of a paired test."""

from math import sqrt

import pytest
from scipy import stats

from nnlab.comparisons.sample_size import ALPHA, MOST_PAIRS, POWER, fewest_pairs, pairs_needed, smallest_p


@pytest.mark.parametrize(("n", "p"), [(1, 1), (2, 0.5), (3, 0.25), (5, 0.0625), (6, 0.03125)])
def test_smallest_possible_p(n: int, p: float) -> None:
    assert smallest_p(n) == p
    assert smallest_p(n, 3) == min(1, 3 * p)


@pytest.mark.parametrize(("comparisons", "n"), [(1, 6), (2, 7), (3, 7), (6, 8), (10, 9), (45, 11)])
def test_fewest_seeds_that_can_show_a_difference(comparisons: int, n: int) -> None:
    assert fewest_pairs(comparisons) == n
    assert smallest_p(n, comparisons) <= ALPHA < smallest_p(n - 1, comparisons)


def power(n: int, effect: float, alpha: float) -> float:
    """Of a two-sided paired t-test, by the non-central t distribution."""
    limit, shift = stats.t.ppf(1 - alpha / 2, n - 1), effect * sqrt(n)
    return float(stats.nct.sf(limit, n - 1, shift) + stats.nct.cdf(-limit, n - 1, shift))


@pytest.mark.parametrize("comparisons", [1, 10])
@pytest.mark.parametrize("effect", [1.0, 0.5, 0.2])
def test_seeds_needed_have_the_power_of_a_paired_t_test(effect: float, comparisons: int) -> None:
    n = pairs_needed(-0.01 * effect, 0.01, comparisons)
    assert n is not None
    assert power(n, effect, ALPHA / comparisons) == pytest.approx(POWER, abs=0.02)
    assert power(n - 2, effect, ALPHA / comparisons) < POWER


def test_a_large_effect_needs_the_fewest_seeds_and_none_is_never_shown() -> None:
    assert pairs_needed(1.0, 0.0) == pairs_needed(1.0, 0.01) == 6
    assert pairs_needed(1.0, 0.0, 10) == 9
    assert pairs_needed(0.0, 0.1) is None
    assert pairs_needed(0.0, 0.0) is None
    assert pairs_needed(0.001, 0.1) is None
    assert pairs_needed(0.0089, 0.1) == pytest.approx(MOST_PAIRS, abs=15)
