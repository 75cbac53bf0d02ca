"""Which keys mattered: rank correlation and the share of the variance of the ranks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kruskal, rankdata, spearmanr

from nnlab.comparisons.importance import average_ranks, importance

RNG = np.random.default_rng(0)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=20))
def test_ranks_are_those_of_scipy(values: list[int]) -> None:
    assert average_ranks(np.array(values, dtype=float)).tolist() == rankdata(values).tolist()


def test_correlation_is_spearmans() -> None:
    values, results = RNG.random(50), RNG.integers(0, 9, 50).astype(float)
    found = importance(values, results, numeric=True).correlation
    assert found == pytest.approx(spearmanr(values, results).statistic)


def test_share_is_epsilon_squared_of_kruskal_and_wallis() -> None:
    groups, results = np.arange(30.0) % 3, RNG.random(30)
    statistic = kruskal(*(results[groups == group] for group in range(3))).statistic
    expected = 1 - (1 - statistic / 29) * 29 / 27
    found = importance(groups, results + groups, numeric=False)
    assert found.correlation is None
    statistic = kruskal(*((results + groups)[groups == group] for group in range(3))).statistic
    assert found.share == pytest.approx(1 - (1 - statistic / 29) * 29 / 27)
    assert importance(groups, results, numeric=False).share == pytest.approx(max(0, expected))


def test_a_best_value_in_the_middle_matters_without_a_correlation() -> None:
    values = np.linspace(-1, 1, 60)
    found = importance(values, -(values**2), numeric=True)
    assert abs(found.correlation or 0) < 0.05
    assert found.share > 0.8


def test_a_key_without_influence_explains_next_to_nothing() -> None:
    shares = [importance(RNG.random(60), RNG.random(60), numeric=True).share for _ in range(40)]
    assert np.mean(shares) < 0.1


def test_constant_keys_and_results_and_single_points_explain_nothing() -> None:
    ones, some = np.ones(5), np.arange(5.0)
    assert importance(ones, some, numeric=True).share == 0
    assert importance(ones, some, numeric=True).correlation is None
    assert importance(some, ones, numeric=True).share == 0
    assert importance(some, some, numeric=False).share == 0  # each value once: nothing to compare
    assert importance(np.ones(0), np.ones(0), numeric=True).correlation is None


def test_points_without_the_key_are_a_group_of_their_own() -> None:
    values = np.array([1.0, 1, 1, np.nan, np.nan, np.nan])
    assert importance(values, np.array([1.0, 2, 3, 7, 8, 9]), numeric=True).share > 0.6
