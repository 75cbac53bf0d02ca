"""Pictures beside what a network saw of them, and the classes it found most probable."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from unicodedata import east_asian_width

import numpy as np
from matplotlib.figure import Figure

from nnlab.core.arrays import Array
from nnlab.inference.prediction_table import Answer
from nnlab.language import tr
from nnlab.plots.canvas import DPI, canvas, plain_text
from nnlab.plots.palette import FAINT, in_format, palette

PREDICTIONS_FILE = "predictions.png"

# Sizes in pixels of the picture: one sample with its name, original, image and bars.
SIDE, GAP, BAR, NAME, EDGE = 112, 10, 70, 22, 20
LETTER, MOST_LETTERS, NUMBER = 8, 14, 62
"""Before a bar is the name of its class, after it a number."""
CELL_HEIGHT = SIDE + NAME + 16
TITLE_HEIGHT = 74
ONE_COLUMN, TWO_COLUMNS = 4, 12
"""The number of samples up to which they are in one or two columns; more are in three."""
SHOWN_CLASSES = 3


@dataclass(frozen=True)
class SeenPicture:
    """A small picture (h, w, 3), the image (C, H, W) that the network saw of it, and the most probable classes."""

    name: str
    original: Array
    image: Array
    answers: Sequence[Answer]


def plot_predictions(
    name: str, seen: Sequence[SeenPicture], total: int, folder: Path, *, probability: bool = True
) -> Path:
    """Write ``predictions.png`` into ``folder``, created if necessary, and return its path.

    For each picture: the original, what the network saw, and the most probable classes as bars. ``total`` is the
    number of pictures, of which ``seen`` may be the first. Without ``probability`` the bars are scores. Raises OSError
    when the picture cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    columns = 1 if len(seen) <= ONE_COLUMN else 2 if len(seen) <= TWO_COLUMNS else 3
    rows = ceil(len(seen) / columns)
    longest = max(_letters(answer.name) for picture in seen for answer in picture.answers)
    label = 14 + LETTER * max(3, min(longest, MOST_LETTERS))
    cell = 2 * (SIDE + GAP) + label + BAR + NUMBER + EDGE
    width = max(columns * cell + EDGE, 560)
    height = TITLE_HEIGHT + rows * CELL_HEIGHT
    words = {"name": plain_text(name, 40), "shown": len(seen), "pictures": f"{total:,}"}
    if len(seen) < total:
        title = tr("{name}: predictions for the first {shown} of {pictures} pictures", **words)
    else:
        title = tr("{name}: predictions", **words)
    path = folder / PREDICTIONS_FILE
    with canvas(path, title, (width / DPI, height / DPI), layout=None) as figure:
        how = tr("picture, what the network saw, most probable classes")
        if not probability:
            how = tr("picture, what the network saw, highest scores")
        figure.text(0.012, 1 - 50 / height, how, fontsize=8, color=FAINT, va="center")
        limits = _score_range(seen, probability)
        for place, picture in enumerate(seen):
            row, column = divmod(place, columns)
            left, top = EDGE + column * cell, TITLE_HEIGHT + row * CELL_HEIGHT
            _draw(figure, (left, top), picture, label, limits, probability=probability)
    return in_format(path)


def _score_range(seen: Sequence[SeenPicture], probability: bool) -> tuple[float, float]:
    if probability:
        return 0.0, 1.0
    values = [answer.probability for picture in seen for answer in picture.answers]
    return min(0.0, *values), max(1e-9, *values)


def _draw(
    figure: Figure,
    corner: tuple[int, int],
    picture: SeenPicture,
    label: int,
    limits: tuple[float, float],
    *,
    probability: bool,
) -> None:
    width, height = figure.get_size_inches() * DPI
    left, top = corner
    figure.text(
        left / width, 1 - (top + 9) / height, plain_text(picture.name, 44), fontsize=8, va="center", parse_math=False
    )
    for index, image in enumerate((picture.original, _shown(picture.image))):
        scale = SIDE / max(image.shape[:2])
        wide, tall = image.shape[1] * scale, image.shape[0] * scale
        x = left + index * (SIDE + GAP) + (SIDE - wide) / 2
        y = top + NAME + (SIDE - tall) / 2
        axes = figure.add_axes((x / width, 1 - (y + tall) / height, wide / width, tall / height))
        axes.imshow(image, interpolation="nearest", aspect="auto")
        axes.set(xticks=[], yticks=[])
        axes.grid(visible=False)
        for spine in axes.spines.values():
            spine.set_visible(True)
            spine.set_color(FAINT)
            spine.set_linewidth(0.6)
    _draw_bars(figure, (left + 2 * (SIDE + GAP) + label, top + NAME), picture.answers, limits, probability)


def _draw_bars(
    figure: Figure,
    corner: tuple[int, int],
    answers: Sequence[Answer],
    limits: tuple[float, float],
    probability: bool,
) -> None:
    width, height = figure.get_size_inches() * DPI
    tall = SIDE * len(answers) / SHOWN_CLASSES
    axes = figure.add_axes((corner[0] / width, 1 - (corner[1] + tall) / height, BAR / width, tall / height))
    values = [answer.probability for answer in answers]
    colours = [palette().colours[0], *[FAINT] * (len(answers) - 1)]
    axes.barh(range(len(answers)), values, height=0.5, color=colours)
    axes.set_xlim(*limits)
    axes.set_ylim(len(answers) - 0.5, -0.5)
    axes.set_axis_off()
    for row, answer in enumerate(answers):
        size = 13 if row == 0 and len(answer.name) < 3 else 9 if len(answer.name) < 5 else 8
        axes.text(
            -0.06,
            row,
            plain_text(answer.name, MOST_LETTERS),
            ha="right",
            va="center",
            fontsize=size,
            parse_math=False,
            transform=axes.get_yaxis_transform(),
        )
        number = _percent(answer.probability) if probability else f"{answer.probability:.2f}"
        axes.text(1.05, row, number, ha="left", va="center", fontsize=8, transform=axes.get_yaxis_transform())


def _percent(value: float) -> str:
    return "> 99.9 %" if value > 0.999 else "< 0.1 %" if value < 0.001 else f"{value:.1%}".replace("%", " %")


def _shown(image: Array) -> Array:
    """An image (C, H, W) as (H, W, 3)."""
    colours = image.transpose(1, 2, 0)
    return np.repeat(colours, 3, axis=2) if colours.shape[2] == 1 else colours


def _letters(name: str) -> int:
    """The width of a name in letters; wide characters count twice."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in name)
