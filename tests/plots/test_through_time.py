from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnlab.plots.through_time import plot_through_time

Figures = dict[str, Figure]


def drawn(figures: Figures, before: dict[str, list[float]], after: dict[str, list[float]], folder: Path) -> Axes:
    arrays = [{name: np.array(norms) for name, norms in norms_of.items()} for norms_of in (before, after)]
    plot_through_time("a run", arrays[0], arrays[1], folder)
    return figures["gradients_through_time.png"].axes[0]


def test_lines_show_each_layer_before_and_after_training(figures: Figures, tmp_path: Path) -> None:
    before, after = {"rnn1": [1.0, 0, 4], "rnn2": [1, 1, 1]}, {"rnn1": [2, np.inf, 3], "rnn2": [5, 6, 7]}
    axes = drawn(figures, before, after, tmp_path)
    assert axes.get_yscale() == "log"
    labels = [line.get_label() for line in axes.lines]
    assert labels == [f"rnn{n}, {moment} training" for n in (1, 2) for moment in ("before", "after")]
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [1, np.nan, 4])
    np.testing.assert_array_equal(axes.lines[1].get_ydata(), [2, np.nan, 3])
    np.testing.assert_array_equal(axes.lines[1].get_xdata(), [1, 2, 3])


@pytest.mark.parametrize("norm", [0.0, np.nan])
def test_without_any_gradient_nothing_is_drawn(figures: Figures, tmp_path: Path, norm: float) -> None:
    axes = drawn(figures, {"rnn1": [norm]}, {"rnn1": [norm]}, tmp_path)
    assert [text.get_text() for text in axes.texts] == ["no data recorded"]
