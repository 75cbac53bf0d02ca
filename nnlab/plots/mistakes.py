"""The most confident errors of a network on images."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from nnlab.core.arrays import Array
from nnlab.data.dataset import Split
from nnlab.language import tr
from nnlab.plots.canvas import canvas, plain_text
from nnlab.plots.palette import FAINT
from nnlab.plots.samples import tile

MISTAKES_FILE = "mistakes.png"

COLUMNS, ROWS = 6, 4
PANEL = (1.15, 1.4)  # inches, with the two lines above the image


def plot_mistakes(
    name: str,
    part: str,
    split: Split,
    predicted: Array,
    confidence: Array,
    class_names: Sequence[str],
    folder: Path,
    *,
    probability: bool = True,
) -> None:
    """Write ``mistakes.png``: up to 24 misclassified images, the most confident first.

    Above each: its true class, the predicted class and that class's probability (or score). Raises OSError
    when the picture cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chosen = most_confident_errors(split.targets, predicted, confidence)
    wrong = int(((predicted != split.targets) & (predicted >= 0)).sum())
    words = {"name": plain_text(name, 40), "part": tr(part), "shown": len(chosen), "wrong": f"{wrong:,}"}
    title = tr("{name}: most confident errors on {part} images ({shown} of {wrong})", **words)
    columns = min(COLUMNS, max(4, len(chosen)))
    rows = max(1, ceil(len(chosen) / columns))
    with canvas(folder / MISTAKES_FILE, title, (columns * PANEL[0] + 0.3, rows * PANEL[1] + 0.7)) as figure:
        how = (
            tr("true class → predicted class, probability")
            if probability
            else tr("true class → predicted class, score")
        )
        figure.supxlabel(how, fontsize=9)
        if not len(chosen):
            figure.text(
                0.5, 0.5, tr("no predictions") if (predicted < 0).all() else tr("no errors"), ha="center", color=FAINT
            )
        for place, index in enumerate(chosen.tolist(), start=1):
            true, guess = (plain_text(class_names[label], 10) for label in (split.targets[index], predicted[index]))
            heading = _heading(true, guess, float(confidence[index]), probability=probability)
            _draw_image(figure, (rows, columns, place), split.inputs[index], heading)


def most_confident_errors(labels: Array, predicted: Array, confidence: Array) -> Array:
    """Indices of the wrong predictions, the most confident first; at most as many as the picture has room for."""
    wrong = np.flatnonzero((predicted != labels) & (predicted >= 0))
    return wrong[np.argsort(-confidence[wrong], kind="stable")][: COLUMNS * ROWS]


def _heading(true: str, guess: str, confidence: float, *, probability: bool) -> str:
    number = f"{confidence:.2f}"
    if probability:
        number = "> 99.9 %" if confidence > 0.999 else f"{confidence:.1%}".replace("%", " %")
    between = "\n→ " if len(true) + len(guess) > 4 else " → "
    return f"{true}{between}{guess}, {number}" if between == " → " else f"{true}{between}{guess}\n{number}"


def _draw_image(figure: Figure, place: tuple[int, int, int], image: Array, heading: str) -> None:
    axes = figure.add_subplot(*place)
    axes.imshow(tile(image), interpolation="nearest")
    axes.set_title(heading, fontsize=8, parse_math=False)
    axes.set_axis_off()
