"""What a sweep says of its trials."""

import pytest

from nnlab.records.sweep_table import TrialRow
from nnlab.sweeps.progress import Progress, described, duration, trial_line

SETTINGS = {"optimizer.lr": 0.01, "model.hidden": [50, 50], "optimizer.name": "sgd"}
METRICS = {"validation_accuracy": 0.9123, "test_accuracy": 0.8, "train_accuracy": 0.95, "objective": 0.25}


def row(status: str, **keys: object) -> TrialRow:
    return TrialRow(7, status, SETTINGS, steps=40, metrics=METRICS, **keys)


def test_settings_in_a_line() -> None:
    assert described(SETTINGS, 3) == "optimizer.lr 0.01, model.hidden [50, 50], optimizer.name sgd, seed 3"


def test_a_trial_that_ended_in_a_line() -> None:
    goal, settings = "validation_accuracy", described(SETTINGS)
    line = trial_line(row("completed", seed=3), 15, goal)
    assert line == f"trial 7 of 15: completed, validation accuracy 0.9123, {settings}, seed 3"
    assert trial_line(row("completed"), 15, None) == f"trial 7 of 15: completed, test accuracy 0.8000, {settings}"
    paused = trial_line(row("interrupted"), 15, goal)
    assert paused == f"trial 7 of 15: paused after step 40, validation accuracy 0.9123, {settings}"
    failed = trial_line(row("failed"), 15, goal, "the disk is full")
    assert failed == f"trial 7 of 15: failed: the disk is full, {settings}"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (42, "42 s"), (99, "99 s"), (120, "2 min"), (5400, "90 min"), (9000, "2.5 h")]
)
def test_a_time_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_the_time_left_follows_from_the_trainings_that_ended() -> None:
    statuses = ["completed", "failed", "interrupted"]
    rows = [TrialRow(number, status, {}) for number, status in enumerate(statuses, 1)]
    progress = Progress(trials=12, slots=2, rows=lambda: rows)
    assert progress.seconds_left is None
    progress.took(3.9)
    assert progress.count() == (2, 1)
    assert progress.seconds_left == pytest.approx(4 * 10 / 2)
