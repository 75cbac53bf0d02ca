"""The learning curves of a sweep: together, in panels, and of the best points."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from swept_points import make_points, make_table

from nnlab.plots.curves import LINES
from nnlab.plots.sweep_curves import plot_curves
from nnlab.plots.sweep_panels import panels_and_lines, plot_best, plot_panels
from nnlab.storage.csv_tables import Table

Figures = dict[str, Figure]


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def heights(axes: Axes) -> list[float]:
    return [round(float(np.asarray(line.get_ydata())[-1]), 6) for line in axes.lines]


def test_a_line_with_a_band_for_each_value_on_training_and_goal(figures: Figures, tmp_path: Path) -> None:
    points = make_points({"optimizer": ["sgd", "$adam$"]}, [[0.5, 0.75], [0.25, "diverged"]])
    tables = [[make_table(0.5), make_table(0.75)], [make_table(0.25)]]
    plot_curves(points, lambda point: tables[point], tmp_path / "curves.png")
    figure = figures["curves.png"]
    train, goal = figure.axes
    assert heights(goal) == [0.625, 0.25, 0.25]  # two lines, and the cross of the diverged one
    assert heights(train) == [0.3125, 0.125, 0.125]
    assert goal.lines[2].get_marker() == "x"
    assert len(goal.collections) == 1
    assert legend(figure) == ["sgd", "$adam$ (diverged)"]
    assert goal.get_ylim() == (0, 1)
    assert "mean over seeds" in figure.get_suptitle()


def test_a_diverged_line_does_not_flatten_the_others(figures: Figures, tmp_path: Path) -> None:
    points = make_points({"lr": [0.1, 1]}, [0.5, "diverged"], column="validation_loss")
    tables = [make_table(2.0, "validation_loss"), make_table(1e6, "validation_loss")]
    plot_curves(points, lambda point: [tables[point]], tmp_path / "curves.png")
    assert figures["curves.png"].axes[0].get_ylim() == (0, 3)


def test_a_panel_for_each_value_of_a_key_with_a_line_for_each_of_the_other(figures: Figures, tmp_path: Path) -> None:
    keys: dict[str, list[Any]] = {"std": [0.01, 0.01, 0.1, 0.1, 1, 1], "batch_norm": [True, False] * 3}
    points = make_points(keys, [0.5, 0.25, 0.75, 0.5, "diverged", 0.5])
    plot_panels(points, lambda point: [make_table((point + 1) / 8)], tmp_path / "panels.png")
    figure = figures["panels.png"]
    panels = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title(loc="left") for axes in panels] == ["std 0.01", "std 0.1", "std 1"]
    assert heights(panels[0]) == [0.125, 0.25, 0.0625, 0.125]  # false before true, each with its training curve
    assert [line.get_linewidth() for line in panels[0].lines[:2]] == [LINES["train"]["linewidth"], 1.6]
    assert legend(figure) == ["batch_norm false", "batch_norm true", "diverged"]
    assert "thin: validation, thick: train" in figure.get_suptitle()


@pytest.mark.parametrize(("counts", "first"), [((16, 2), True), ((2, 16), False), ((4, 8), True)])
def test_the_first_key_has_the_panels_where_that_fits(counts: tuple[int, int], first: bool) -> None:
    pairs = [(a, b) for a in range(counts[0]) for b in range(counts[1])]
    points = make_points({"a": [a for a, _ in pairs], "b": [b for _, b in pairs]}, [0.5] * len(pairs))
    assert panels_and_lines(points.keys)[0] is points.keys[0 if first else 1]


def test_the_best_points_in_order_with_training_and_goal(figures: Figures, tmp_path: Path) -> None:
    points = make_points({"lr": [1, 2, 3, 4], "l2": [0, 1, 0, 1]}, [0.25, 0.75, "diverged", 0.5])
    plot_best(points, lambda point: [make_table([0.25, 0.75, 0, 0.5][point])], tmp_path / "best.png")
    figure = figures["best.png"]
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["1: 0.7500\nlr 2, l2 1", "2: 0.5000\nlr 4, l2 1", "3: 0.2500\nlr 1, l2 0"]
    assert [heights(axes) for axes in figure.axes] == [[0.375, 0.75], [0.25, 0.5], [0.125, 0.25]]
    assert legend(figure) == ["train accuracy", "validation accuracy"]
    assert "best 3 of 4 points" in figure.get_suptitle()


def test_points_that_the_search_gave_up_come_after_those_that_completed(figures: Figures, tmp_path: Path) -> None:
    points = make_points({"lr": [1, 2, 3]}, ["stopped", 0.5, "stopped"])
    points.values[[0, 2], 0] = [0.75, 0.9]
    plot_best(points, lambda point: [make_table(0.5)], tmp_path / "best.png")
    titles = [axes.get_title(loc="left") for axes in figures["best.png"].axes]
    assert titles == ["1: 0.5000\nlr 2", "2: stopped\nlr 3", "3: stopped\nlr 1"]


@pytest.mark.parametrize("tables", [[], [{"step": np.zeros(0), "validation_accuracy": np.zeros(0)}]], ids=range(2))
def test_points_without_evaluations_are_drawn_empty(tables: list[Table], figures: Figures, tmp_path: Path) -> None:
    points = make_points({"lr": [1, 2]}, ["diverged", 0.5])
    plot_curves(points, lambda point: tables, tmp_path / "curves.png")
    plot_best(points, lambda point: tables, tmp_path / "best.png")
    assert [text.get_text() for text in figures["curves.png"].axes[0].texts] == ["no data recorded"]
