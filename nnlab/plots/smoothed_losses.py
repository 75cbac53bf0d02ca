"""The objective of each update, smoothed: the curves of the books that compare optimizers and initial weights."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from nnlab.core.arrays import Array
from nnlab.language import tr
from nnlab.plots.canvas import picture, plain_text
from nnlab.plots.palette import LINE_STYLES, palette

LOSSES_FILE = "losses.png"
WINDOW = 11
BETA = 2.0
WIDEST_LABEL = 40


def smoothed(values: Array) -> Array:
    """The convolution with a Kaiser window of 11 values and β = 2, reflected at the ends: smooth_curve of the book.

    Fewer values than the window has are returned as they are.
    """
    if len(values) < WINDOW:
        return values
    window = np.kaiser(WINDOW, BETA)
    padded = np.r_[values[WINDOW - 1 : 0 : -1], values, values[-1:-WINDOW:-1]]
    half = WINDOW // 2
    found: Array = np.convolve(window / window.sum(), padded, mode="valid")[half : half + len(values)]
    return found


def plot_smoothed_losses(title: str, losses: Mapping[str, Array], top: float, folder: Path) -> None:
    """Write ``losses.png`` from the objectives (updates,) of each label, drawn from 0 to ``top``.

    Raises OSError when the picture cannot be written.
    """
    colours = palette().colours
    with picture(folder / LOSSES_FILE, plain_text(title, 80), tr("objective")) as (_, axes):
        for index, (label, values) in enumerate(losses.items()):
            colour, line = colours[index % len(colours)], LINE_STYLES[index // len(colours)]
            text = plain_text(label, WIDEST_LABEL)
            step = np.arange(1, len(values) + 1)
            axes.plot(step, smoothed(values), label=text, linewidth=1.2, color=colour, linestyle=line)
        axes.set_ylim(0, top)
        axes.legend()
