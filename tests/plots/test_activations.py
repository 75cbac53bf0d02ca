"""Activation histograms: a row for each network, a column for each layer, shares above each panel."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from nnlab.engine.activation_statistics import ActivationStatistics
from nnlab.errors import UsageError
from nnlab.plots.activations import BINS, MOST_COLUMNS, MOST_ROWS, plot_untrained_activations

Figures = dict[str, Figure]


def spread(
    *numbers: float, limits: tuple[float, float] | None = None, zero: float | None = None
) -> ActivationStatistics:
    return ActivationStatistics(np.array(numbers), limits, zero, None if zero is not None else 0.25)


def heights(figure: Figure, index: int) -> np.ndarray:
    (patch,) = figure.axes[index].patches
    return patch.get_data().values  # type: ignore[attr-defined]  # stairs


def test_bars_count_the_outputs_within_the_range(figures: Figures, tmp_path: Path) -> None:
    row = [spread(0.01, 0.02, 0.99, limits=(0, 1)), spread(0, 0, 0, 3.0, 3.1, 6, zero=0.5)]
    assert plot_untrained_activations([("net", row)], tmp_path / "new") == tmp_path / "new" / "activations.png"
    figure = figures["activations.png"]
    assert heights(figure, 0).tolist() == [1, *[0] * (BINS - 2), 0.5]
    assert figure.axes[0].get_title() == "std 0.46, saturated 25%"
    assert figure.axes[1].get_title() == "std 2.2, zero 50%"
    assert heights(figure, 1).sum() == 1.5, "zeros are not drawn"
    assert figure.axes[1].get_xlim() == (0, 6)


@pytest.mark.usefixtures("laid_out")
@pytest.mark.slow
def test_rows_have_names_columns_places_and_nothing_overlaps(figures: Figures, tmp_path: Path) -> None:
    rows = [(f"long_name_of_network_{k}", [spread(1e-5, 2e4, zero=0.123)] * (3 + k)) for k in range(3)]
    plot_untrained_activations(rows, tmp_path)
    figure = figures["activations.png"]
    panels = np.array(figure.axes).reshape(3, 5)
    assert [axes.get_visible() for axes in panels[0]] == [True] * 3 + [False] * 2
    assert [axes.get_ylabel() for axes in panels[:, 0]] == ["long_name_of_ne…"] * 3
    assert [axes.get_xlabel() for axes in panels[-1]] == [f"activation {k}" for k in range(1, 6)]
    titles = [axes.title.get_window_extent() for axes in panels[2]]
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(titles))
    assert all(axes.yaxis.label.get_window_extent().x0 >= 0 for axes in panels[:, 0])


@pytest.mark.parametrize("numbers", [(0.0, 0.0), (5.0,), (np.inf, np.nan)])
def test_constant_or_nan_outputs_have_a_panel(tmp_path: Path, numbers: tuple[float, ...]) -> None:
    assert plot_untrained_activations([("net", [spread(*numbers), spread(*numbers, zero=1.0)])], tmp_path).is_file()


@pytest.mark.slow
def test_first_and_last_of_many_layers_are_drawn(figures: Figures, tmp_path: Path) -> None:
    plot_untrained_activations([("net", [spread(float(k), 2.0 * k) for k in range(1, 101)])], tmp_path)
    labels = [axes.get_xlabel() for axes in figures["activations.png"].axes]
    assert len(labels) == MOST_COLUMNS
    assert (labels[0], labels[-1]) == ("activation 1", "activation 100")


@pytest.mark.slow
def test_each_column_names_its_layers(figures: Figures, tmp_path: Path) -> None:
    def labels(*counts: int) -> list[list[str]]:
        plot_untrained_activations([("net", [spread(0.0, 1.0)] * count) for count in counts], tmp_path)
        panels = np.array(figures["activations.png"].axes).reshape(len(counts), -1)
        return [[axes.get_xlabel().removeprefix("activation ") for axes in row] for row in panels]

    assert labels(3, 2, 1) == [["", "", "3"], ["", "2", ""], ["1", "", ""]]
    deep, flat = labels(34, 3)
    assert flat[:3] == ["1", "2", "3"]
    assert deep == ["", "4", "7", "10", "13", "16", "19", "22", "25", "28", "31", "34"]


def test_more_networks_than_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="41 specs are more than the 40 rows"):
        plot_untrained_activations([("net", [spread(1.0)])] * (MOST_ROWS + 1), tmp_path)
