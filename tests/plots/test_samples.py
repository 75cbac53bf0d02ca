"""Sample pictures: every image is in the row of its class, pixel for pixel."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import image
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from nnlab.core.random import make_streams
from nnlab.data.dataset import Dataset, Split
from nnlab.data.pipeline.augmentation import Augmentation, Flip, augment
from nnlab.plots import samples
from nnlab.plots.canvas import canvas
from nnlab.plots.points import CLASSES_IN_LEGEND, MOST_POINTS
from nnlab.plots.samples import MOST_CLASSES, plot_samples


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, Figure]:
    """The figures that are drawn, by file name."""
    kept: dict[str, Figure] = {}

    @contextmanager
    def keep(path: Path, *arguments: Any, **options: Any) -> Iterator[Figure]:
        with canvas(path, *arguments, **options) as figure:
            yield figure
        kept[path.name] = figure

    monkeypatch.setattr(samples, "canvas", keep)
    return kept


def images(count: int, classes: int, shape: tuple[int, ...], names: tuple[str, ...] | None = None) -> Dataset:
    inputs = np.random.default_rng(0).integers(0, 256, (count, *shape), np.uint8)
    return Dataset(Split(inputs, np.arange(count) % classes), None, names or tuple(f"c{k}" for k in range(classes)))


def points(count: int, classes: int, test: int = 0) -> Dataset:
    rng = np.random.default_rng(0)
    train, held_out = (Split(rng.random((n, 2)), np.arange(n) % classes) for n in (count, test))
    return Dataset(train, held_out if test else None, tuple(f"c{k}" for k in range(classes)))


def plot(dataset: Dataset, folder: Path, *augmentations: Augmentation) -> list[Path]:
    return plot_samples("some", dataset, folder, augmentations, make_streams("streams", 0))


def pixels(path: Path) -> np.ndarray:
    return np.rint(image.imread(path)[:, :, :3] * 255).astype(np.uint8)


def grid(path: Path, figure: Figure, rows: int, columns: int, height: int, width: int) -> list[list[np.ndarray]]:
    """The tiles of a picture, found from the place of its axes."""
    picture, box = pixels(path), figure.axes[0].bbox
    top, left = picture.shape[0] - round(box.y1), round(box.x0)
    return [
        [picture[top + i * (height + 4) :, left + j * (width + 4) :][:height, :width] for j in range(columns)]
        for i in range(rows)
    ]


@pytest.mark.usefixtures("laid_out")
@pytest.mark.parametrize(("channels", "side", "zoom"), [(1, 28, 2), (3, 32, 2), (3, 8, 8), (1, 70, 1)])
def test_each_row_holds_the_first_images_of_a_class(
    tmp_path: Path, drawn: dict[str, Figure], channels: int, side: int, zoom: int
) -> None:
    dataset = images(40, 4, (channels, side, side))
    (path,) = plot(dataset, tmp_path / "new")
    columns = 9 if side == 70 else 10
    tiles = grid(path, drawn[path.name], 4, columns, side * zoom, side * zoom)
    for label in range(4):
        for j in range(columns):
            expected = dataset.train.inputs[label + 4 * j].repeat(zoom, 1).repeat(zoom, 2).transpose(1, 2, 0)
            np.testing.assert_array_equal(tiles[label][j], np.broadcast_to(expected, tiles[label][j].shape))


@pytest.mark.usefixtures("laid_out")
def test_rows_are_named_after_their_classes(tmp_path: Path, drawn: dict[str, Figure]) -> None:
    plot(images(9, 3, (1, 20, 10), ("a$b$", "[/x]", "very long name of a class\n")), tmp_path)
    figure = drawn["samples.png"]
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.texts] == ["a$b$", "[/x]", "very long name …"]
    assert not any(text.get_parse_math() for text in axes.texts)
    assert figure.get_suptitle() == "some: first training images of each class"
    for text in (*axes.texts, *figure.texts):
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1
    assert all(text.get_window_extent().x1 < axes.bbox.x0 for text in axes.texts)
    assert figure.texts[0].get_window_extent().y0 > axes.bbox.y1


@pytest.mark.usefixtures("laid_out")
def test_the_title_keeps_clear_of_a_tall_grid(tmp_path: Path, drawn: dict[str, Figure]) -> None:
    plot(images(300, MOST_CLASSES + 5, (1, 8, 8)), tmp_path)
    figure = drawn["samples.png"]
    assert len(figure.axes[0].texts) == MOST_CLASSES
    assert figure.get_suptitle() == "some: first training images of 20 of 25 classes"
    title = figure.texts[0].get_window_extent()
    assert figure.axes[0].bbox.y1 < title.y0
    assert title.y1 <= figure.bbox.y1


def test_classes_without_images_have_no_row(tmp_path: Path, drawn: dict[str, Figure]) -> None:
    dataset = images(4, 30, (1, 8, 8))
    labels = np.array([29, 3, 29, 29])
    plot(Dataset(Split(dataset.train.inputs, labels), None, dataset.class_names), tmp_path)
    assert [text.get_text() for text in drawn["samples.png"].axes[0].texts] == ["c3", "c29"]


@pytest.mark.usefixtures("laid_out")
def test_large_images_are_downsampled(tmp_path: Path, drawn: dict[str, Figure]) -> None:
    dataset = images(4, 2, (3, 600, 300))
    (path,) = plot(dataset, tmp_path)
    tiles = grid(path, drawn[path.name], 2, 2, 200, 100)
    np.testing.assert_array_equal(tiles[1][0], dataset.train.inputs[1, :, ::3, ::3].transpose(1, 2, 0))


@pytest.mark.usefixtures("laid_out")
def test_augmentation_is_shown_step_by_step(tmp_path: Path, drawn: dict[str, Figure]) -> None:
    dataset = images(6, 2, (1, 30, 30))
    _, path = plot(dataset, tmp_path, Flip())
    tiles = grid(path, drawn[path.name], 2, 10, 60, 60)
    for step in range(10):
        x = dataset.train.inputs[:2] / 255
        if step:
            augment(x, [Flip()], make_streams("streams", 0), step)
        for label in range(2):
            expected = np.rint(x[label] * 255).astype(np.uint8).repeat(2, 1).repeat(2, 2).transpose(1, 2, 0)
            np.testing.assert_array_equal(tiles[label][step], np.broadcast_to(expected, (60, 60, 3)))


def test_points_have_the_colours_of_their_classes(tmp_path: Path, drawn: dict[str, Figure]) -> None:
    dataset = points(30, 3, test=6)
    plot(dataset, tmp_path)
    figure = drawn["samples.png"]
    axes = figure.axes[0]
    offsets = [np.asarray(cloud.get_offsets()) for cloud in axes.collections]
    assert [len(cloud) for cloud in offsets] == [10, 10, 10, 2, 2, 2]
    np.testing.assert_array_equal(offsets[1], dataset.train.inputs[1::3])
    assert dataset.test is not None
    np.testing.assert_array_equal(offsets[5], dataset.test.inputs[2::3])
    edges = [tuple(cloud.get_edgecolor()[0][:3]) for cloud in axes.collections]
    assert edges[:3] == edges[3:]
    assert len(set(edges)) == 3
    assert all(len(cloud.get_facecolor()) == 0 for cloud in axes.collections[3:]), "test samples are hollow"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["c0", "c1", "c2"]
    assert figure.get_suptitle() == "some: samples (test: hollow)"


@pytest.mark.usefixtures("laid_out")
def test_many_classes_and_points_stay_within_the_picture(tmp_path: Path, drawn: dict[str, Figure]) -> None:
    plot(points(3 * MOST_POINTS, CLASSES_IN_LEGEND + 6), tmp_path)
    figure = drawn["samples.png"]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(labels) == CLASSES_IN_LEGEND + 1
    assert labels[-1] == "… and 6 more"
    assert figure.legends[0].get_window_extent().y0 >= 0
    assert sum(len(np.asarray(cloud.get_offsets())) for cloud in figure.axes[0].collections) == MOST_POINTS
    grey = [
        cloud for cloud in figure.axes[0].collections if tuple(cloud.get_facecolor()[0][:3]) == to_rgba("#9A9A9A")[:3]
    ]
    assert len(grey) >= 6


@pytest.mark.usefixtures("laid_out")
def test_images_of_floats_range_from_black_to_white(tmp_path: Path, drawn: dict[str, Figure]) -> None:
    inputs = np.broadcast_to(np.linspace(0, 1, 4).reshape(-1, 1, 1, 1), (4, 1, 8, 8))
    (path,) = plot(Dataset(Split(inputs, np.array([0, 0, 1, 1])), None, ("a", "b")), tmp_path)
    tiles = grid(path, drawn["samples.png"], 2, 2, 64, 64)
    assert [[int(tile[0, 0, 0]) for tile in row] for row in tiles] == [[0, 85], [170, 255]]


@pytest.mark.parametrize("shape", [(1,), (3,), (784,)])
def test_tables_have_no_picture(tmp_path: Path, shape: tuple[int, ...]) -> None:
    dataset = Dataset(Split(np.zeros((4, *shape)), np.arange(4) % 2), None, ("a", "b"))
    assert plot(dataset, tmp_path / "none") == []
    assert not (tmp_path / "none").exists()


def test_a_picture_repeats_byte_for_byte(tmp_path: Path) -> None:
    dataset = images(40, 4, (3, 16, 16))
    for first, again in zip(plot(dataset, tmp_path / "a", Flip()), plot(dataset, tmp_path / "b", Flip()), strict=True):
        assert first.read_bytes() == again.read_bytes()
