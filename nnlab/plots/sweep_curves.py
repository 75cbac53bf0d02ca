"""The learning curves of a sweep over one key: a line for each of its values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from nnlab.language import tr
from nnlab.metric_columns import metric_of
from nnlab.metrics import LOSS
from nnlab.plots.canvas import DPI, HEIGHT, canvas, label_text, plain_text
from nnlab.plots.curves import Curve, draw_curve, finite_curve, mean_curve, scale_axes
from nnlab.plots.palette import COLOUR_COUNT, LINE_STYLES, palette
from nnlab.plots.sweep_keys import SweptKey
from nnlab.plots.sweep_points import SweepPoints, column_label
from nnlab.registry import registered_name
from nnlab.storage.csv_tables import Table

CURVES_FILE = "curves.png"
MOST_LINES = 8
# More values of a number than this have the colours of a scale.
DISTINCT = 3
PANEL_WIDTH, LEGEND_WIDTH = 3.7, 0.8  # inches
LEGEND_LETTERS = 34

Tables = Callable[[int], Sequence[Table]]
"""The evaluations of the trials of a point, one table for each seed."""


@dataclass(frozen=True, eq=False)
class SweptLine:
    """The curves of a point's trials, drawn as their mean with a band; ``diverged`` where one of them did."""

    tables: Sequence[Table]
    style: dict[str, Any]
    label: str = "_"
    diverged: bool = False

    def curves(self, column: str) -> list[Curve]:
        """The curve of each trial that has one."""
        found = [finite_curve(table["step"], table[column]) for table in self.tables if column in table]
        return [curve for curve in found if len(curve.step)]

    def draw(self, axes: Axes, column: str, *, crossed: bool = True, **style: Any) -> list[Line2D]:
        """Draw the mean over the trials, ``crossed`` with a cross at its end where one diverged; gives the lines."""
        curves = self.curves(column)
        if not curves:
            return []
        curve = curves[0] if len(curves) == 1 else mean_curve(curves)
        style = {**self.style, **style}
        if len(curve.step) == 1:
            style.pop("marker", None)  # else there is nothing to see
        lines = draw_curve(axes, curve, **style)
        if self.diverged and crossed:
            cross: dict[str, Any] = {"color": style["color"], "markersize": 8, "markeredgewidth": 2, "zorder": 5}
            axes.plot(curve.step[-1], curve.value[-1], "x", **cross)
        for line in lines:
            line.set_label("_" if self.label == "_" else label_text(self.label, LEGEND_LETTERS))
        return lines


def plot_curves(points: SweepPoints, tables: Tables, path: Path) -> None:
    """A line for each point: its mean over the seeds with a band of one standard deviation, by the only swept key.

    A goal on validation samples has a panel beside that of the training.
    """
    key = points.keys[0]
    lines = [swept_line(points, tables, point, key) for point in in_order(key)]
    columns = list(dict.fromkeys((on_training(points.column), points.column)))
    with canvas(path, points.title_of_curves(), (LEGEND_WIDTH + PANEL_WIDTH * len(columns), HEIGHT)) as figure:
        panels = figure.subplots(1, len(columns), sharex=True, sharey=True, squeeze=False)[0].tolist()
        drawn: list[Line2D] = []
        for axes, column in zip(panels, columns, strict=True):
            label_steps(axes)
            axes.set_xlabel(tr("step"))
            axes.set_title(column_label(column), fontsize=10, loc="left")
            drawn += [entry for line in lines for entry in line.draw(axes, column)]
        scale_panels(panels, points, drawn, lines)
        _legend_right(figure, drawn, key.name)


def swept_line(points: SweepPoints, tables: Tables, point: int, key: SweptKey) -> SweptLine:
    """The line of a point by its value of a key; many numbers have the colours of a scale, others distinct ones."""
    labels, groups = key.groups
    place = int(groups[point])
    colour: Any = palette().colours[place % COLOUR_COUNT]
    dashes = LINE_STYLES[place // COLOUR_COUNT % len(LINE_STYLES)]
    if key.ascending and len(labels) > DISTINCT:
        colour, dashes = mpl.colormaps[palette().layers].resampled(len(labels) + 1)(place), "-"
    diverged = bool(points.having("diverged")[point])
    label = tr("{label} (diverged)", label=labels[place]) if diverged else labels[place]
    return SweptLine(tables(point), {"color": colour, "linestyle": dashes}, label, diverged)


def in_order(key: SweptKey) -> list[int]:
    """The points by their value of a key."""
    return [int(point) for point in np.argsort(key.groups[1], kind="stable")]


def on_training(column: str) -> str:
    """The column of the same metric on the training samples."""
    return column if metric_of(column) is None else f"train_{kind_of_column(column)}"


def kind_of_column(column: str) -> str:
    """The metric of a column; that of the objective, whose scale is alike, is the loss."""
    metric = metric_of(column)
    return LOSS if metric is None else registered_name(metric)


def scale_panels(
    panels: Sequence[Axes], points: SweepPoints, drawn: Sequence[Line2D], lines: Sequence[SweptLine]
) -> None:
    """Scale the shared axes; a diverged line does not flatten the others."""
    heights = {True: 0.0, False: 0.0}
    for line in lines:
        for column in (points.column, on_training(points.column)):
            for curve in line.curves(column):
                heights[line.diverged] = max(heights[line.diverged], float(curve.value.max()))
    ceiling = 1.5 * heights[False] if 0 < 1.5 * heights[False] < heights[True] else None
    scale_axes(panels[0], kind_of_column(points.column), drawn, ceiling)
    panels[0].set_ylabel("")


def label_steps(axes: Axes) -> None:
    """Few round steps, in small figures."""
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.tick_params(labelsize=8)


def _legend_right(figure: Figure, drawn: Sequence[Line2D], title: str) -> None:
    """A legend right of the panels, which keep their size."""
    handles = {str(line.get_label()): line for line in drawn}
    if not handles:
        return
    legend = figure.legend(handles=list(handles.values()), loc="outside right upper", title=plain_text(title, 30))
    for text in (*legend.get_texts(), legend.get_title()):
        text.set_parse_math(False)
    size = legend.get_window_extent()
    figure.set_size_inches(figure.get_figwidth() + size.width / DPI, max(HEIGHT, size.height / DPI + 0.3))
