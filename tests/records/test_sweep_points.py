"""Points of a sweep: trials grouped over seeds, ranked by their mean goal."""

import pytest

from nnlab.records.sweep_points import best_entry, displayed_column, points_of, ranked
from nnlab.records.sweep_table import TrialRow


def row(number: int, lr: float, seed: int | None, goal: float | None, status: str = "completed") -> TrialRow:
    return TrialRow(number, status, {"optimizer.lr": lr}, seed=seed, metrics={"validation_loss": goal})


ROWS = [row(1, 0.1, 0, 1.0), row(2, 0.1, 1, 3.0), row(3, 0.2, 0, 1.5), row(4, 0.2, 1, 1.5), row(5, 0.3, 0, 0.1)]


def test_points_group_trials_that_differ_in_their_seed() -> None:
    points = points_of(reversed(ROWS), "validation_loss")
    assert [[trial.number for trial in point.rows] for point in points] == [[1, 2], [3, 4], [5]]
    assert [point.goal and tuple(point.goal) for point in points] == [(2.0, 2**0.5, 2), (1.5, 0.0, 2), (0.1, None, 1)]


def test_points_group_over_a_seed_that_is_swept() -> None:
    rows = [TrialRow(1, "completed", {"seed": 0, "lr": 1}), TrialRow(2, "completed", {"seed": 1, "lr": 1})]
    (point,) = points_of(rows, None)
    assert (point.settings, point.goal, point.first) == ({"lr": 1}, None, 1)


def test_point_counts_only_with_all_its_trials_completed_and_finite() -> None:
    for wrong in (row(6, 0.3, 1, 0.1, "diverged"), row(6, 0.3, 1, None), row(6, 0.3, 1, float("nan"))):
        best = best_entry([*ROWS, wrong], "validation_loss", maximize=False)
        assert best == {"trial": 3, "settings": {"optimizer.lr": 0.2}, "value": 1.5, "std": 0.0, "n": 2}


def test_best_follows_the_direction_of_the_goal() -> None:
    points = points_of(ROWS, "validation_loss")
    assert [point.first for point in ranked(points, maximize=True)] == [1, 3, 5]
    assert [point.first for point in ranked(points, maximize=False)] == [5, 3, 1]
    assert best_entry(ROWS, None, maximize=True) is None


@pytest.mark.parametrize(
    ("measured", "column"),
    [
        (["objective", "train_accuracy", "test_loss", "test_accuracy", "validation_accuracy"], "test_accuracy"),
        (["train_loss", "train_accuracy", "validation_accuracy"], "validation_accuracy"),
        (["train_loss", "objective"], "train_loss"),
        (["objective"], None),
    ],
    ids=range(4),
)
def test_trials_without_a_goal_are_displayed_by_the_first_reported_metric(measured: list[str], column: str) -> None:
    rows = [TrialRow(1, "waiting", {}), TrialRow(2, "completed", {}, metrics=dict.fromkeys(measured, 0.5))]
    assert displayed_column(rows) == column
