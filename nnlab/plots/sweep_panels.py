"""The learning curves of a sweep in panels: one for each value of a key, or one for each of the best points."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nnlab.language import tr
from nnlab.plots.canvas import DPI, canvas, plain_text
from nnlab.plots.curves import LINES, PARTS, label_of
from nnlab.plots.palette import palette
from nnlab.plots.sweep_curves import (
    MOST_LINES,
    SweptLine,
    Tables,
    in_order,
    kind_of_column,
    label_steps,
    on_training,
    scale_panels,
    swept_line,
)
from nnlab.plots.sweep_keys import SweptKey
from nnlab.plots.sweep_points import SweepPoints, column_label
from nnlab.text import NO_BREAK_SPACE, breaking_after_commas

PANELS_FILE = "panels.png"
BEST_PICTURE = "best.png"
MOST_PANELS = 20
MOST_BEST = 20
LINES_WITH_TRAIN = 3
"""With at most this many lines a panel shows training curves too."""

PANEL = (2.5, 1.5)  # inches, of the axes without their title
LEGEND_ROW = 0.2  # inches
LEGEND_LETTERS, SHORT = 44, 23
HEADING_LETTERS = 34
BEST_LETTERS = 42
MOST_LINES_OF_VALUES = 3
# Curves in small panels have no markers.
SMALL: Mapping[str, Any] = {"marker": ""}


def plot_panels(points: SweepPoints, tables: Tables, path: Path) -> None:
    """A panel for each value of one key with a line for each of the other; few lines have pale training curves."""
    key, other = panels_and_lines(points.keys)
    labels, groups = key.groups
    pale = len(other.groups[0]) <= LINES_WITH_TRAIN and on_training(points.column) != points.column
    words = {"kind": label_of(kind_of_column(points.column)), "part": tr(points.column.partition("_")[0])}
    what = tr("{kind} (thin: {part}, thick: train)", **words) if pale else None
    texts = [f"{other.name} {label}" for label in other.groups[0]]
    if points.having("diverged").any():
        texts.append(tr("diverged"))
    with _panels(path, points.title_of_curves(what), len(labels), 1, texts) as (figure, panels):
        drawn: list[Line2D] = []
        every: list[SweptLine] = []
        cross = Line2D([], [], marker="x", linestyle="", color=palette().ink, markersize=7, markeredgewidth=2)
        legend: dict[str, Line2D] = {tr("diverged"): cross}
        for group, (axes, label) in enumerate(zip(panels, labels, strict=False)):
            axes.set_title(plain_text(f"{key.name} {label}", HEADING_LETTERS), fontsize=9, loc="left", parse_math=False)
            for point in [point for point in in_order(other) if groups[point] == group]:
                line = swept_line(points, tables, point, other)
                every.append(line)
                if pale:
                    faint: dict[str, Any] = {**LINES["train"], "alpha": 0.3, **SMALL}
                    drawn += line.draw(axes, on_training(points.column), crossed=False, **faint)
                lines = line.draw(axes, points.column, **SMALL)
                drawn += lines
                for entry in lines:
                    text = texts[int(other.groups[1][point])]
                    if text not in legend or np.size(entry.get_xdata()) > np.size(legend[text].get_xdata()):
                        legend[text] = entry
        scale_panels(panels, points, drawn, every)
        _legend_below(figure, {text: legend[text] for text in texts if text in legend})


def plot_best(points: SweepPoints, tables: Tables, path: Path) -> None:
    """Small curves of training and goal for the best points, best first, with their values as titles.

    Points that the search ended early come after those that completed.

    After the figure of ゼロから作るDeep Learning, ch06/hyperparameter_optimization.py.
    """
    shown = [*points.ranking, *points.stopped][:MOST_BEST]
    words = {"shown": len(shown), "points": len(points.mean), "label": points.label()}
    what = tr("best {shown} of {points} points by {label}", **words)
    values = [_wrapped(points.where(point)) for point in shown]
    names = list(dict.fromkeys((on_training(points.column), points.column)))
    texts = {name: column_label(name) for name in names}
    lines = 1 + max(map(len, values))
    with _panels(path, points.title_of_curves(what), len(shown), lines, list(texts.values()), 5) as (figure, panels):
        drawn: list[Line2D] = []
        legend: dict[str, Line2D] = {}
        for rank, (axes, point) in enumerate(zip(panels, shown, strict=False)):
            heading = "\n".join([f"{rank + 1}: {points.result(point)}", *values[rank]])
            axes.set_title(heading, fontsize=7.5, loc="left", parse_math=False)
            line = SweptLine(tables(point), {})
            for name in names:
                part = name.partition("_")[0]
                colour = dict(zip(PARTS, palette().colours, strict=False)).get(part, palette().colours[0])
                curves = line.draw(axes, name, **{"color": colour, **LINES.get(part, {}), **SMALL})
                drawn += curves
                for entry in curves:
                    legend[texts[name]] = entry
        scale_panels(panels, points, drawn, [])
        _legend_below(figure, legend)


def panels_and_lines(keys: Sequence[SweptKey]) -> tuple[SweptKey, SweptKey]:
    """The key with a panel for each value and the one with a line for each: the first and the second where both fit."""
    first, second = keys[:2]
    fits = len(first.groups[0]) <= MOST_PANELS and len(second.groups[0]) <= MOST_LINES
    return (first, second) if fits else (second, first)


@contextmanager
def _panels(
    path: Path, title: str, count: int, lines: int, legend: Sequence[str], widest: int = 4
) -> Iterator[tuple[Figure, Sequence[Axes]]]:
    """Panels with shared axes and titles of some lines; laid out here, in half the time of matplotlib's.

    There is room for a ``legend`` with these texts below them. At the end the panels that are not used are hidden, and
    the last one of each column labels the steps.
    """
    widest = max(widest, 5) if count > 16 else widest
    rows = ceil(count / widest)
    columns = min(widest if widest == 5 else ceil(count / rows), count)
    heading = 0.12 + 0.15 * lines
    gap, below = heading + 0.15, 0.65 + LEGEND_ROW * ceil(len(legend) / _columns(legend))
    width, height = max(7.0, PANEL[0] * columns + 0.8), (PANEL[1] + gap) * rows + below + 0.14
    with canvas(path, title, (width, height), layout=None) as figure:
        above = figure.texts[0].get_window_extent().height / DPI
        size = width, height + above
        figure.set_size_inches(size)
        figure.texts[0].set_y(1 - 0.08 / size[1])
        panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).reshape(-1).tolist()
        sides = {"left": 0.55 / size[0], "right": 1 - 0.2 / size[0], "wspace": 0.12}
        ends = {"bottom": below / size[1], "top": 1 - (0.14 + above + heading) / size[1], "hspace": gap / PANEL[1]}
        figure.subplots_adjust(**sides, **ends)
        for index, axes in enumerate(panels):
            label_steps(axes)
            axes.set_visible(index < count)
        yield figure, panels
        for axes in panels[max(0, count - columns) : count]:
            axes.set_xlabel(tr("step"), fontsize=8)
            axes.tick_params(labelbottom=True)


def _wrapped(text: str) -> list[str]:
    """Settings in a few lines, broken after commas."""
    whole = breaking_after_commas(plain_text(text, MOST_LINES_OF_VALUES * BEST_LETTERS))
    lines = [line.replace(NO_BREAK_SPACE, " ") for line in wrap(whole, BEST_LETTERS)]
    if len(lines) > MOST_LINES_OF_VALUES:
        lines = [*lines[: MOST_LINES_OF_VALUES - 1], f"{lines[MOST_LINES_OF_VALUES - 1]} …"]
    return lines


def _legend_below(figure: Figure, handles: Mapping[str, Line2D]) -> None:
    if handles:
        texts = [plain_text(label, LEGEND_LETTERS) for label in handles]
        legend = figure.legend(list(handles.values()), texts, loc="lower center", ncols=_columns(list(handles)))
        for text in legend.get_texts():
            text.set_parse_math(False)


def _columns(texts: Sequence[str]) -> int:
    """The columns of the legend."""
    return min(4, len(texts)) if max(map(len, texts)) <= SHORT else 2
