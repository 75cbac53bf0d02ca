import numpy as np
import pytest

from nnlab.insight.range_test.curve import HIGHEST, LossCurve, mean_curve, smooth

LRS = np.geomspace(1e-6, 10, 400)


def curve(after: np.ndarray) -> LossCurve:
    return LossCurve.of(LRS[: len(after)], np.concatenate([after[:1], after]))


def test_smoothing_does_not_move_a_minimum() -> None:
    valley = np.abs(np.log10(LRS) + 2)
    assert LRS[np.argmin(smooth(np.log10(LRS), valley))] == pytest.approx(1e-2, rel=0.05)
    assert smooth(np.log10(LRS), np.full(400, 3.0)) == pytest.approx(3.0)


def test_the_rules_find_the_steepest_descent_and_a_tenth_of_the_minimum() -> None:
    place = np.log10(LRS)
    found = curve(2 - 1 / (1 + np.exp(-6 * (place + 3))) + np.abs(place + 1) / 10)
    assert found.steepest == pytest.approx(1e-3, rel=0.1)
    assert found.tenth_of_lowest == pytest.approx(1e-2, rel=0.1)
    assert found.guess == pytest.approx(np.sqrt(found.steepest * found.tenth_of_lowest))
    assert found.fall == pytest.approx(1.5, abs=0.05)
    assert found.fall > found.least_fall


def test_noise_alone_is_no_fall() -> None:
    noise = 2 + 0.3 * np.random.default_rng(0).standard_normal(400)
    found = curve(noise)
    assert found.noise == pytest.approx(0.3, rel=0.2)
    assert found.fall < found.least_fall


def test_one_infinite_step_leaves_its_neighbours_as_they_were() -> None:
    after = np.full(200, 2.0)
    after[-1] = 1e30
    assert curve(after).smoothed.max() <= 2 * HIGHEST
    assert curve(after).smoothed[:150] == pytest.approx(2)


def test_the_mean_ends_where_the_first_seed_ended() -> None:
    found = mean_curve(LRS, [np.arange(51.0), np.arange(31.0) + 2])
    assert len(found.lrs) == len(found.losses) == 30
    assert found.losses[0] == 2
