"""Pictures of gradients and activations, layer by layer."""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from math import ceil
from pathlib import Path
from typing import Any, TypeVar

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes

from nnlab.errors import RunError
from nnlab.plots.style import DPI, HEIGHT, MARKED_POINTS, WIDTH, canvas, picture, plain_text, say, shades, write_nothing
from nnlab.records.formats import DIAGNOSTICS_FILE, HISTOGRAMS_FILE
from nnlab.records.reader import RunRecord

GRADIENTS_PICTURE = "gradients.png"
ACTIVATIONS_PICTURE = "activations.png"
MOST_PANELS = 60
LEAST_WIDTH = 8.8  # inches, for the title beside the legend
T = TypeVar("T")
Histogram = tuple[list[float], list[int]]


def plot_gradients(record: RunRecord, folder: Path) -> None:
    """Write gradients.png from the records of a run with diagnostics; raises RunError when they are damaged."""
    norms = _read(_gradient_norms, record.path / DIAGNOSTICS_FILE)
    folder.mkdir(parents=True, exist_ok=True)
    _plot_gradients(norms, record.name, folder / GRADIENTS_PICTURE)


def plot_activations(record: RunRecord, folder: Path) -> None:
    """Write activations.png likewise."""
    histograms = _read(_histograms, record.path / HISTOGRAMS_FILE)
    folder.mkdir(parents=True, exist_ok=True)
    _plot_activations(histograms, record.name, folder / ACTIVATIONS_PICTURE)


def _read(read: Callable[[Path], T], path: Path) -> T:
    try:
        return read(path)
    except (ValueError, KeyError, TypeError, OSError, csv.Error) as error:
        raise RunError(f"{path}: cannot be read: {error}") from error


def _gradient_norms(path: Path) -> dict[str, list[tuple[int, float]]]:
    norms = defaultdict(list)
    for row in _rows(path):
        if row["gradient_norm"]:
            norms[row["layer"]].append((int(row["step"]), float(row["gradient_norm"])))
    return dict(norms)


def _histograms(path: Path) -> dict[str, dict[int, Histogram]]:
    histograms: dict[str, dict[int, Histogram]] = defaultdict(dict)
    for row in _rows(path):
        edges, counts = histograms[row["layer"]].setdefault(int(row["step"]), ([float(row["left"])], []))
        edges.append(float(row["right"]))
        counts.append(int(row["count"]))
    return dict(histograms)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV file; the writer of a run that was killed may have left the last one half done."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(line for line in file if line.endswith("\n"))


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
