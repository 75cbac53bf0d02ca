"""The images on which a network is surest of a wrong answer."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from nnlab.core.arrays import Array
from nnlab.data.dataset import Split
from nnlab.plots.canvas import canvas, plain_text
from nnlab.plots.palette import FAINT, tr
from nnlab.plots.samples import tile

MISTAKES_FILE = "mistakes.png"

COLUMNS, ROWS = 6, 4
PANEL = (1.15, 1.4)  # inches, with the two lines above the image


def plot_mistakes(
    name: str,
    part: str,
    split: Split,
    answers: Array,
    sureness: Array,
    class_names: Sequence[str],
    folder: Path,
    *,
    probability: bool = True,
) -> None:
    """Write ``mistakes.png``: up to 24 images taken for another class, from the surest answer on.

    Above each stand its class, the class answered and the probability of the answer (or its score). Raises OSError
    when the picture cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chosen = surest_mistakes(split.labels, answers, sureness)
    wrong = int(((answers != split.labels) & (answers >= 0)).sum())
    words = {"name": plain_text(name, 40), "part": tr(part), "shown": len(chosen), "wrong": f"{wrong:,}"}
    title = tr("{name}: the {shown} surest of {wrong} mistakes on {part} images", **words)
    columns = min(COLUMNS, max(4, len(chosen)))
    rows = max(1, ceil(len(chosen) / columns))
    with canvas(folder / MISTAKES_FILE, title, (columns * PANEL[0] + 0.3, rows * PANEL[1] + 0.7)) as figure:
        how = (
            tr("true class → class answered, probability") if probability else tr("true class → class answered, score")
        )
        figure.supxlabel(how, fontsize=9)
        if not len(chosen):
            figure.text(
                0.5, 0.5, tr("no answers") if (answers < 0).all() else tr("no mistakes"), ha="center", color=FAINT
            )
        for place, index in enumerate(chosen.tolist(), start=1):
            true, answered = (plain_text(class_names[label], 10) for label in (split.labels[index], answers[index]))
            heading = _heading(true, answered, float(sureness[index]), probability=probability)
            _draw_image(figure, (rows, columns, place), split.inputs[index], heading)


def surest_mistakes(labels: Array, answers: Array, sureness: Array) -> Array:
    """Indices of the wrong answers, from the surest on, at most as many as the picture has room for."""
    wrong = np.flatnonzero((answers != labels) & (answers >= 0))
    return wrong[np.argsort(-sureness[wrong], kind="stable")][: COLUMNS * ROWS]


def _heading(true: str, answered: str, sureness: float, *, probability: bool) -> str:
    number = f"{sureness:.2f}"
    if probability:
        number = "> 99.9 %" if sureness > 0.999 else f"{sureness:.1%}".replace("%", " %")
    between = "\n→ " if len(true) + len(answered) > 4 else " → "
    return f"{true}{between}{answered}, {number}" if between == " → " else f"{true}{between}{answered}\n{number}"


def _draw_image(figure: Figure, place: tuple[int, int, int], image: Array, heading: str) -> None:
    axes = figure.add_subplot(*place)
    axes.imshow(tile(image), interpolation="nearest")
    axes.set_title(heading, fontsize=8, parse_math=False)
    axes.set_axis_off()
