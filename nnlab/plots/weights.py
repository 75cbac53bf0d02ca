"""Weights of first-layer filters as images, before and after training."""

from math import ceil, sqrt
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.image import AxesImage

from nnlab.core.arrays import Array
from nnlab.language import tr
from nnlab.plots.canvas import canvas, plain_text
from nnlab.plots.palette import palette

WEIGHTS_FILE = "weights.png"

MOST_UNITS = 64
GAP = 1  # pixels of an image between two


def plot_weights(name: str, before: Array, after: Array, folder: Path) -> None:
    """Write ``weights.png`` from the weights (units, C, H, W) before and after training, side by side.

    Each has a colour scale of its own, symmetric around 0: initial weights are often much smaller than trained ones.
    Three channels are drawn as colours around grey, any other number is averaged. Raises OSError when the picture
    cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    units, words = len(after), {"name": plain_text(name, 50), "shown": min(len(after), MOST_UNITS), "units": len(after)}
    if units > MOST_UNITS:
        title = tr("{name}: weights of first-layer filters ({shown} of {units})", **words)
    else:
        title = tr("{name}: weights of first-layer filters ({units})", **words)
    before, after = before[:MOST_UNITS], after[:MOST_UNITS]
    columns = ceil(sqrt(len(after)))
    rows = ceil(len(after) / columns)
    with canvas(folder / WEIGHTS_FILE, title, (8.6, 3.7 * rows / columns + 0.9)) as figure:
        panels = figure.subplots(1, 2, gridspec_kw={"wspace": 0.1})
        for axes, weights, moment in zip(panels, (before, after), ("before training", "after training"), strict=True):
            limit = float(np.max(np.abs(weights), initial=0, where=np.isfinite(weights))) or 1.0
            image = _draw(axes, weights, columns, limit)
            axes.set_title(tr(moment), fontsize=10)
            if after.shape[1] == 3:
                scale = tr("grey: 0, brightest and darkest: ±{limit}", limit=f"{limit:.3g}")
                axes.text(0.5, -0.03, scale, transform=axes.transAxes, ha="center", va="top", fontsize=8)
            else:
                figure.colorbar(image, ax=axes, shrink=0.9, aspect=25, pad=0.02)


def _draw(axes: Axes, weights: Array, columns: int, limit: float) -> AxesImage:
    """All units in one image; red is positive, blue negative."""
    axes.set_axis_off()
    mosaic = _mosaic(weights, columns)
    if mosaic.shape[2] == 3:
        colours = np.where(np.isfinite(mosaic), np.clip(0.5 + mosaic / (2 * limit), 0, 1), to_rgb(palette().paper))
        return axes.imshow(colours, interpolation="nearest")
    return axes.imshow(mosaic[:, :, 0], cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")


def _mosaic(weights: Array, columns: int) -> Array:
    """Units row by row as (height, width, 3 or 1), NaN between them."""
    images = weights if weights.shape[1] == 3 else weights.mean(axis=1, keepdims=True)
    units, channels, height, width = images.shape
    down, right = height + GAP, width + GAP
    mosaic = np.full((ceil(units / columns) * down - GAP, columns * right - GAP, channels), np.nan)
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        mosaic[row * down :, column * right :][:height, :width] = image.transpose(1, 2, 0)
    return mosaic
