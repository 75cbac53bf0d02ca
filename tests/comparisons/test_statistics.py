"""Statistics of paired differences beside SciPy's, worked examples and properties."""

from itertools import product
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nnlab.comparisons.sample_size import t_quantile
from nnlab.comparisons.statistics import (
    EXACT_UP_TO,
    RESAMPLES,
    bca_interval,
    holm,
    sign_flip_p,
)
from nnlab.core.statistics import share_standard_error

# Shares of 10,000 samples, as accuracies are: ties are common.
DIFFERENCES = st.lists(st.integers(-30, 30).map(lambda k: k / 10_000), min_size=1, max_size=10)
# Multiples of 1/1024, and 8 or 16 of them: all their sums and means are exact, so ties are ties for SciPy too.
SAMPLES = {
    "normal": np.round(np.random.default_rng(1).normal(0.3, 1, 8) * 1024) / 1024,
    "skewed": np.round(np.random.default_rng(2).exponential(1, 16) * 1024) / 1024 - 0.5,
    "ties": np.array([1, 2, 1, 0, -1, 2, 2, 1]) / 1024,
    "outlier": np.array([100, 120, 110, 100, 130, 900, 100, 110]) / 1024,
}


def scipy_interval(values: np.ndarray, level: float) -> tuple[float, float]:
    """SciPy draws the same resamples from a generator with the same seed."""
    rng = np.random.default_rng(0)
    found = stats.bootstrap((values,), np.mean, n_resamples=RESAMPLES, confidence_level=level, method="BCa", rng=rng)
    return found.confidence_interval.low, found.confidence_interval.high


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_bca_interval_is_that_of_scipy(name: str, level: float) -> None:
    values = SAMPLES[name]
    found = bca_interval(values, level=level, expanded=False)
    assert found == pytest.approx(scipy_interval(values, level), rel=1e-12)


@pytest.mark.parametrize("name", SAMPLES)
def test_expanded_bca_interval_is_that_of_scipy_at_the_expanded_level(name: str) -> None:
    values = SAMPLES[name]
    n = len(values)
    z = sqrt(n / (n - 1)) * stats.t.ppf(0.975, n - 1)
    expected = scipy_interval(values, 1 - 2 * stats.norm.cdf(-z))
    assert bca_interval(values) == pytest.approx(expected, rel=1e-9)


def test_bca_interval_of_two_and_of_equal_differences() -> None:
    low, high = bca_interval([0.25, 0.75])
    assert (low, high) == (0.25, 0.75)
    assert bca_interval([0.5]) == bca_interval([0.5] * 8) == (0.5, 0.5)
    assert bca_interval([0.1 + 0.2, 0.3, 0.3]) == pytest.approx((0.3, 0.3), abs=1e-15)
    assert bca_interval([0.0] * 6) == (0.0, 0.0)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=12), st.floats(0.125, 8), st.floats(-2, 2))
def test_bca_interval_moves_and_scales_with_the_differences(values: list[float], scale: float, shift: float) -> None:
    low, high = bca_interval(values)
    assert min(values) - 1e-12 <= low <= high <= max(values) + 1e-12
    if np.std(values) > 1e-6:
        moved = bca_interval([scale * value + shift for value in values])
        assert moved == pytest.approx((scale * low + shift, scale * high + shift), abs=1e-6)


def test_bca_interval_is_the_same_each_time() -> None:
    assert bca_interval(SAMPLES["normal"]) == bca_interval(SAMPLES["normal"])


