"""The goal of a sweep over the values of one key."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnlab.core.arrays import Array
from nnlab.language import tr
from nnlab.plots.canvas import HEIGHT, WIDTH, canvas, plain_text
from nnlab.plots.palette import FAINT, palette
from nnlab.plots.sweep_keys import EDGE, SweptKey, show_key
from nnlab.plots.sweep_points import SweepPoints, is_log

GOAL_FILE = "goal.png"
MOST_CATEGORIES = 60
ROW_HEIGHT = 0.34  # inches
# Of the axis: kept free at the worse end for trials without a value.
MARGIN = 0.09
# Half the height over which the seeds of a category are spread.
SPREAD = 0.22
SHORT = 46  # letters of a text in a legend of two columns
WITHOUT_VALUE = {"diverged": "x", "failed": "v"}


def plot_goal(points: SweepPoints, path: Path) -> None:
    """The mean over the seeds of each value, with a band of one standard deviation; categories are rows of dots.

    Diverged and failed trials are marked at the worse end of the axis.
    """
    key = points.keys[0]
    if key.labels:
        _plot_categories(points, key, path)
    else:
        _plot_numbers(points, key, path)


def _plot_numbers(points: SweepPoints, key: SweptKey, path: Path) -> None:
    with canvas(path, points.title(), (WIDTH, HEIGHT)) as figure:
        axes = figure.add_subplot()
        axes.margins(x=EDGE)
        show_key(axes, "x", key)
        axes.set_ylabel(points.label())
        colour = palette().colours[0]
        order = [int(point) for point in np.argsort(key.positions, kind="stable") if points.complete[point]]
        x, mean, deviation = key.positions[order], points.mean[order], points.deviation[order]
        if points.seeds > 1:
            axes.fill_between(x, mean - deviation, mean + deviation, color=colour, alpha=0.2, linewidth=0)
            where, seed = np.nonzero(points.usable)
            label = tr("a trial")
            axes.plot(key.positions[where], points.values[where, seed], ".", color=colour, alpha=0.55, label=label)
        if len(order):
            line = "" if key.is_range else "-"
            axes.plot(x, mean, "o", linestyle=line, color=colour, label=_mean_label(points))
        stopped = points.having("stopped") > 0
        last = np.where(np.isfinite(points.values), points.values, -np.inf).max(axis=1, initial=-np.inf)
        shown = stopped & np.isfinite(last)
        if shown.any():
            axes.plot(key.positions[shown], last[shown], "o", mfc="none", color=FAINT, label=tr("stopped early"))
        if points.best is not None:
            _star(axes, points, (key.positions[points.best], points.mean[points.best]))
        _limit(axes, "y", points)
        _mark_without_value(axes, "y", points, key.positions)
        _legend(figure, axes)


def _plot_categories(points: SweepPoints, key: SweptKey, path: Path) -> None:
    """A row for each value, in their order; where there are too many, the best."""
    shown = [point for point in range(len(key.positions)) if np.isfinite(key.positions[point])]
    title = points.title()
    if len(shown) > MOST_CATEGORIES:
        rank = {point: place for place, point in enumerate(points.ranking)}
        shown = sorted(shown, key=lambda point: rank.get(point, len(rank)))[:MOST_CATEGORIES]
        title = tr(
            "{title}; the best {shown} of {values} values", title=title, shown=len(shown), values=len(key.labels)
        )
    rows = {point: row for row, point in enumerate(sorted(shown, key=lambda point: key.positions[point]))}
    with canvas(path, title, (WIDTH, max(2.6, 1.7 + ROW_HEIGHT * len(rows)))) as figure:
        axes = figure.add_subplot()
        colour = palette().colours[0]
        labels = [key.text(key.positions[point]) for point in rows]
        axes.set_yticks(range(len(rows)), labels=labels, parse_math=False)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_title(plain_text(key.name, 60), fontsize=10, loc="left", parse_math=False)
        axes.set_xlabel(points.label())
        axes.grid(visible=False, axis="y")
        where = [(point, seed) for point, seed in zip(*np.nonzero(points.usable), strict=True) if point in rows]
        if points.seeds > 1 and where:
            x = [points.values[point, seed] for point, seed in where]
            y = [rows[point] + SPREAD * (2 * seed / (points.seeds - 1) - 1) for point, seed in where]
            axes.plot(x, y, ".", color=colour, alpha=0.55, label=tr("a trial"))
        complete = [point for point in rows if points.complete[point]]
        if complete:
            marker = "|" if points.seeds > 1 else "o"
            style: dict[str, Any] = {"markersize": 12, "markeredgewidth": 2} if points.seeds > 1 else {}
            spread = points.deviation[complete] if points.seeds > 1 else None
            at = [rows[point] for point in complete]
            axes.errorbar(
                points.mean[complete], at, xerr=spread, fmt=marker, color=colour, label=_mean_label(points), **style
            )
        for point, row in rows.items():
            note: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "va": "center", "annotation_clip": False}
            ink = palette().colours[1] if point == points.best else palette().ink
            axes.annotate(points.result(point), (1.01, row), color=ink, **note)
        if points.best is not None:
            _star(axes, points, (points.mean[points.best], rows[points.best]))
        _limit(axes, "x", points)
        _mark_without_value(
            axes, "x", points, np.array([rows.get(point, np.nan) for point in range(len(key.positions))])
        )
        _legend(figure, axes)


def _mean_label(points: SweepPoints) -> str:
    return tr("mean ± one standard deviation, {seeds} seeds", seeds=points.seeds) if points.seeds > 1 else tr("a trial")


def _star(axes: Axes, points: SweepPoints, place: tuple[float, float]) -> None:
    axes.plot(*place, "*", markersize=13, color=palette().colours[1], zorder=4, label=points.best_label())


def _limit(axes: Axes, which: str, points: SweepPoints) -> None:
    """Show the range of the values, with room for marks at the worse end."""
    values = points.values[points.usable | ((points.statuses == "stopped") & np.isfinite(points.values))]
    log = is_log(points.column, values)
    if log:
        axes.set_yscale("log") if which == "y" else axes.set_xscale("log")
    if not values.size:
        return
    done, spread = points.mean[points.complete], points.deviation[points.complete]
    if not log:
        values = np.concatenate((values, done - spread, done + spread))
    low, high = float(values.min()), float(values.max())
    if log:
        low, high = np.log10(low), np.log10(high)
    room = (high - low) or (1.0 if log else max(abs(high), 1e-3) * 0.1)
    worse = bool(np.isin(points.statuses, list(WITHOUT_VALUE)).any())
    below, above = (MARGIN, 0.05) if points.maximize else (0.05, MARGIN)
    low -= room * (below if worse and points.maximize else 0.05)
    high += room * (above if worse and not points.maximize else 0.05)
    limits = (10**low, 10**high) if log else (low, high)
    axes.set_ylim(*limits) if which == "y" else axes.set_xlim(*limits)


def _mark_without_value(axes: Axes, which: str, points: SweepPoints, places: Array) -> None:
    for index, (status, marker) in enumerate(WITHOUT_VALUE.items()):
        edge = 0.03 + 0.04 * index if points.maximize else 0.97 - 0.04 * index
        colour = (palette().colours[1], FAINT)[index]
        found = places[(points.having(status) > 0) & np.isfinite(places)]
        if found.size:
            edges = np.full(found.size, edge)
            transform = axes.get_xaxis_transform() if which == "y" else axes.get_yaxis_transform()
            both = (found, edges) if which == "y" else (edges, found)
            style: dict[str, Any] = {"color": colour, "markersize": 7, "markeredgewidth": 2, "clip_on": False}
            axes.plot(*both, marker, transform=transform, label=tr(status), **style)


def _legend(figure: Figure, axes: Axes) -> None:
    """A legend below the axes, in two columns where its texts are short."""
    labels = axes.get_legend_handles_labels()[1]
    if labels:
        legend = figure.legend(loc="outside lower center", ncols=2 if max(map(len, labels)) <= SHORT else 1)
        for text in legend.get_texts():
            text.set_parse_math(False)
