"""The learning curves of a sweep: a line for each value of a key, together or in a panel for each other value."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from nnlab.metric_columns import metric_of
from nnlab.metrics import LOSS
from nnlab.plots.canvas import DPI, HEIGHT, canvas, plain_text
from nnlab.plots.curves import LINES, PARTS, Curve, draw_curve, finite_curve, label_of, mean_curve, scale_axes
from nnlab.plots.palette import COLOUR_COUNT, LINE_STYLES, palette, tr
from nnlab.plots.sweep_keys import SweptKey
from nnlab.plots.sweep_points import SweepPoints, column_label
from nnlab.registry import registered_name
from nnlab.storage.csv_tables import Table

CURVES_FILE = "curves.png"
PANELS_FILE = "panels.png"
BEST_FILE = "best.png"
MOST_LINES = 8
MOST_PANELS = 20
MOST_BEST = 20
LINES_WITH_TRAIN = 3
"""With at most this many lines a panel shows training curves too."""

PANEL = (2.5, 1.75)  # inches
LETTERS = 29  # of a panel's title, in a line

Tables = Callable[[int], Sequence[Table]]
"""The evaluations of the trials of a point, one table for each seed."""


@dataclass(frozen=True, eq=False)
class _Line:
    label: str
    tables: Sequence[Table]
    diverged: bool
    style: dict[str, Any]


def plot_curves(points: SweepPoints, tables: Tables, path: Path) -> None:
    """A line for each point: its mean over the seeds with a band of one standard deviation, by the only swept key.

    A goal on validation samples has a panel beside that of the training.
    """
    lines = [_line(points, tables, point, points.keys[0]) for point in _in_order(points, points.keys[0])]
    columns = list(dict.fromkeys((_on_training(points.column), points.column)))
    title = points.title()
    if points.seeds > 1:
        title = tr("{runs}; lines: mean over seeds, bands: ± one standard deviation", runs=title)
    with canvas(path, title, (2.2 + 3.7 * len(columns), HEIGHT)) as figure:
        panels = figure.subplots(1, len(columns), sharex=True, sharey=True, squeeze=False)[0]
        drawn = []
        for axes, column in zip(panels, columns, strict=True):
            _label_steps(axes)
            axes.set_xlabel(tr("step"))
            axes.set_title(column_label(column), fontsize=10, loc="left")
            drawn += [line for entry in lines for line in _draw(axes, entry, column, label=entry.label)]
        _scale(panels, points, drawn, lines)
        _legend_right(figure, drawn, points.keys[0].name)


def plot_panels(points: SweepPoints, tables: Tables, path: Path) -> None:
    """A panel for each value of one key with a line for each of the other; few lines have pale training curves."""
    key, other = panels_and_lines(points.keys)
    labels, groups = key.groups
    columns = min(len(labels), 5 if len(labels) > 16 else 4)
    rows = ceil(len(labels) / columns)
    pale = len(other.groups[0]) <= LINES_WITH_TRAIN and _on_training(points.column) != points.column
    words = {"kind": label_of(_kind(points.column)), "part": tr("validation")}
    what = tr("{kind} (thin: {part}, thick: train)", **words) if pale else None
    with _panels(path, points.title(what), (rows, columns), 1) as (figure, panels):
        drawn: list[Line2D] = []
        every: list[_Line] = []
        legend: dict[str, Line2D] = {}
        for group, (axes, label) in enumerate(zip(panels, labels, strict=False)):
            _label_steps(axes)
            axes.set_title(plain_text(f"{key.name} {label}", LETTERS), fontsize=9, loc="left", parse_math=False)
            for point in [point for point in _in_order(points, other) if groups[point] == group]:
                line = _line(points, tables, point, other, marked=False)
                every.append(line)
                if pale:
                    train = _Line(
                        line.label, line.tables, line.diverged, {**line.style, **LINES["train"], "alpha": 0.3}
                    )
                    drawn += _draw(axes, train, _on_training(points.column))
                lines = _draw(axes, line, points.column)
                drawn += lines
                legend |= dict.fromkeys([line.label] * bool(lines), *lines[:1])
        _scale(panels, points, drawn, every)
        _hide_empty(panels, len(labels), columns)
        order = [label for label in map(str, other.groups[0]) if label in legend]
        _legend_below(figure, [legend[label] for label in order], [f"{other.name} {label}" for label in order])


def plot_best(points: SweepPoints, tables: Tables, path: Path) -> None:
    """Small curves of training and goal for the best points, best first, with their values as titles.

    After the figure of ゼロから作るDeep Learning, ch06/hyperparameter_optimization.py.
    """
    shown = points.ranking[:MOST_BEST]
    columns = min(5, len(shown))
    rows = ceil(len(shown) / columns)
    words = {"shown": len(shown), "points": len(points.mean), "label": points.label()}
    what = tr("best {shown} of {points} points by {label}", **words)
    with _panels(path, points.title(what), (rows, columns), 3) as (figure, panels):
        drawn: list[Line2D] = []
        names = list(dict.fromkeys((_on_training(points.column), points.column)))
        for rank, (axes, point) in enumerate(zip(panels, shown, strict=False), start=1):
            _label_steps(axes)
            values = plain_text(points.where(point), 2 * LETTERS - 2)
            cut = values if len(values) <= LETTERS else _in_two(values)
            axes.set_title(f"{rank}: {points.text(point)}\n{cut}", fontsize=7.5, loc="left", parse_math=False)
            found = tables(point)
            for name in names:
                part = name.partition("_")[0]
                style = {"color": dict(zip(PARTS, palette().colours, strict=False)).get(part, palette().colours[0])}
                drawn += _draw(axes, _Line("", found, False, {**style, **LINES.get(part, {})}), name)
        _scale(panels, points, drawn, [])
        _hide_empty(panels, len(shown), columns)
        _legend_below(figure, drawn[: len(names)], [column_label(name) for name in names])


@contextmanager
def _panels(path: Path, title: str, shape: tuple[int, int], lines: int) -> Iterator[tuple[Figure, Sequence[Axes]]]:
    """Panels with shared axes and room for titles of some lines; laid out here, in half the time of matplotlib's."""
    rows, columns = shape
    heading = 0.1 + 0.16 * lines
    size = max(7.0, PANEL[0] * columns + 0.8), (PANEL[1] + heading) * rows + 1.2
    with canvas(path, title, size, layout=None) as figure:
        panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).reshape(-1)
        height = PANEL[1] - 0.12
        edges = {"left": 0.55 / size[0], "right": 1 - 0.2 / size[0], "wspace": 0.12}
        heights = {"bottom": 0.85 / size[1], "top": 1 - (0.35 + heading) / size[1], "hspace": (heading + 0.12) / height}
        figure.subplots_adjust(**edges, **heights)
        yield figure, panels.tolist()


