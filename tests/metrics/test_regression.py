"""Mean absolute error, root mean squared error and R² against scikit-learn and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from measured import counted, value
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from nnlab.metrics.regression import MeanAbsoluteError, RootMeanSquaredError, RSquared

NUMBERS = st.sampled_from([-2.5, 0.0, 0.1, 1.0, 1e3])
SAMPLES = st.tuples(st.integers(2, 12), st.integers(1, 3)).flatmap(
    lambda shape: st.tuples(arrays(np.float64, shape, elements=NUMBERS), arrays(np.float64, shape, elements=NUMBERS))
)
CUTS = st.lists(st.integers(1, 11), max_size=3)


@given(SAMPLES, CUTS)
def test_numbers_equal_those_of_scikit_learn(samples: tuple[np.ndarray, np.ndarray], cuts: list[int]) -> None:
    predicted, targets = samples
    expected = {
        MeanAbsoluteError: mean_absolute_error(targets, predicted),
        RootMeanSquaredError: root_mean_squared_error(targets, predicted),
        RSquared: r2_score(targets, predicted),
    }
    for metric, number in expected.items():
        assert value(metric(), predicted, targets, cuts) == pytest.approx(number, rel=1e-12, abs=1e-12)


def test_a_case_by_hand() -> None:
    targets, predicted = np.array([[1.0], [2.0], [6.0]]), np.array([[2.0], [2.0], [4.0]])
    assert value(MeanAbsoluteError(), predicted, targets) == 1.0
    assert value(RootMeanSquaredError(), predicted, targets) == pytest.approx((5 / 3) ** 0.5)
    assert value(RSquared(), predicted, targets) == pytest.approx(1 - 5 / 14)


def test_several_targets_count_equally_whatever_their_units() -> None:
    targets = np.array([[0.0, 0.0], [2.0, 2000.0]])
    predicted = np.array([[0.0, 500.0], [2.0, 1500.0]])
    assert value(RSquared(), predicted, targets) == pytest.approx((1 + 0.75) / 2)
    assert value(MeanAbsoluteError(), predicted, targets) == 250
    assert value(RootMeanSquaredError(), predicted, targets) == 250


@pytest.mark.parametrize("constant", [0.1, 1e9 + 0.1])
@pytest.mark.parametrize(("error", "expected"), [(0.0, 1.0), (0.5, 0.0)])
def test_a_target_that_does_not_vary_has_r2_1_or_0(constant: float, error: float, expected: float) -> None:
    targets = np.full((7, 1), constant)
    for cuts in ((), (2,), (1, 3, 6)):
        assert value(RSquared(), targets + error, targets, cuts) == expected
    assert value(RSquared(), targets[:1] + error, targets[:1]) == expected


def test_a_large_mean_costs_r2_no_digits() -> None:
    spread = np.array([[-1.0], [0.0], [1.0], [2.0]])
    small, large = (value(RSquared(), spread * 0.5 + centre, spread + centre, (1, 3)) for centre in (0.0, 1e9))
    assert small == large


def test_chunks_of_a_small_spread_around_a_large_mean_cost_r2_no_digits() -> None:
    rng = np.random.default_rng(0)
    targets = 1e3 + 1e-3 * rng.standard_normal((300, 2))
    predicted = targets + 1e-3 * rng.standard_normal((300, 2))
    assert value(RSquared(), predicted, targets, range(7, 300, 7)) == pytest.approx(
        r2_score(targets, predicted), rel=1e-13
    )


def test_the_standard_error_of_the_mean_absolute_error_is_that_of_a_mean() -> None:
    targets, predicted = np.zeros((4, 1)), np.array([[1.0], [-3.0], [2.0], [2.0]])
    metric = counted(MeanAbsoluteError(), predicted, targets, (1, 2))
    assert metric.standard_error() == pytest.approx(np.std([1, 3, 2, 2], ddof=1) / 2)
    assert counted(MeanAbsoluteError(), predicted[:1], targets[:1]).standard_error() is None
    assert counted(RootMeanSquaredError(), predicted, targets).standard_error() is None


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (0.0, "0.0000"),
        (0.00012, "0.00012"),
        (51.34, "51.3400"),
        (8608.39, "8,608.4"),
        (13600.7, "13,601"),
        (2e10, "2e+10"),
    ],
)
def test_errors_are_printed_with_the_digits_of_their_units(error: float, text: str) -> None:
    assert RootMeanSquaredError.format(error) == MeanAbsoluteError.format(error) == text
