"""The goal over two keys."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from swept_points import make_points

from nnlab.plots.sweep_map import plot_heatmap, plot_scatter

Figures = dict[str, Figure]


@pytest.mark.usefixtures("laid_out")
def test_cells_are_ordered_and_hold_the_mean_and_diverged_ones_are_hatched(figures: Figures, tmp_path: Path) -> None:
    keys = {"lr": [0.1, 0.1, 0.01, 0.01, 1.0], "init": ["he", "$x$", "he", "$x$", "he"]}
    values: list[Any] = [[0.5, 0.75], [0.5, 0.25], [0.75, 0.75], [0.5, "diverged"], ["failed", "failed"]]
    plot_heatmap(make_points(keys, values), tmp_path / "heatmap.png")
    figure = figures["heatmap.png"]
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.01", "0.1", "1"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["he", "$x$"]
    assert axes.get_ylim() == (1.5, -0.5)  # categories are read from above
    cells = axes.collections[0].get_array()
    assert np.ma.filled(cells, -1).tolist() == [[0.75, 0.625, -1], [-1, 0.375, -1]]
    boxes = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert [box.get_xy() for box in boxes if box.get_hatch() == "///"] == [(-0.5, 0.5)]
    assert [box.get_xy() for box in boxes if box.get_hatch() == "..."] == [(1.5, -0.5)]
    assert [box.get_xy() for box in boxes if not box.get_hatch()] == [(-0.5, -0.5)]  # the best
    texts = {text.get_position(): text.get_text() for text in axes.texts}
    assert texts[(0, 0)] == "0.7500\n±0.0000"
    assert texts[(0, 1)] == "1 diverged"
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["diverged", "failed", "best: lr 0.01, init he (0.7500 ± 0.0000)"]


def test_ascending_numbers_with_a_zero_go_up(figures: Figures, tmp_path: Path) -> None:
    keys = {"l2": [0, 1e-4, 1e-2] * 4, "lr": np.repeat([0.1, 0.2, 0.3, 0.4], 3).tolist()}
    plot_heatmap(make_points(keys, [0.5] * 12), tmp_path / "heatmap.png")
    axes = figures["heatmap.png"].axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "0.0001", "0.01"]
    assert axes.get_ylim()[0] < axes.get_ylim()[1]


def test_points_of_ranges_are_scattered_on_log_axes_with_crosses_for_diverged_ones(
    figures: Figures, tmp_path: Path
) -> None:
    keys = {"lr": [1e-3, 1e-2, 1e-1], "l2": [1e-8, 1e-6, 1e-4]}
    points = make_points(keys, [0.5, 0.75, "diverged"], ranges=dict.fromkeys(keys, "log"))
    plot_scatter(points, tmp_path / "scatter.png")
    axes = figures["scatter.png"].axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    dots = next(artist for artist in axes.collections if isinstance(artist, PathCollection))
    assert np.asarray(dots.get_offsets()).tolist() == [[1e-3, 1e-8], [1e-2, 1e-6]]
    assert np.asarray(dots.get_array()).tolist() == [0.5, 0.75]
    lines = {str(line.get_label()): np.asarray(line.get_xydata()).tolist() for line in axes.lines}
    assert lines == {"diverged": [[1e-1, 1e-4]], "best: lr 0.01, l2 1e-6 (0.7500)": [[1e-2, 1e-6]]}
