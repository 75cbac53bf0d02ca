"""The goal of a sweep over two keys: a heat map of listed values, a scatter plot of drawn ones."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from nnlab.core.arrays import Array
from nnlab.language import tr
from nnlab.metric_columns import format_column
from nnlab.plots.canvas import WIDTH, canvas, plain_text
from nnlab.plots.palette import FAINT, palette
from nnlab.plots.sweep_keys import EDGE, SweptKey, show_key
from nnlab.plots.sweep_points import SweepPoints, value_colours

HEATMAP_FILE = "heatmap.png"
SCATTER_FILE = "scatter.png"
MOST_CELLS = 40
"""The most values of a key that have room in a heat map."""

CELL = (0.78, 0.5)  # inches
LEAST_CELL = 0.52  # inches of width, for a number in it
LARGEST = (15.0, 11.0)  # inches
LETTER_WIDTH = 0.075  # inches
LONG_LABEL = 12  # letters: a key with such values goes to the y axis


def plot_heatmap(points: SweepPoints, path: Path) -> None:
    """A cell for each pair of values with the mean over its seeds; cells with diverged trials are hatched."""
    x, y = _sides(*points.keys[:2])
    (x_labels, columns), (y_labels, rows) = x.groups, y.groups
    size = len(x_labels), len(y_labels)
    width = min(LARGEST[0], max(WIDTH, CELL[0] * size[0] + 2.6))
    height = min(LARGEST[1], max(3.2, CELL[1] * size[1] + 1.5))
    norm, name = value_colours(points)
    colormap = mpl.colormaps[name]
    with canvas(path, points.title(), (width, height)) as figure:
        axes = figure.add_subplot()
        cells = np.full(size[::-1], np.nan)
        cells[rows, columns] = points.mean
        edges = np.arange(size[0] + 1) - 0.5, np.arange(size[1] + 1) - 0.5
        axes.pcolormesh(*edges, np.ma.masked_invalid(cells), cmap=colormap, norm=norm)
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        _label_cells(axes, "x", x, x_labels)
        _label_cells(axes, "y", y, y_labels)
        if y.labels and not y.ascending:
            axes.invert_yaxis()  # read from above
        scale = min((width - 2.6) / size[0] / CELL[0], (height - 1.5) / size[1] / CELL[1], 1.15)
        legend = _hatch(axes, points, columns, rows)
        if scale * CELL[0] >= LEAST_CELL or size[0] * size[1] <= 100:
            for point in range(len(columns)):
                _write(axes, points, point, (columns[point], rows[point]), norm, colormap, 9 * min(1, scale))
        if points.best is not None:
            corner = columns[points.best] - 0.5, rows[points.best] - 0.5
            style: dict[str, Any] = {"fill": False, "edgecolor": palette().colours[1], "linewidth": 3, "zorder": 4}
            axes.add_patch(Rectangle(corner, 1, 1, clip_on=False, **style))
            legend.append(Patch(**style, label=points.best_label()))
        _finish(figure, axes, points, legend, norm, colormap)


def plot_scatter(points: SweepPoints, path: Path) -> None:
    """A dot for each point in the plane of two keys, coloured by the mean over its seeds; diverged ones are crosses."""
    x, y = points.keys[:2]
    norm, name = value_colours(points)
    with canvas(path, points.title(), (WIDTH, 5.0)) as figure:
        axes = figure.add_subplot()
        axes.margins(EDGE)
        show_key(axes, "x", x)
        show_key(axes, "y", y)
        done, at = points.complete, (x.positions, y.positions)
        order = points.ranking[::-1]  # the best on top
        dots: dict[str, Any] = {"c": points.mean[order], "cmap": name, "norm": norm, "s": 34}
        axes.scatter(x.positions[order], y.positions[order], edgecolors=FAINT, linewidths=0.5, **dots)
        for status, marker, colour in (("diverged", "x", palette().colours[1]), ("failed", "v", FAINT)):
            having = ~done & (points.having(status) > 0)
            if having.any():
                axes.plot(*(place[having] for place in at), marker, color=colour, label=tr(status), markersize=6)
        stopped = ~done & (points.having("stopped") > 0)
        if stopped.any():
            axes.plot(*(place[stopped] for place in at), "o", mfc="none", color=FAINT, label=tr("stopped early"))
        if points.best is not None:
            best = [place[points.best] for place in at]
            ring: dict[str, Any] = {"mfc": "none", "mec": palette().colours[1], "markersize": 13, "markeredgewidth": 2}
            axes.plot(*best, "o", label=points.best_label(), **ring)
        _finish(figure, axes, points, axes.get_legend_handles_labels()[0], norm, mpl.colormaps[name])


def _sides(first: SweptKey, second: SweptKey) -> tuple[SweptKey, SweptKey]:
    """The keys for the x and the y axis: long labels and fewer values go to the y axis."""
    long = [max(map(len, key.groups[0]), default=0) > LONG_LABEL for key in (first, second)]
    if long[0] != long[1]:
        return (second, first) if long[0] else (first, second)
    return (first, second) if len(first.groups[0]) > len(second.groups[0]) else (second, first)


def _label_cells(axes: Axes, which: str, key: SweptKey, labels: tuple[str, ...]) -> None:
    """The values of a key along its side of the cells."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    # Wide labels above narrow cells would run into each other.
    slanted = which == "x" and sum(map(len, labels)) > 70
    turned: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if slanted else {}
    axis.set_ticks(range(len(labels)), labels=list(labels), parse_math=False, **turned)
    axis.set_tick_params(length=0, labelsize=9 if len(labels) <= 25 else 7)
    axis.set_label_text(plain_text(key.name, 60), parse_math=False)


