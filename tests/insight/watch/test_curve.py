"""Curves of any length in bounded memory, and their smoothing."""

import numpy as np
import pytest

from nnlab.insight.watch.curve import Curve


def made(steps: np.ndarray, values: np.ndarray, intervals: int = 2048) -> Curve:
    curve = Curve(intervals)
    curve.extend(steps, values)
    return curve


def test_a_short_curve_is_kept_as_it_is() -> None:
    steps, values = made(np.array([1.0, 2.0, 10.0]), np.array([3.0, 1.0, 2.0])).points()
    assert steps.tolist() == [1, 2, 10]
    assert values.tolist() == [3, 1, 2]


@pytest.mark.parametrize("bundle", [1000, 7777])
def test_a_long_curve_becomes_means_over_intervals(bundle: int) -> None:
    steps = np.arange(1.0, 100_001)
    curve = Curve()
    for start in range(0, len(steps), bundle):
        curve.extend(steps[start : start + bundle], 2 * steps[start : start + bundle])
    assert curve.width == 64  # the smallest power of two with 100,000 / 64 <= 2048
    at, values = curve.points()
    assert len(at) == 1 + 100_000 // 64
    assert values == pytest.approx(2 * at)
    assert at[1] == 95.5  # the mean of 64 to 127
    assert curve.last == (100_000, 200_000)


def test_evaluations_far_apart_stay_single() -> None:
    steps = np.arange(0.0, 1_000_001, 1000)
    assert made(steps, steps % 7).points()[1].tolist() == (steps % 7).tolist()


def test_values_that_cannot_be_drawn_are_left_out() -> None:
    steps = np.array([1.0, 2.0, 3.0, 4.0, -5.0, 1e300])
    curve = made(steps, np.array([1.0, np.nan, np.inf, 1e200, 5.0, 6.0]))
    assert curve.points()[0].tolist() == [1]
    assert not made(steps[1:4], np.full(3, np.nan))


def test_smoothing_takes_the_mean_around_each_step() -> None:
    steps = np.arange(1.0, 101)
    noisy = steps + 10 * (-1) ** steps
    at, smooth = made(steps, noisy).smoothed(20)
    assert at.tolist() == steps.tolist()
    assert np.abs(smooth - steps)[10:-10].max() < 1
    assert smooth[0] == noisy[0]  # at an end the window has no other side


def test_smoothing_shifts_nothing() -> None:
    steps = np.arange(1.0, 1001)
    assert made(steps, 3 * steps).smoothed(100)[1] == pytest.approx(3 * steps)
