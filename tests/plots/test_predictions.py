"""Pictures beside what the network saw of them, and the most probable classes."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from nnlab.inference.prediction_table import Answer
from nnlab.plots.predictions import SeenPicture, plot_predictions

Figures = dict[str, Figure]


def draw(
    folder: Path, count: int, *names: str, probability: bool = True, total: int | None = None
) -> list[SeenPicture]:
    random = np.random.default_rng(0)
    answers = [Answer(name, value) for name, value in zip(names, (0.9995, 0.25, 0.0001), strict=False)]
    seen = [
        SeenPicture(
            f"{index}.png",
            random.integers(0, 256, (30, 60, 3), np.uint8),
            random.integers(0, 256, (1, 8, 8), np.uint8),
            answers,
        )
        for index in range(count)
    ]
    plot_predictions("net", seen, total or count, folder, probability=probability)
    return seen


def test_each_picture_has_its_original_the_image_and_bars(figures: Figures, tmp_path: Path) -> None:
    (seen,) = draw(tmp_path / "new", 1, "4", "9", "1")
    original, image, bars = figures["predictions.png"].axes
    np.testing.assert_array_equal(np.asarray(original.images[0].get_array()), seen.original)
    np.testing.assert_array_equal(np.asarray(image.images[0].get_array())[..., 0], seen.image[0])
    assert [bar.get_width() for bar in bars.patches] == [0.9995, 0.25, 0.0001]
    assert [text.get_text() for text in bars.texts] == ["4", "> 99.9 %", "9", "25.0 %", "1", "< 0.1 %"]
    assert bars.get_xlim() == (0, 1)


def test_scores_are_no_probabilities(figures: Figures, tmp_path: Path) -> None:
    draw(tmp_path, 1, "cat", "dog", probability=False)
    assert figures["predictions.png"].axes[2].texts[1].get_text() == "1.00"
    assert "highest scores" in [text.get_text() for text in figures["predictions.png"].texts][-2]


def test_a_title_says_how_many_are_shown(figures: Figures, tmp_path: Path) -> None:
    draw(tmp_path, 2, "cat", "dog", total=5000)
    assert figures["predictions.png"].get_suptitle() == "net: predictions for the first 2 of 5,000 pictures"


@pytest.mark.usefixtures("laid_out")
@pytest.mark.parametrize("count", [1, 5, 13])
@pytest.mark.parametrize("names", [("4", "9", "1"), ("golden retriever", "$x$ and", "オウム")])
def test_no_text_touches_an_image(figures: Figures, tmp_path: Path, count: int, names: tuple[str, ...]) -> None:
    draw(tmp_path, count, *names)
    figure = figures["predictions.png"]
    images = [axes.get_window_extent() for axes in figure.axes if axes.images]
    texts = [text.get_window_extent() for axes in figure.axes for text in axes.texts]
    for box in texts:
        assert box.x1 <= figure.bbox.x1
        assert not any(box.overlaps(image) for image in images)
