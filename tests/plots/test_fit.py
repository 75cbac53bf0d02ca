"""The fit of one or two features: samples and predictions in the user's units, frame by frame."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset, Split
from nnlab.data.input_format import Column, Scaling
from nnlab.data.target_columns import TargetColumns
from nnlab.errors import UsageError
from nnlab.plots.fit import animate_fit, plot_fit, plot_number_samples

RNG = np.random.default_rng(0)
RAW = 100 + 20 * RNG.random((30, 1))
SCALING = Scaling(np.array([110.0]), np.array([10.0]))


def curve_data(targets: tuple[str, ...] = ("price",)) -> Dataset:
    """y = 1000 · x for each target, with features and targets scaled."""
    y = np.repeat(1000 * RAW, len(targets), axis=1)
    numbers = TargetColumns.standardising(targets, y)
    train, test = (Split(SCALING.apply(x), numbers.apply(1000 * x.repeat(len(targets), 1))) for x in (RAW, RAW + 1))
    return Dataset(train, test, (), columns=(Column("area"),), scaling=SCALING, numbers=numbers)


def surface_data() -> Dataset:
    x = RNG.random((40, 2))
    y = x.sum(axis=1, keepdims=True)
    return Dataset(Split(x, y), None, (), numbers=TargetColumns.in_own_units(("z",)))


def exactly(x: Array) -> Array:
    return 1000 * SCALING.undo(x)


def test_curve_and_samples_are_in_the_users_units(tmp_path: Path, figures: dict[str, Figure]) -> None:
    plot_fit("houses", curve_data(), exactly, tmp_path)
    (axes,) = figures["fit.png"].axes
    (line,) = axes.lines
    x, y = (np.asarray(values) for values in line.get_data())
    assert (x.min(), x.max()) == pytest.approx((RAW.min() - 1.05, RAW.max() + 2.05), abs=0.2)
    np.testing.assert_allclose(y, 1000 * x)
    train, test = (np.asarray(cloud.get_offsets()) for cloud in axes.collections)
    np.testing.assert_allclose(train[:, 0], RAW[:, 0])
    np.testing.assert_allclose(train[:, 1], 1000 * RAW[:, 0])
    np.testing.assert_allclose(test[:, 0], RAW[:, 0] + 1)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("area", "price")


def test_a_panel_for_each_target_up_to_three(tmp_path: Path, figures: dict[str, Figure]) -> None:
    plot_fit("a", curve_data(("a", "b", "c", "d")), lambda x: exactly(x).repeat(4, axis=1), tmp_path)
    assert [axes.get_ylabel() for axes in figures["fit.png"].axes] == ["a", "b", "c"]


def test_surface_has_the_predictions_and_infinite_ones_are_left_out(tmp_path: Path, figures: dict[str, Figure]) -> None:
    def predict(x: Array) -> Array:
        return np.where(x[:, :1] > 0.5, np.inf, x.sum(axis=1, keepdims=True))

    plot_fit("a", surface_data(), predict, tmp_path)
    image = figures["fit.png"].axes[0].images[0]
    values, (left, right, bottom, _) = np.ma.filled(image.get_array(), np.nan), image.get_extent()
    assert values[0, 0] == pytest.approx(left + bottom)
    columns = np.linspace(left, right, values.shape[1])
    assert np.isnan(values[:, columns > 0.5]).all()
    assert np.isfinite(values[:, columns <= 0.5]).all()


def test_samples_without_a_network_have_no_curve(tmp_path: Path, figures: dict[str, Figure]) -> None:
    plot_number_samples(tmp_path / "samples.png", "houses", curve_data())
    (axes,) = figures["samples.png"].axes
    assert not axes.lines
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["train", "test"]
    plot_number_samples(tmp_path / "samples.png", "plane", surface_data())


@pytest.mark.parametrize("dataset", [curve_data(), surface_data()], ids=["curve", "surface"])
def test_animation_has_a_frame_for_each_snapshot(tmp_path: Path, dataset: Dataset) -> None:
    def network(slope: float):
        return lambda: lambda x: slope * x.sum(axis=1, keepdims=True)

    path = animate_fit("a", dataset, [(step, network(step / 5)) for step in range(0, 30, 10)], tmp_path)
    with Image.open(path) as animation:
        assert animation.n_frames >= 3


def test_features_too_large_to_draw_are_refused(tmp_path: Path) -> None:
    data = Dataset(
        Split(np.array([[1e200], [0.0]]), np.zeros((2, 1))), None, (), numbers=TargetColumns.in_own_units(("y",))
    )
    with pytest.raises(UsageError, match="its features reach 1e\\+200"):
        plot_fit("a", data, exactly, tmp_path)
