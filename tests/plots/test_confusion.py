"""The confusion matrix: rows are true classes, columns are predicted classes, and all numbers are readable."""

import itertools
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from nnlab.plots.confusion import most_confused, plot_confusion
from nnlab.plots.palette import STYLES, drawn_as
from nnlab.plots.plot_style import PlotStyle, Style

Figures = dict[str, Figure]


def test_most_confused_classes_have_the_most_frequent_errors() -> None:
    labels, answers = np.array([7, 7, 9, 3, 3, 3, 5, 8]), np.array([9, 9, 7, 4, 4, 4, 5, -1])
    np.testing.assert_array_equal(most_confused(labels, answers, 2), [3, 4])
    np.testing.assert_array_equal(most_confused(labels, answers, 4), [3, 4, 7, 9])
    np.testing.assert_array_equal(most_confused(labels, answers, 6), [0, 1, 3, 4, 7, 9])


@pytest.mark.slow
def test_most_confused_of_many_classes_are_drawn_in_little_memory(figures: Figures, tmp_path: Path) -> None:
    labels = np.arange(100_000)
    answers = np.where(labels < 50, (labels + 1) % 50, labels)
    names = [f"c{k}" for k in labels]
    tracemalloc.start()
    try:
        plot_confusion("net", "test", labels, answers, names, tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()
    axes = figures["confusion.png"].axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == names[:40]
    shares = np.asarray(axes.images[0].get_array())
    np.testing.assert_array_equal(shares, np.eye(40, k=1))
    title = "net: confusion matrix, test set (99,950 of 100,000 correct); 40 most confused of 100,000 classes"
    assert figures["confusion.png"].get_suptitle() == title


def draw(folder: Path, classes: int, names: list[str] | None = None, samples: int = 300) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, classes, samples)
    answers = np.where(rng.random(samples) < 0.8, labels, rng.integers(0, classes, samples))
    plot_confusion("net", "test", labels, answers, names or [f"c{k}" for k in range(classes)], folder)


@pytest.mark.usefixtures("laid_out")
def test_counts_are_in_their_cells(figures: Figures, tmp_path: Path) -> None:
    labels, answers = np.repeat([0, 1], [30, 20]), np.repeat([0, 1, 0, 1], [23, 7, 1, 19])
    plot_confusion("net", "test", labels, answers, ["cat", "$dog"], tmp_path / "new")
    axes = figures["confusion.png"].axes[0]
    written = {text.get_position(): text.get_text() for text in axes.texts}
    assert written == {(0, 0): "23", (1, 0): "7", (0, 1): "1", (1, 1): "19"}
    shares = np.asarray(axes.images[0].get_array())
    np.testing.assert_allclose(shares, [[23 / 30, 7 / 30], [1 / 20, 19 / 20]])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")
    for axis in (axes.get_xticklabels(), axes.get_yticklabels()):
        assert [label.get_text() for label in axis] == ["cat", "$dog"]
    assert figures["confusion.png"].get_suptitle() == "net: confusion matrix, test set (42 of 50 correct)"


@pytest.mark.usefixtures("laid_out")
@pytest.mark.slow
@pytest.mark.parametrize("style", ["light", "dark"])
@pytest.mark.parametrize("classes", [2, 10, 20])
def test_no_number_leaves_its_cell_and_each_stands_out(
    figures: Figures, tmp_path: Path, classes: int, style: str
) -> None:
    with drawn_as(PlotStyle(style=style)):  # type: ignore[arg-type]  # one of the styles
        draw(tmp_path, classes, samples=classes * 9999)
    axes = figures["confusion.png"].axes[0]
    assert len(axes.texts) == classes**2
    cell = axes.get_window_extent().width / classes
    assert all(text.get_window_extent().width < cell for text in axes.texts)


@pytest.mark.usefixtures("laid_out")
@pytest.mark.parametrize(("classes", "numbers"), [(21, False), (40, False), (100, False)])
def test_many_classes_have_colours_only_and_ticks_that_do_not_touch(
    figures: Figures, tmp_path: Path, classes: int, numbers: bool
) -> None:
    draw(tmp_path, classes)
    axes = figures["confusion.png"].axes[0]
    assert bool(axes.texts) is numbers
    boxes = [label.get_window_extent() for label in axes.get_yticklabels() if label.get_text()]
    heights = sorted((box.y0, box.y1) for box in boxes)
    assert len(heights) > 5
    assert all(below[1] <= above[0] + 1 for below, above in itertools.pairwise(heights))


@pytest.mark.usefixtures("laid_out")
def test_long_names_stay_within_the_picture(figures: Figures, tmp_path: Path) -> None:
    draw(tmp_path, 10, ["automobile and truck"] * 10)
    figure = figures["confusion.png"]
    for label in (*figure.axes[0].get_xticklabels(), *figure.axes[0].get_yticklabels()):
        box = label.get_window_extent()
        assert box.x0 >= 0
        assert box.y0 >= 0
    boxes = [label.get_window_extent() for label in figure.axes[0].get_xticklabels()]
    assert all(left.x1 <= right.x0 for left, right in itertools.pairwise(boxes))


def test_colours_are_shares_of_the_true_class_on_a_labelled_scale(figures: Figures, tmp_path: Path) -> None:
    labels, answers = np.repeat([0, 1], [100, 100]), np.repeat([0, 1, 0, 1], [75, 25, 40, 60])
    plot_confusion("net", "test", labels, answers, ["a", "b"], tmp_path)
    axes, bar = figures["confusion.png"].axes
    image = axes.images[0]
    assert image.norm.vmin == 0
    assert image.norm.vmax == 1
    np.testing.assert_allclose(np.asarray(image.norm([0, 0.01, 0.25, 1])), [0, 0.1, 0.5, 1])
    assert bar.get_ylabel() == "fraction of the true class"
    np.testing.assert_allclose(bar.get_yticks(), [0, 0.05, 0.2, 0.5, 1])
    assert [label.get_text() for label in bar.get_yticklabels()] == ["0", "5 %", "20 %", "50 %", "100 %"]


@pytest.mark.usefixtures("laid_out")
@pytest.mark.parametrize("style", ["light", "dark"])
def test_numbers_stand_out_from_their_cells(figures: Figures, tmp_path: Path, style: Style) -> None:
    labels, answers = np.repeat([0, 1], [100, 100]), np.repeat([0, 1, 1], [90, 10, 100])
    with drawn_as(PlotStyle(style=style)):
        plot_confusion("net", "test", labels, answers, ["a", "b"], tmp_path)
    axes = figures["confusion.png"].axes[0]
    image = axes.images[0]
    for text in axes.texts:
        column, row = (int(place) for place in text.get_position())
        cell = to_rgb(image.cmap(image.norm(np.asarray(image.get_array())[row, column])))
        assert abs(np.mean(to_rgb(text.get_color())) - np.mean(cell)) > 0.2
    papers = {text.get_text(): text.get_color() == STYLES[style].paper for text in axes.texts}
    assert papers == {"90": True, "100": True, "10": False, "0": False}