def _hatch(axes: Axes, points: SweepPoints, columns: Array, rows: Array) -> list[Patch]:
    """Hatch the cells with diverged trials, and those with failed ones the other way; gives what the legend says."""
    said = []
    for status, hatch in (("diverged", "///"), ("failed", "...")):
        having = points.having(status) > 0
        style: dict[str, Any] = {"facecolor": "none", "edgecolor": FAINT, "hatch": hatch, "linewidth": 0}
        for column, row in zip(columns[having].tolist(), rows[having].tolist(), strict=True):
            axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, **style))
        if having.any():
            said.append(Patch(**style, label=tr(status)))
    return said


def _write(
    axes: Axes,
    points: SweepPoints,
    point: int,
    place: tuple[float, float],
    norm: Normalize,
    colormap: Colormap,
    size: float,
) -> None:
    """The value of a cell, dark on light and light on dark; how many of its trials have none."""
    behind = None
    if points.complete[point]:
        text = format_column(points.column, float(points.mean[point]))
        if points.usable[point].sum() > 1:
            text += f"\n±{format_column(points.column, float(points.deviation[point]))}"
        red, green, blue, _ = colormap(norm(float(points.mean[point])))
        colour = "#000000" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "#FFFFFF"
    else:
        text, colour = points.result(point).replace(", ", "\n"), palette().ink
        behind = {"boxstyle": "square,pad=0.1", "facecolor": palette().paper, "edgecolor": "none"}
    axes.text(*place, text, ha="center", va="center", fontsize=size, color=colour, linespacing=1.0, bbox=behind)


def _finish(
    figure: Figure, axes: Axes, points: SweepPoints, handles: Sequence[Artist], norm: Normalize, colormap: Colormap
) -> None:
    """The colour bar and the legend."""
    bar = figure.colorbar(ScalarMappable(norm, colormap), ax=axes, label=points.label(), pad=0.02)
    bar.outline.set_visible(False)
    if handles:
        letters = sum(len(str(handle.get_label())) for handle in handles)
        columns = 3 if letters * LETTER_WIDTH < figure.get_figwidth() - 2 else 1
        legend = figure.legend(handles=handles, loc="outside lower left", ncols=columns)
        for text in legend.get_texts():
            text.set_parse_math(False)
