"""The goal over the values of one key."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from swept_points import make_points

from nnlab.plots.palette import palette
from nnlab.plots.sweep_goal import plot_goal
from nnlab.plots.sweep_points import SweepPoints

Figures = dict[str, Figure]
SEEDED: list[Any] = [[0.5, 0.75], [0.875, 0.625], [0.25, "diverged"]]


def draw(points: SweepPoints, folder: Path, figures: Figures) -> tuple[Axes, dict[str, Line2D]]:
    plot_goal(points, folder / "goal.png")
    axes = figures["goal.png"].axes[0]
    return axes, {str(line.get_label()): line for line in axes.lines}


def test_numbers_are_a_curve_with_a_band_and_diverged_trials_at_the_worse_end(figures: Figures, tmp_path: Path) -> None:
    axes, lines = draw(make_points({"lr": [0.1, 0.01, 1.0]}, SEEDED), tmp_path, figures)
    assert axes.get_xscale() == "log"
    mean = lines["mean ± one standard deviation, 2 seeds"]
    assert np.asarray(mean.get_xydata()).tolist() == [[0.01, 0.75], [0.1, 0.625]]
    band = np.asarray(axes.collections[0].get_paths()[0].vertices)
    assert band[:, 1].max() == pytest.approx(0.75 + np.std([0.875, 0.625], ddof=1))
    assert len(np.asarray(lines["a trial"].get_xydata())) == 5
    assert np.asarray(lines["diverged"].get_xydata()).tolist() == [[1.0, 0.03]]
    assert np.asarray(lines["best: lr 0.01 (0.7500 ± 0.1768)"].get_xydata()).tolist() == [[0.01, 0.75]]


def test_diverged_trials_of_a_loss_are_at_the_top(figures: Figures, tmp_path: Path) -> None:
    points = make_points({"lr": [1, 2, 3]}, [0.01, 10.0, "diverged"], column="validation_loss")
    axes, lines = draw(points, tmp_path, figures)
    assert axes.get_yscale() == "log"
    assert np.asarray(lines["diverged"].get_xydata()).tolist() == [[3, 0.97]]
    assert "best: lr 1 (0.0100)" in lines


def test_numbers_drawn_from_a_range_are_dots_without_a_line(figures: Figures, tmp_path: Path) -> None:
    points = make_points({"lr": [0.1, 0.2, 0.3]}, [0.5, 0.25, "stopped"], ranges={"lr": "log"})
    points.values[2, 0] = 0.4
    axes, lines = draw(points, tmp_path, figures)
    assert lines["a trial"].get_linestyle() == "None"
    assert np.asarray(lines["stopped early"].get_xydata()).tolist() == [[0.3, 0.4]]
    assert not axes.collections


def test_categories_are_rows_in_their_order_with_their_results(figures: Figures, tmp_path: Path) -> None:
    axes, lines = draw(make_points({"optimizer": ["sgd", "$x$", "adam"]}, SEEDED), tmp_path, figures)
    ticks = axes.get_yticklabels()
    assert [tick.get_text() for tick in ticks] == ["sgd", "$x$", "adam"]
    assert not any(tick.get_parse_math() for tick in ticks)
    assert axes.get_ylim() == (2.5, -0.5)
    assert [text.get_text() for text in axes.texts] == ["0.6250 ± 0.1768", "0.7500 ± 0.1768", "1 diverged"]
    ink, crowned = palette().ink, palette().colours[1]
    assert [text.get_color() for text in axes.texts] == [ink, crowned, ink]
    assert np.asarray(lines["diverged"].get_xydata()).tolist() == [[0.03, 2]]


def test_without_a_goal_nothing_is_crowned(figures: Figures, tmp_path: Path) -> None:
    points = make_points({"optimizer": ["sgd", "adam"]}, [0.5, 0.75], column="test_accuracy", chosen=False)
    axes, lines = draw(points, tmp_path, figures)
    assert not any("best" in label for label in lines)
    assert {text.get_color() for text in axes.texts} == {palette().ink}
    assert "no goal" in figures["goal.png"].get_suptitle()


@pytest.mark.parametrize("values", [["diverged"], [[0.5, np.inf]], ["waiting", "failed"]], ids=range(3))
def test_a_sweep_without_a_complete_point_is_drawn(values: list[Any], figures: Figures, tmp_path: Path) -> None:
    lrs = [0.1, 0.2][: len(values)]
    draw(make_points({"lr": lrs}, values), tmp_path, figures)
    draw(make_points({"lr": list(map(str, lrs))}, values), tmp_path, figures)
