"""Smoothed objectives: a Kaiser window that keeps a constant, reflected at the ends."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from nnlab.plots.smoothed_losses import WINDOW, plot_smoothed_losses, smoothed


@pytest.mark.parametrize("count", [1, WINDOW - 1, WINDOW, 40])
def test_a_constant_stays_and_the_length_too(count: int) -> None:
    assert smoothed(np.full(count, 2.5)) == pytest.approx(np.full(count, 2.5))
    assert len(smoothed(np.arange(float(count)))) == count


def test_noise_shrinks_and_a_line_stays_a_line_away_from_the_ends() -> None:
    line = np.arange(100.0)
    assert smoothed(line)[WINDOW:-WINDOW] == pytest.approx(line[WINDOW:-WINDOW])
    noise = np.random.default_rng(0).standard_normal(1000)
    assert smoothed(noise).std() < 0.5 * noise.std()


def test_each_label_is_a_line_below_the_top(figures: dict[str, Figure], tmp_path: Path) -> None:
    plot_smoothed_losses("sweep", {"sgd": np.linspace(2, 1, 50), "adam": np.linspace(2, 0, 50)}, 1.0, tmp_path)
    (axes,) = figures["losses.png"].axes
    assert axes.get_ylim() == (0, 1)
    assert [line.get_label() for line in axes.get_lines()] == ["sgd", "adam"]
    assert axes.get_lines()[0].get_xdata()[0] == 1