@pytest.mark.parametrize("name", SAMPLES)
def test_sign_flip_p_is_that_of_scipys_permutation_test(name: str) -> None:
    values = SAMPLES[name]
    found = stats.permutation_test((values,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert sign_flip_p(values) == pytest.approx(found.pvalue, rel=1e-12)


@given(DIFFERENCES)
def test_sign_flip_p_counts_all_sign_patterns(values: list[float]) -> None:
    limit = abs(sum(values)) - 1e-9
    signs = np.array(list(product((-1, 1), repeat=len(values))))
    p = sign_flip_p(values)
    assert p == np.mean(np.abs(signs @ np.array(values)) >= limit)
    assert p == sign_flip_p([-value for value in values]) == sign_flip_p([8 * value for value in values])
    assert 2 / 2 ** len(values) <= p <= 1


@pytest.mark.parametrize(("n", "p"), [(1, 1), (2, 0.5), (3, 0.25), (5, 0.0625), (6, 0.03125), (8, 0.0078125)])
def test_sign_flip_p_is_smallest_where_all_seeds_agree(n: int, p: float) -> None:
    assert sign_flip_p([0.01 * (1 + k) for k in range(n)]) == p
    assert sign_flip_p([-0.01] * n) == p


def test_sign_flip_p_of_no_difference_is_one() -> None:
    assert sign_flip_p([0.0] * 6) == sign_flip_p([0.1, -0.1]) == sign_flip_p([0.3, -0.1, -0.2]) == 1


@pytest.mark.parametrize("n", [EXACT_UP_TO, EXACT_UP_TO + 1])
def test_sign_flip_p_of_many_normal_differences_is_near_that_of_the_t_test(n: int) -> None:
    values = np.random.default_rng(3).normal(0.3, 1, n)
    assert sign_flip_p(values) == pytest.approx(stats.ttest_1samp(values, 0).pvalue, rel=0.1)


def test_random_sign_flips_agree_with_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(4).normal(0.4, 1, 20)
    exact = sign_flip_p(values)
    monkeypatch.setattr("nnlab.comparisons.statistics.EXACT_UP_TO", 10)
    # 99,999 patterns: four standard errors of a share.
    assert sign_flip_p(values) == pytest.approx(exact, abs=4 * sqrt(exact * (1 - exact) / 99_999))
    assert sign_flip_p([1.0] * 40) == 1 / 100_000


def test_holm_by_hand() -> None:
    # 3 · 0.01; 2 · 0.02; 1 · 0.03 is below what comes before it.
    assert holm([0.03, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    # The example of R's p.adjust for a further five: 5 · 0.01, 4 · 0.02, 3 · 0.03, 2 · 0.04, 0.05.
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert holm([0.6, 0.7]) == [1, 1]
    assert holm([]) == []


def test_holm_for_more_comparisons_than_given() -> None:
    assert holm([0.01, 0.03], 10) == pytest.approx([0.1, 0.27])


@given(st.lists(st.floats(1e-9, 1), min_size=1, max_size=8), st.integers(0, 40))
def test_holm_raises_no_p_above_bonferroni_and_keeps_their_order(p_values: list[float], comparisons: int) -> None:
    adjusted = holm(p_values, comparisons)
    m = max(comparisons, len(p_values))
    assert all(p <= q <= min(1, m * p) for p, q in zip(p_values, adjusted, strict=True))
    assert [q for _, q in sorted(zip(p_values, adjusted, strict=True))] == sorted(adjusted)
    assert min(adjusted) == min(1, m * min(p_values))


def test_standard_error_of_an_accuracy() -> None:
    assert share_standard_error(0.95, 10_000) == pytest.approx(0.0021794, rel=1e-4)
    assert share_standard_error(1.0, 100) == 0
    assert share_standard_error(0.5, 100) == pytest.approx(stats.binom.std(100, 0.5) / 100)


@pytest.mark.parametrize("dof", [1, 2, 3, 4, 7, 8, 29, 30, 31, 60, 999])
def test_t_quantile_is_that_of_scipy(dof: int) -> None:
    for share in (0.2, 0.5, 0.8, 0.975, 0.9995):
        assert t_quantile(share, dof) == pytest.approx(stats.t.ppf(share, dof), rel=1e-6, abs=1e-9)
