"""Means over seeds, the best point, and what titles say of trials without a value."""

import numpy as np
import pytest
from swept_points import make_points

from nnlab.plots.sweep_importance import ranked_results
from nnlab.plots.sweep_points import is_log, value_colours


def test_a_point_counts_only_when_all_its_seeds_completed() -> None:
    points = make_points(
        {"lr": [1, 2, 3, 4]}, [[0.25, 0.75], [0.9, "diverged"], [0.8, ""], [np.inf, 0.5]], column="validation_accuracy"
    )
    assert points.complete.tolist() == [True, False, True, False]
    assert points.mean[[0, 2]].tolist() == [0.5, 0.8]
    assert np.isnan(points.mean[[1, 3]]).all()
    assert points.deviation[0] == pytest.approx(np.std([0.25, 0.75], ddof=1))
    assert points.best == 2
    assert [points.result(point) for point in range(3)] == ["0.5000 ± 0.3536", "1 diverged", "0.8000"]


@pytest.mark.parametrize(("column", "best"), [("validation_accuracy", 1), ("validation_loss", 0)])
def test_the_best_point_of_equal_ones_is_the_first(column: str, best: int) -> None:
    points = make_points({"lr": [1, 2, 3, 4]}, [0.1, 0.9, 0.1, 0.9], column=column)
    assert points.best == best


def test_titles_name_what_has_no_value() -> None:
    points = make_points({"lr": [1, 2, 3, 4]}, [0.5, "diverged", "diverged", "waiting"], name="a\nb")
    assert points.title() == "a\\nb: validation accuracy, 4 trials (2 diverged, 1 waiting)"


def test_without_a_goal_nothing_is_the_best_and_the_title_says_so() -> None:
    points = make_points({"lr": [1]}, [0.5], column="test_accuracy", chosen=False)
    assert points.best is None
    assert points.title() == "adam: test accuracy, 1 trial (no goal: for display only)"


def test_better_values_are_brighter() -> None:
    def brightness(column: str) -> list[float]:
        import matplotlib as mpl

        norm, name = value_colours(make_points({"lr": [1, 2]}, [0.25, 0.75], column=column))
        return [sum(mpl.colormaps[name](norm(value))[:3]) for value in (0.25, 0.75)]

    low, high = brightness("validation_accuracy")
    assert low < high
    low, high = brightness("validation_loss")
    assert low > high


def test_losses_of_many_decades_are_on_a_log_axis_and_accuracies_never() -> None:
    assert is_log("validation_loss", [0.01, 100.0])
    assert not is_log("validation_loss", [0.0, 100.0])
    assert not is_log("validation_loss", [0.5, 2.0])
    assert not is_log("validation_accuracy", [0.001, 0.9])
    assert is_log("objective", [0.01, np.nan, 100.0])


def test_stopped_points_are_ordered_by_how_far_they_got_and_then_by_their_goal() -> None:
    points = make_points({"lr": [1, 2, 3, 4, 5]}, [0.5, "stopped", "stopped", "stopped", "diverged"])
    points.values[1:4, 0] = [0.9, 0.1, 0.2]
    points.steps[:, 0] = [40, 10, 20, 20, 40]
    assert points.stopped == [3, 2, 1]
    results = ranked_results(points)
    assert np.argsort(-results).tolist() == [0, 3, 2, 1, 4]
