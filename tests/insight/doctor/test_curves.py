"""Smoothed curves, and the standard error of a share."""

import numpy as np
import pytest

from nnlab.insight.doctor.curves import Curves, running_median, standard_error


def test_a_running_median_forgets_one_outlier_and_keeps_few_values() -> None:
    values = np.arange(40.0)
    values[20] = 1000
    assert np.abs(running_median(values) - np.arange(40.0)).max() <= 4
    np.testing.assert_array_equal(running_median(np.array([3.0, 1, 2])), [3, 1, 2])


def test_the_standard_error_is_that_of_a_share_and_not_zero_at_one() -> None:
    assert standard_error(0.5, 10_000) == pytest.approx(0.005, rel=0.01)
    assert 0.02 < standard_error(1.0, 30) < 0.06


@pytest.mark.parametrize(("metric", "lost", "gap"), [("accuracy", 0.1, 0.4), ("mae", 0.0, -0.4)])
def test_rise_gap_and_loss_of_the_metric(metric: str, lost: float, gap: float) -> None:
    loss, values = np.array([2.0, 1.0, 1.5]), np.array([0.5, 0.6, 0.5])
    curves = Curves("test", metric, np.array([1, 2, 3]), loss, loss, np.array([0.5, 0.8, 0.9]), values)
    assert (curves.best, curves.rise) == (1, 1.5)
    assert curves.gap == pytest.approx(gap)
    assert curves.lost == pytest.approx(lost)