def panels_and_lines(keys: Sequence[SweptKey]) -> tuple[SweptKey, SweptKey]:
    """The key with a panel for each value and the one with a line for each: the first and the second where both fit."""
    first, second = keys[:2]
    fits = len(first.groups[0]) <= MOST_PANELS and len(second.groups[0]) <= MOST_LINES
    return (first, second) if fits else (second, first)


def _in_order(points: SweepPoints, key: SweptKey) -> list[int]:
    return [int(point) for point in np.argsort(key.groups[1], kind="stable")]


def _line(points: SweepPoints, tables: Tables, point: int, key: SweptKey, *, marked: bool = True) -> _Line:
    """The line of a point by its value of a key; numbers have the colours of a scale, categories distinct ones."""
    labels, groups = key.groups
    place = int(groups[point])
    graded = not key.labels and len(labels) > LINES_WITH_TRAIN
    colour: Any = palette().colours[place % COLOUR_COUNT]
    if graded:
        colour = mpl.colormaps[palette().layers].resampled(len(labels) + 1)(place)
    style = {"color": colour, "linestyle": LINE_STYLES[0 if graded else place // COLOUR_COUNT % len(LINE_STYLES)]}
    diverged = bool(points.having("diverged")[point])
    label = tr("{label} (diverged)", label=labels[place]) if diverged and marked else labels[place]
    return _Line(label, tables(point), diverged, style)


def _draw(axes: Axes, line: _Line, column: str, label: str = "_") -> list[Line2D]:
    curves = [finite_curve(table["step"], table[column]) for table in line.tables if column in table]
    curves = [curve for curve in curves if len(curve.step)]
    if not curves:
        return []
    curve: Curve = curves[0] if len(curves) == 1 else mean_curve(curves)
    lines = draw_curve(axes, curve, **line.style)
    for drawn in lines:
        drawn.set_label(f"\N{NO-BREAK SPACE}{label}" if label.startswith("_") and label != "_" else label)
    return lines


def _on_training(column: str) -> str:
    """The column of the same metric on the training samples."""
    return column if metric_of(column) is None else f"train_{_kind(column)}"


def _kind(column: str) -> str:
    """The metric of a column; that of the objective, whose scale is alike, is the loss."""
    metric = metric_of(column)
    return LOSS if metric is None else registered_name(metric)


def _scale(panels: Sequence[Axes], points: SweepPoints, drawn: Sequence[Line2D], lines: Sequence[_Line]) -> None:
    """Scale the shared axes; a diverged line does not flatten the others."""
    heights = {True: 0.0, False: 0.0}
    for line in lines:
        for column in (points.column, _on_training(points.column)):
            for table in line.tables:
                found = finite_curve(table["step"], table[column]).value if column in table else np.zeros(0)
                heights[line.diverged] = max(heights[line.diverged], float(found.max(initial=0)))
    ceiling = 1.5 * heights[False] if 0 < 1.5 * heights[False] < heights[True] else None
    scale_axes(panels[0], _kind(points.column), drawn, ceiling)
    panels[0].set_ylabel("")


def _label_steps(axes: Axes) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.tick_params(labelsize=8)


def _hide_empty(panels: Sequence[Axes], count: int, columns: int) -> None:
    """Hide the panels beyond ``count``; the last one of each column labels the steps."""
    for index, axes in enumerate(panels):
        axes.set_visible(index < count)
        if index + columns >= count:
            axes.set_xlabel(tr("step"), fontsize=8)
            axes.tick_params(labelbottom=True)


def _in_two(text: str) -> str:
    """A text in two lines, broken after a comma where one is near the middle."""
    commas = [place + 1 for place, letter in enumerate(text) if letter == "," and place < LETTERS]
    place = commas[-1] if commas and len(text) - commas[-1] <= LETTERS else LETTERS
    return f"{text[:place].strip()}\n{text[place:].strip()}"


def _legend_right(figure: Figure, drawn: Sequence[Line2D], title: str) -> None:
    """A legend right of the panels, which keep their size."""
    handles = {str(line.get_label()): line for line in drawn}
    if not handles:
        return
    legend = figure.legend(handles=list(handles.values()), loc="outside right upper", title=plain_text(title, 30))
    for text in (*legend.get_texts(), legend.get_title()):
        text.set_parse_math(False)
    size = legend.get_window_extent()
    figure.set_size_inches(figure.get_figwidth() - 1.4 + size.width / DPI, max(HEIGHT, size.height / DPI + 0.3))


def _legend_below(figure: Figure, handles: Sequence[Line2D], labels: Sequence[str]) -> None:
    if handles:
        columns = min(4, len(handles)) if max(map(len, labels)) < 24 else 2
        texts = [plain_text(label, 44) for label in labels]
        legend = figure.legend(handles, texts, loc="lower center", ncols=columns)
        for text in legend.get_texts():
            text.set_parse_math(False)
