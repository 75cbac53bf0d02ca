import numpy as np
import pytest

from nnlab.insight.range_test.short_training import ShortTraining
from nnlab.insight.range_test.trials import (
    Trial,
    best_of,
    in_two_digits,
    lr_of,
    most_trials,
    rung,
    try_around,
    try_range,
)


def trial(lr: float, *ends: float, diverged: int = 0) -> Trial:
    trainings = [ShortTraining(np.array([2.0, *[end] * 10]), "") for end in ends]
    return Trial(lr, [*trainings, *[ShortTraining(np.array([2.0]), "diverged")] * diverged])


def bowl(best: float, tried: list[float]):
    """Trainings that end the lower the nearer the rate is to the best one."""

    def train(lr: float) -> list[ShortTraining]:
        tried.append(lr)
        return [ShortTraining(np.full(20, abs(np.log10(lr / best))), "")]

    return train


def test_rungs_are_one_and_three_in_each_decade() -> None:
    assert [lr_of(number) for number in range(-5, 3)] == [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]
    assert all(rung(lr_of(number)) == number for number in range(-20, 10))
    assert lr_of(rung(0.02)) == 0.03


def test_the_guess_is_tried_with_its_neighbours_and_the_own_rate() -> None:
    tried: list[float] = []
    trials = try_around(0.01, bowl(0.01, tried), own=0.02, highest=1e6)
    assert [one.lr for one in trials] == sorted(tried) == [0.001, 0.003, 0.01, 0.02, 0.03, 0.1]


def test_the_ladder_is_extended_where_the_best_rung_is_the_outermost() -> None:
    assert [one.lr for one in try_around(0.01, bowl(0.3, []), own=0.01, highest=1e6)][-1] == 1
    assert try_around(0.01, bowl(1e-5, []), own=0.01, highest=1e6)[0].lr == 1e-4
    assert [one.lr for one in try_around(0.01, bowl(3, []), own=0.01, highest=0.05)][-1] == 0.03


def test_a_whole_range_is_tried_by_decades_and_refined_at_the_best() -> None:
    tried: list[float] = []
    trials = try_range(1e-4, 10, bowl(0.2, tried), own=0.05)
    assert [one.lr for one in trials] == sorted(tried) == [1e-4, 1e-3, 0.01, 0.03, 0.05, 0.1, 0.3, 1, 10]
    assert len(tried) <= most_trials(1e-4, 10)
    assert [one.lr for one in try_range(2e-4, 0.1, bowl(1, []), own=0.1)] == [1e-3, 0.01, 0.03, 0.1]


def test_the_lowest_loss_is_best_and_a_divergence_never_is() -> None:
    trials = [trial(0.01, 1.0, 1.0), trial(0.1, 0.2, 0.3), trial(1, 0.0, diverged=1)]
    assert best_of(trials, 2.0) is trials[1]
    assert trials[2].mean == trials[2].std == np.inf
    assert trials[2].diverged == 1
    assert best_of([trial(1, diverged=2)], 2.0) is None


def test_of_rates_that_tie_the_smallest_is_best() -> None:
    tie = [trial(0.01, 0.9, 0.9), trial(0.1, 0.33, 0.31), trial(1, 0.31, 0.32)]
    assert best_of(tie, 2.0) is tie[1]
    no_tie = [trial(0.01, 0.4), trial(0.1, 0.3)]
    assert best_of(no_tie, 2.0) is no_tie[1]


@pytest.mark.parametrize(
    ("lr", "text"), [(0.03, "0.03"), (0.0271, "0.027"), (10, "10"), (1e-6, "1e-06"), (3.21e-5, "3.2e-05"), (1, "1")]
)
def test_rates_are_written_with_two_digits(lr: float, text: str) -> None:
    assert in_two_digits(lr) == text
    assert float(text) == pytest.approx(lr, rel=0.05)
