"""Decision regions: each cell has the colour of the predicted class, in the picture and in each frame."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawing import write_no_pixels
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from nnlab.data.dataset import Dataset, Split
from nnlab.errors import UsageError
from nnlab.plots import regions
from nnlab.plots.canvas import canvas
from nnlab.plots.palette import palette
from nnlab.plots.points import MOST_POINTS, class_colour
from nnlab.plots.regions import MOST_FRAMES, Predict, animate_boundary, plot_boundary

CORNERS = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 2.0], [4.0, 2.0]])


@pytest.fixture
def drawn(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, Figure]:
    kept: dict[str, Figure] = {}
    write_no_pixels(monkeypatch, laid_out="laid_out" in request.fixturenames)

    @contextmanager
    def keep(path: Path, *arguments: Any) -> Iterator[Figure]:
        with canvas(path, *arguments) as figure:
            yield figure
        kept[path.name] = figure

    monkeypatch.setattr(regions, "canvas", keep)
    return kept


def data(*, test: bool = False) -> Dataset:
    train = Split(CORNERS, np.array([0, 1, 0, 1]))
    return Dataset(train, Split(CORNERS + 0.5, np.array([1, 0, 1, 0])) if test else None, ("left", "$right"))


def right_of(border: float) -> Predict:
    return lambda inputs: (inputs[:, 0] > border).astype(int)


def region_at(figure: Figure, x: float, y: float) -> tuple[float, ...]:
    (image,) = figure.axes[0].images
    left, right, bottom, top = image.get_extent()
    colours = np.asarray(image.get_array())
    row, column = (y - bottom) / (top - bottom) * len(colours), (x - left) / (right - left) * len(colours)
    return tuple(colours[int(row), int(column)])


def tint(colour: str) -> tuple[float, ...]:
    return tuple(0.4 * np.array(to_rgb(colour)) + 0.6)


def test_decision_regions_have_the_colour_of_the_predicted_class(tmp_path: Path, drawn: dict[str, Figure]) -> None:
    plot_boundary("net", data(), right_of(1.0), tmp_path / "new")
    figure = drawn["boundary.png"]
    assert figure.get_suptitle() == "net: decision regions"
    for x, label in ((0.9, 0), (1.1, 1), (-0.3, 0), (4.3, 1)):
        for y in (-0.1, 1.0, 2.1):
            assert region_at(figure, x, y) == pytest.approx(tint(class_colour(label)))


def test_decision_regions_have_the_orientation_of_the_data(tmp_path: Path, drawn: dict[str, Figure]) -> None:
    plot_boundary("net", data(), lambda inputs: (inputs[:, 1] > 1.5).astype(int), tmp_path)
    assert region_at(drawn["boundary.png"], 2, 1.9) == pytest.approx(tint(class_colour(1)))
    assert region_at(drawn["boundary.png"], 2, 0.1) == pytest.approx(tint(class_colour(0)))


@pytest.mark.usefixtures("laid_out")
def test_all_samples_are_inside_and_test_samples_have_another_marker(tmp_path: Path, drawn: dict[str, Figure]) -> None:
    plot_boundary("net", data(test=True), right_of(1.0), tmp_path)
    figure = drawn["boundary.png"]
    axes = figure.axes[0]
    clouds = [np.asarray(cloud.get_offsets()) for cloud in axes.collections]
    np.testing.assert_array_equal(np.concatenate(clouds[:2]), CORNERS[[0, 2, 1, 3]])
    np.testing.assert_array_equal(np.concatenate(clouds[2:]), CORNERS[[1, 3, 0, 2]] + 0.5)
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    for x, y in np.concatenate(clouds):
        assert left < x < right
        assert bottom < y < top
    paths = [len(cloud.get_paths()[0].vertices) for cloud in axes.collections]
    assert paths[0] == paths[1] != paths[2] == paths[3]
    legend = figure.legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["left", "$right", "train", "test"]
    assert legend.get_window_extent().x0 > axes.get_window_extent().x1


@pytest.mark.usefixtures("laid_out")
@pytest.mark.parametrize("classes", [2, 20])
def test_units_are_equal_and_nothing_leaves_the_picture(tmp_path: Path, drawn: dict[str, Figure], classes: int) -> None:
    many = Dataset(Split(np.tile(CORNERS, (classes, 1)), np.arange(4 * classes) % classes), None, ("a",) * classes)
    plot_boundary("a rather long name of an experiment", many, right_of(1.0), tmp_path)
    figure = drawn["boundary.png"]
    axes, box = figure.axes[0], figure.axes[0].get_window_extent()
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    assert (right - left) / box.width == pytest.approx((top - bottom) / box.height, rel=0.03)
    for artist in (axes.xaxis.label, axes.yaxis.label, figure.legends[0]):
        extent = artist.get_window_extent()
        assert extent.x0 >= 0
        assert extent.y0 >= 0
        assert extent.x1 <= figure.bbox.x1
    assert figure.legends[0].get_window_extent().x0 > max(box.x1, figure.texts[0].get_window_extent().x1)


def test_features_of_very_different_spans_keep_their_own_units(tmp_path: Path, drawn: dict[str, Figure]) -> None:
    flat = Dataset(Split(CORNERS * [100, 1], np.array([0, 1, 0, 1])), None, ("a", "b"))
    plot_boundary("net", flat, right_of(1.0), tmp_path)
    assert drawn["boundary.png"].axes[0].get_ylim() == pytest.approx((-0.16, 2.16))


def test_nonfinite_scores_predict_no_class(tmp_path: Path, drawn: dict[str, Figure]) -> None:
    plot_boundary("net", data(), lambda inputs: np.full(len(inputs), -1), tmp_path)
    assert region_at(drawn["boundary.png"], 1, 1) == (1, 1, 1)


def test_a_single_point_has_room_around_it(tmp_path: Path, drawn: dict[str, Figure]) -> None:
    one = Dataset(Split(np.ones((1, 2)), np.zeros(1, int)), None, ("a",))
    plot_boundary("net", one, right_of(0), tmp_path)
    left, right = drawn["boundary.png"].axes[0].get_xlim()
    assert left <= 0.5
    assert right >= 1.5


@pytest.mark.slow
def test_an_animation_shows_how_the_border_moves_and_repeats_byte_for_byte(tmp_path: Path) -> None:
    borders = (-1.0, 0.5, 1.5, 3.0)
    frames = [(100 * index, lambda border=border: right_of(border)) for index, border in enumerate(borders)]
    path = animate_boundary("net", data(), frames, tmp_path)
    with Image.open(path) as gif:
        assert gif.n_frames == len(borders)  # type: ignore[attr-defined]  # only of files with frames
        shown = []
        for index in range(len(borders)):
            gif.seek(index)
            shown.append(np.asarray(gif.convert("RGB")).astype(int))
    left = np.rint(np.array(tint(class_colour(0))) * 255)
    blue = [(abs(frame - left).max(axis=2) < 12).sum() for frame in shown]
    assert blue[0] < 200
    assert blue == sorted(blue)
    assert blue[3] > 1.8 * blue[2] > 0
    assert path.read_bytes() == animate_boundary("net", data(), frames, tmp_path / "again").read_bytes()


@pytest.mark.slow
def test_of_many_snapshots_first_and_last_are_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[int] = []

    def network(step: int) -> Predict:
        asked.append(step)
        return right_of(step)

    monkeypatch.setattr(regions, "GRID", 2)
    monkeypatch.setattr(regions, "MOST_FRAMES", 4)
    monkeypatch.setattr(regions, "PAUSE", 0)
    animate_boundary("net", data(), [(step, lambda step=step: network(step)) for step in range(10)], tmp_path)
    assert asked == [0, 0, 3, 6, 9]  # the first network is asked once more, to lay the picture out
    assert MOST_FRAMES == 60


def test_borders_between_regions_are_lines(tmp_path: Path, drawn: dict[str, Figure]) -> None:
    plot_boundary("net", data(), right_of(1.0), tmp_path)
    edge = pytest.approx(to_rgb(palette().edge))
    (image,) = drawn["boundary.png"].axes[0].images
    colours = np.asarray(image.get_array())
    for row in colours[::50]:
        assert sum(tuple(colour) == edge for colour in row) == 1


def test_samples_ordered_by_class_are_drawn_from_every_class(tmp_path: Path, drawn: dict[str, Figure]) -> None:
    x = np.random.default_rng(0).normal(size=(3 * MOST_POINTS, 2))
    dataset = Dataset(Split(x, np.arange(len(x)) // MOST_POINTS), None, ("a", "b", "c"))
    plot_boundary("net", dataset, right_of(0.0), tmp_path)
    figure = drawn["boundary.png"]
    clouds = [np.asarray(cloud.get_offsets()) for cloud in figure.axes[0].collections]
    assert sum(map(len, clouds)) == MOST_POINTS
    assert min(map(len, clouds)) > MOST_POINTS / 4
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b", "c", "5,000 of\n15,000 shown"]


def test_a_class_of_test_samples_only_is_in_the_legend_and_validation_has_a_marker(
    tmp_path: Path, drawn: dict[str, Figure]
) -> None:
    train, test = Split(CORNERS, np.array([0, 1, 0, 1])), Split(CORNERS + 1, np.array([2, 2, 2, 2]))
    held_out = Split(CORNERS - 2, np.array([0, 0, 1, 1]))
    dataset = Dataset(train, test, ("a", "b", "c"), validation=held_out)
    plot_boundary("net", dataset, right_of(1.0), tmp_path)
    figure = drawn["boundary.png"]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["a", "b", "c", "train", "validation", "test"]
    left, right, bottom, top = figure.axes[0].images[0].get_extent()
    for split in dataset.splits.values():
        assert ((split.inputs > (left, bottom)) & (split.inputs < (right, top))).all()


def test_classes_that_share_a_colour_have_regions_of_two_tints(tmp_path: Path, drawn: dict[str, Figure]) -> None:
    dataset = Dataset(Split(CORNERS, np.array([0, 7, 0, 7])), None, tuple("abcdefgh"))
    plot_boundary("net", dataset, lambda inputs: 7 * (inputs[:, 0] > 1).astype(int), tmp_path)
    assert region_at(drawn["boundary.png"], 0.5, 1) != pytest.approx(region_at(drawn["boundary.png"], 1.5, 1))


def test_each_frame_names_its_step_and_the_last_is_held(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said: list[str] = []

    @contextmanager
    def note(figure: Figure, path: Path) -> Iterator[Callable[[int], None]]:
        yield lambda times: said.extend([figure.texts[0].get_text()] * times)

    monkeypatch.setattr(regions, "animation", note)
    monkeypatch.setattr(regions, "GRID", 2)
    steps = (0, 1000, 3000)
    animate_boundary("net", data(), [(step, lambda: right_of(1.0)) for step in steps], tmp_path)
    first, *rest = [f"net: step {step:,} of 3,000" for step in steps]
    assert said == [first, *rest, *[rest[-1]] * 15]


def test_class_of_a_cell_is_predicted_at_its_centre(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[np.ndarray] = []

    def predict(inputs: np.ndarray) -> np.ndarray:
        asked.append(inputs)
        return np.zeros(len(inputs), int)

    monkeypatch.setattr(regions, "GRID", 2)
    monkeypatch.setattr(regions, "_with_equal_units", lambda extent, shape: extent)
    plot_boundary("net", data(), predict, tmp_path)
    (left, bottom), (right, top) = (-0.32, -0.16), (4.32, 2.16)
    middles = [(left + x * (right - left), bottom + y * (top - bottom)) for y in (0.25, 0.75) for x in (0.25, 0.75)]
    np.testing.assert_allclose(asked[0], middles)


def test_test_samples_have_the_colours_of_their_classes(tmp_path: Path, drawn: dict[str, Figure]) -> None:
    plot_boundary("net", data(test=True), right_of(1.0), tmp_path)
    colours = [tuple(cloud.get_facecolor()[0][:3]) for cloud in drawn["boundary.png"].axes[0].collections]
    assert colours == [to_rgb(class_colour(label)) for label in (0, 1, 0, 1)]


@pytest.mark.parametrize("reach", [1e101, 1e308, -1.79e308])
def test_samples_too_large_to_draw_are_refused(tmp_path: Path, reach: float) -> None:
    far = Dataset(Split(np.array([[0.0, 0.0], [reach, 1.0]]), np.array([0, 1])), None, ("a", "b"))
    with pytest.raises(UsageError, match=r"its features reach .*at most 1e\+100 can be drawn"):
        plot_boundary("net", far, right_of(0), tmp_path)
    assert list(tmp_path.iterdir()) == []
