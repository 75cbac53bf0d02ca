"""The most confident errors: which images are shown, and the text above each."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from nnlab.data.dataset import Split
from nnlab.plots.mistakes import COLUMNS, ROWS, most_confident_errors, plot_mistakes

Figures = dict[str, Figure]


def test_errors_in_order_of_confidence() -> None:
    labels, answers = np.array([0, 1, 1, 0, 1]), np.array([1, 1, 0, 1, -1])
    confidence = np.array([0.6, 0.99, 0.9, 0.7, 0.8])
    assert most_confident_errors(labels, answers, confidence).tolist() == [2, 3, 0]


def draw(folder: Path, wrong: int, names: tuple[str, ...] = ("a", "b"), *, probability: bool = True) -> Split:
    images = np.random.default_rng(0).integers(0, 256, (50, 1, 4, 4), np.uint8)
    split = Split(images, np.zeros(50, int))
    answers = (np.arange(50) < wrong).astype(int)
    confidence = np.linspace(1, 0.5, 50)
    plot_mistakes("net", "test", split, answers, confidence, names, folder, probability=probability)
    return split


def test_each_image_has_its_classes_and_probability(figures: Figures, tmp_path: Path) -> None:
    split = draw(tmp_path / "new", 3)
    figure = figures["mistakes.png"]
    assert [axes.get_title() for axes in figure.axes] == ["a → b, > 99.9 %", "a → b, 99.0 %", "a → b, 98.0 %"]
    assert figure.get_suptitle() == "net: most confident errors on test images (3 of 3)"
    for axes, image in zip(figure.axes, split.inputs, strict=False):
        shown = np.asarray(axes.images[0].get_array())
        np.testing.assert_array_equal(shown[:: len(shown) // 4, :: len(shown) // 4, 0], image[0])


def test_scores_are_no_probabilities(figures: Figures, tmp_path: Path) -> None:
    draw(tmp_path, 1, probability=False)
    assert figures["mistakes.png"].axes[0].get_title() == "a → b, 1.00"
    assert figures["mistakes.png"].get_supxlabel() == "true class → predicted class, score"


@pytest.mark.usefixtures("laid_out")
@pytest.mark.slow
@pytest.mark.parametrize("names", [("a", "b"), ("automobile and", "$motorcycle$")])
def test_no_heading_touches_another(figures: Figures, tmp_path: Path, names: tuple[str, str]) -> None:
    draw(tmp_path, 50, names)
    figure = figures["mistakes.png"]
    assert len(figure.axes) == COLUMNS * ROWS
    rows = [figure.axes[start : start + COLUMNS] for start in range(0, len(figure.axes), COLUMNS)]
    for row in rows:
        boxes = [axes.title.get_window_extent() for axes in row]
        assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))
    for upper, lower in itertools.pairwise(rows):
        assert lower[0].title.get_window_extent().y1 <= upper[0].get_window_extent().y0


def test_a_network_without_errors_has_a_picture_that_says_so(figures: Figures, tmp_path: Path) -> None:
    draw(tmp_path, 0)
    assert "no errors" in [text.get_text() for text in figures["mistakes.png"].texts]


def test_samples_without_a_prediction_are_no_errors(figures: Figures, tmp_path: Path) -> None:
    split = Split(np.zeros((5, 1, 4, 4), np.uint8), np.zeros(5, int))
    answers, confidence = np.array([1, -1, 0, 1, -1]), np.full(5, 0.5)
    plot_mistakes("net", "test", split, answers, confidence, ("a", "b"), tmp_path)
    assert figures["mistakes.png"].get_suptitle() == "net: most confident errors on test images (2 of 2)"
    assert figures["mistakes.png"].get_supxlabel() == "true class → predicted class, probability"
