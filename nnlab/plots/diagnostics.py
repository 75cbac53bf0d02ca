"""Pictures of gradients and activations, layer by layer."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import ceil, isnan
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes

from nnlab.errors import RunError
from nnlab.plots.style import DPI, HEIGHT, MARKED_POINTS, WIDTH, canvas, picture, plain_text, say, shades, write_nothing
from nnlab.records.checked_files import read_layers
from nnlab.records.formats import DIAGNOSTICS_COLUMNS, DIAGNOSTICS_FILE, HISTOGRAMS_COLUMNS, HISTOGRAMS_FILE
from nnlab.records.reader import RunRecord

GRADIENTS_PICTURE = "gradients.png"
ACTIVATIONS_PICTURE = "activations.png"
MOST_PANELS = 60
LEAST_WIDTH = 8.8  # inches, for the title beside the legend
Histogram = tuple[list[float], list[float]]


def plot_gradients(record: RunRecord, folder: Path) -> None:
    """Write gradients.png from the records of a run with diagnostics; raises RunError when they are damaged."""
    norms = _gradient_norms(record)
    folder.mkdir(parents=True, exist_ok=True)
    _plot_gradients(norms, record.name, folder / GRADIENTS_PICTURE)


def plot_activations(record: RunRecord, folder: Path) -> None:
    """Write activations.png likewise."""
    histograms = _histograms(record)
    folder.mkdir(parents=True, exist_ok=True)
    _plot_activations(histograms, record.name, folder / ACTIVATIONS_PICTURE)


def _gradient_norms(record: RunRecord) -> dict[str, list[tuple[int, float]]]:
    norms = defaultdict(list)
    for step, layer, (norm, *_) in _lines(record, DIAGNOSTICS_FILE, DIAGNOSTICS_COLUMNS[2:3], gaps=True):
        if not isnan(norm):
            norms[layer].append((step, norm))
    return dict(norms)


def _histograms(record: RunRecord) -> dict[str, dict[int, Histogram]]:
    histograms: dict[str, dict[int, Histogram]] = defaultdict(dict)
    for step, layer, (left, right, count, *_) in _lines(record, HISTOGRAMS_FILE, HISTOGRAMS_COLUMNS[2:], gaps=False):
        edges, counts = histograms[layer].setdefault(step, ([left], []))
        edges.append(right)
        counts.append(count)
    return dict(histograms)


def _lines(
    record: RunRecord, name: str, columns: Sequence[str], *, gaps: bool
) -> Iterator[tuple[int, str, list[float]]]:
    unfinished = record.summary["status"] == "running"
    return read_layers(record.path / name, columns, unfinished=unfinished, gaps=gaps)


def _plot_gradients(norms: dict[str, list[tuple[int, float]]], title: str, path: Path) -> None:
    """One line a layer, the first in the strongest colour and the last in the faintest, on a logarithmic axis."""
    colours = mpl.colormaps[shades().layers].resampled(len(norms) + 1)
    heading = say("{name}: gradient of each layer", name=plain_text(title, 36))
    with picture(path, heading, say("norm of the gradient")) as (figure, axes):
        for index, (layer, points) in enumerate(norms.items()):
            steps, values = zip(*points, strict=True)
            marker = "o" if len(steps) <= MARKED_POINTS else None
            axes.plot(steps, values, color=colours(index), label=layer, marker=marker)
        if any(value > 0 for points in norms.values() for _, value in points):
            axes.set_yscale("log", nonpositive="mask")
        if norms:
            legend = figure.legend(loc="outside right upper", ncols=ceil(len(norms) / 24))
            size = legend.get_window_extent()  # the picture grows with it, so that axes and title keep their room
            figure.set_size_inches(WIDTH + size.width / DPI, max(HEIGHT, size.height / DPI + 0.3))
        else:
            write_nothing(axes)


def _plot_activations(histograms: dict[str, dict[int, Histogram]], title: str, path: Path) -> None:
    """One panel a layer: how its outputs spread at the start and at the end, each scaled to its highest bar.

    Bars at start and end differ in width, and a layer that answers all samples alike is one bar: areas would hide
    one or the other.
    """
    shown = list(histograms.items())
    if not shown:
        raise RunError(f"{path}: cannot be drawn: no histogram was recorded")
    if len(shown) > MOST_PANELS:
        shown = [shown[round(place)] for place in np.linspace(0, len(shown) - 1, MOST_PANELS)]
    columns = min(4 if len(shown) <= 16 else 6, len(shown))
    rows = ceil(len(shown) / columns)
    heading = say("{name}: outputs of each layer, scaled to equal height", name=plain_text(title, 24))
    if len(shown) < len(histograms):
        few = {"shown": len(shown), "layers": len(histograms), "name": plain_text(title, 24)}
        heading = say("{name}: outputs of {shown} of {layers} layers, scaled to equal height", **few)
    with canvas(path, heading, (max(LEAST_WIDTH, 2.4 * columns + 0.6), 1.9 * rows + 0.7)) as figure:
        panels = figure.subplots(rows, columns, squeeze=False).reshape(-1)
        for axes, (layer, moments) in zip(panels, shown, strict=False):
            _draw_panel(axes, layer, moments)
        for axes in panels[len(shown) :]:
            axes.set_visible(False)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)


def _draw_panel(axes: Axes, layer: str, moments: dict[int, Histogram]) -> None:
    axes.set_title(layer, fontsize=9)
    for index, (step, (edges, counts)) in enumerate(sorted(moments.items())):
        heights = [count / max(1, *counts) for count in counts]
        label = say("at the start") if step == 0 else say("at the end")
        look: dict[str, Any] = {"color": shades().colours[index], "alpha": 0.5 if index == 0 else 1}
        axes.stairs(heights, edges, label=label, fill=index == 0, **look)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.tick_params(labelsize=8)
    axes.locator_params(axis="x", nbins=4)
