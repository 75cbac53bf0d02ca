"""First-layer filters as images, before and after training, each with its own scale symmetric around 0."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from nnlab.plots.weights import MOST_UNITS, plot_weights

Figures = dict[str, Figure]


def weights(units: int, channels: int = 1, scale: float = 1.0) -> np.ndarray:
    return np.random.default_rng(units).normal(0, scale, (units, channels, 3, 2))


@pytest.mark.usefixtures("laid_out")
def test_filters_are_in_rows_each_step_with_its_own_scale(figures: Figures, tmp_path: Path) -> None:
    before, after = weights(5, scale=0.01), weights(5)
    plot_weights("net", before, after, tmp_path / "new")
    left, right, left_bar, right_bar = figures["weights.png"].axes
    assert (left.get_title(), right.get_title()) == ("before training", "after training")
    assert left.images[0].get_clim() == (-abs(before).max(), abs(before).max())
    assert right.images[0].get_clim() == (-abs(after).max(), abs(after).max())
    extents = [axes.get_window_extent() for axes in (left, left_bar, right, right_bar)]
    assert all(one.x1 < other.x0 for one, other in itertools.pairwise(extents))
    for axes, shown in ((left, before), (right, after)):
        mosaic = np.ma.filled(axes.images[0].get_array(), np.nan)
        assert mosaic.shape == (2 * 4 - 1, 3 * 3 - 1)
        for unit in range(5):
            row, column = divmod(unit, 3)
            np.testing.assert_array_equal(mosaic[4 * row : 4 * row + 3, 3 * column : 3 * column + 2], shown[unit, 0])
        assert np.isnan(mosaic[3]).all()


def test_three_channels_are_colours_around_grey(figures: Figures, tmp_path: Path) -> None:
    after = weights(1, 3)
    plot_weights("net", np.zeros_like(after), after, tmp_path)
    left, right = (np.asarray(axes.images[0].get_array()) for axes in figures["weights.png"].axes)
    assert (left == 0.5).all()
    np.testing.assert_allclose(right, 0.5 + after[0].transpose(1, 2, 0) / (2 * abs(after).max()))


@pytest.mark.parametrize("shape", [(100, 1), (100, 5), (1, 1)])
def test_only_the_first_of_many_filters_are_drawn(figures: Figures, tmp_path: Path, shape: tuple[int, int]) -> None:
    plot_weights("net", weights(*shape), weights(*shape), tmp_path)
    title = figures["weights.png"].get_suptitle()
    assert (
        title
        == f"net: weights of first-layer filters ({f'{MOST_UNITS} of ' if shape[0] > MOST_UNITS else ''}{shape[0]})"
    )


@pytest.mark.slow
@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_nonfinite_weights_are_drawn_without_error(tmp_path: Path, value: float) -> None:
    for channels in (1, 3):
        plot_weights("net", np.full((2, channels, 2, 2), value), np.full((2, channels, 2, 2), value), tmp_path)
    assert (tmp_path / "weights.png").is_file()


@pytest.mark.slow
def test_positive_weights_are_red_and_negative_blue(figures: Figures, tmp_path: Path) -> None:
    after = np.array([1.0, -1.0, 0.0, 0.5]).reshape(1, 1, 2, 2)
    plot_weights("net", np.zeros_like(after), after, tmp_path)
    image = figures["weights.png"].axes[1].images[0]
    (high, low), (zero, _) = image.cmap(image.norm(np.asarray(image.get_array())))[..., :3]
    assert high[0] > high[2] + 0.2
    assert low[2] > low[0] + 0.2
    assert min(zero) > 0.9


@pytest.mark.parametrize("channels", [2, 4])
def test_other_channels_are_averaged(figures: Figures, tmp_path: Path, channels: int) -> None:
    before, after = weights(1, channels), 3 * weights(1, channels)
    plot_weights("net", before, after, tmp_path)
    for axes, shown in zip(figures["weights.png"].axes, (before, after), strict=False):
        np.testing.assert_allclose(np.asarray(axes.images[0].get_array()), shown[0].mean(axis=0))
