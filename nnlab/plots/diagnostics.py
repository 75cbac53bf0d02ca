"""Gradient norms and activation histograms of each layer."""

from math import ceil
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes

from nnlab.errors import RunError
from nnlab.language import tr
from nnlab.plots.canvas import (
    DPI,
    HEIGHT,
    MARKED_POINTS,
    WIDTH,
    canvas,
    evenly,
    label_text,
    picture,
    plain_text,
    write_nothing,
)
from nnlab.plots.curves import HIGHEST
from nnlab.plots.palette import palette
from nnlab.records.diagnostics_reader import GradientNorms, Histograms
from nnlab.records.reader import RunRecord

GRADIENTS_PICTURE = "gradients.png"
HISTOGRAMS_PICTURE = "activation_histograms.png"
MOST_PANELS = 60
LEAST_WIDTH = 8.8  # inches, for the title beside the legend
MOST_LINES = 240
LONGEST_NAME = 40


def plot_gradients(record: RunRecord, folder: Path) -> None:
    """Write gradients.png from the records of a run with diagnostics; raises RunError when they are damaged."""
    norms = record.gradient_norms
    folder.mkdir(parents=True, exist_ok=True)
    _plot_gradients(norms, record.name, folder / GRADIENTS_PICTURE)


def plot_activation_histograms(record: RunRecord, folder: Path) -> None:
    """Write activation_histograms.png from the records of a run with diagnostics; raises RunError likewise."""
    histograms = record.histograms
    folder.mkdir(parents=True, exist_ok=True)
    _plot_histograms(histograms, record.name, folder / HISTOGRAMS_PICTURE)


def _plot_gradients(norms: GradientNorms, title: str, path: Path) -> None:
    """One line per layer on a log scale, from the darkest colour for the first layer to the lightest for the last."""
    norms = dict(evenly(list(norms.items()), MOST_LINES))
    colours = mpl.colormaps[palette().layers].resampled(len(norms) + 1)
    heading = tr("{name}: gradient norm of each layer", name=plain_text(title, 36))
    with picture(path, heading, tr("gradient norm")) as (figure, axes):
        for index, (layer, points) in enumerate(norms.items()):
            usable = [(step, value) for step, value in points if value < HIGHEST]
            marker = "o" if len(usable) <= MARKED_POINTS else None
            steps, values = [step for step, _ in usable], [value for _, value in usable]
            axes.plot(steps, values, color=colours(index), label=label_text(layer, LONGEST_NAME), marker=marker)
        if any(0 < value < HIGHEST for points in norms.values() for _, value in points):
            axes.set_yscale("log", nonpositive="mask")
        if norms:
            legend = figure.legend(loc="outside right upper", ncols=ceil(len(norms) / 24))
            for text in legend.get_texts():
                text.set_parse_math(False)
            size = legend.get_window_extent()  # the figure grows by it, so that axes and title keep their size
            figure.set_size_inches(WIDTH + size.width / DPI, max(HEIGHT, size.height / DPI + 0.3))
        else:
            write_nothing(axes)


def _plot_histograms(histograms: dict[str, Histograms], title: str, path: Path) -> None:
    """One panel per layer: histograms before and after training, each normalised to its maximum.

    Their bins differ in width, and constant outputs are a single bar: with equal areas one would hide the other.
    """
    if not histograms:
        raise RunError(f"{path}: cannot be drawn: no histogram was recorded")
    shown = evenly(list(histograms.items()), MOST_PANELS)
    columns = min(4 if len(shown) <= 16 else 6, len(shown))
    rows = ceil(len(shown) / columns)
    heading = tr("{name}: activation histograms (normalised)", name=plain_text(title, 24))
    if len(shown) < len(histograms):
        few = {"shown": len(shown), "layers": len(histograms), "name": plain_text(title, 24)}
        heading = tr("{name}: activation histograms of {shown} of {layers} layers (normalised)", **few)
    with canvas(path, heading, (max(LEAST_WIDTH, 2.4 * columns + 0.6), 1.9 * rows + 0.7)) as figure:
        panels = figure.subplots(rows, columns, squeeze=False).reshape(-1)
        for axes, (layer, moments) in zip(panels, shown, strict=False):
            _draw_panel(axes, layer, moments)
        for axes in panels[len(shown) :]:
            axes.set_visible(False)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)


def _draw_panel(axes: Axes, layer: str, moments: Histograms) -> None:
    """The first and the last histogram of a layer."""
    axes.set_title(plain_text(layer, LONGEST_NAME), fontsize=9, parse_math=False)
    for index, step in enumerate(dict.fromkeys((min(moments), max(moments)))):
        edges, counts = moments[step]
        heights = [count / max(1, *counts) for count in counts]
        label = tr("before training") if step == 0 else tr("after training")
        style: dict[str, Any] = {"color": palette().colours[index], "alpha": 0.5 if index == 0 else 1}
        axes.stairs(heights, edges, label=label, fill=index == 0, **style)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.tick_params(labelsize=8)
    axes.locator_params(axis="x", nbins=4)
