"""Three or more keys of a sweep as parallel coordinates."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator

from nnlab.core.arrays import Array
from nnlab.language import tr
from nnlab.plots.canvas import canvas, evenly, plain_text
from nnlab.plots.palette import FAINT, palette
from nnlab.plots.sweep_importance import key_importances
from nnlab.plots.sweep_keys import ABSENT, MOST_TICKS, SweptKey, number_text
from nnlab.plots.sweep_points import SweepPoints, is_log, value_colours

PARALLEL_FILE = "parallel.png"
MOST_KEYS = 10
HIGHLIGHTED = 5
COLUMN_WIDTH = 1.45  # inches
HEIGHT = 5.0
MOST_LABELS = 12
LABEL_WIDTH = 15  # letters
# Where the lines of points without a key or a goal, and those of diverged ones, end: beyond the axis.
BEYOND, FURTHER = -0.1, -0.18

Tick = tuple[float, str]


def plot_parallel(points: SweepPoints, path: Path) -> None:
    """A line for each point across one axis per key and one for the goal; the best are thick.

    Those that diverged are dashed and those that the search ended early grey; both end below the goal's axis, which has
    its better end at the top. Of more keys than have room the most important ones are shown.
    """
    title = points.title()
    places = list(range(len(points.keys)))
    if len(places) > MOST_KEYS:
        places = sorted(list(key_importances(points))[:MOST_KEYS])
        title = tr("{title}; {shown} of {keys} keys", title=title, shown=MOST_KEYS, keys=len(points.keys))
    keys = [points.keys[place] for place in places]
    heights, goal_ticks = _goal_axis(points)
    diverged = points.having("diverged") > 0
    columns = [np.where(np.isfinite(key.positions), key.fraction(), BEYOND) for key in keys]
    heights[points.stopped] = BEYOND
    columns.append(np.where(diverged, FURTHER, heights))
    lines = np.stack(columns, axis=1)
    with canvas(path, title, (max(7.0, COLUMN_WIDTH * (len(keys) + 1) + 0.9), HEIGHT)) as figure:
        axes = figure.add_subplot()
        _draw_lines(axes, points, lines, diverged)
        for place, key in enumerate(keys):
            ticks = _ticks(key) + [(BEYOND, ABSENT)] * key.has_gaps
            _draw_axis(axes, place, key.name, ticks)
        ticks = goal_ticks + [(BEYOND, tr("stopped early"))] * bool(points.stopped)
        ticks += [(FURTHER, tr("diverged"))] * bool(diverged.any())
        _draw_axis(axes, len(keys), points.label(), ticks)
        axes.set_xlim(-0.35, len(keys) + 0.55)
        axes.set_ylim(FURTHER - 0.03, 1.04)
        axes.set_axis_off()
        _add_legend(axes, points, bool(diverged.any()))


def _draw_lines(axes: Axes, points: SweepPoints, lines: Array, diverged: Array) -> None:
    norm, name = value_colours(points)
    places = np.arange(lines.shape[1])
    best = points.ranking[:HIGHLIGHTED] if points.chosen else []
    others = [point for point in reversed(points.ranking) if point not in best]

    def collect(chosen: Sequence[int], **style: Any) -> None:
        paths = [np.column_stack((places, lines[point])) for point in chosen]
        axes.add_collection(LineCollection(paths, **style), autolim=False)

    lost = [int(point) for point in np.nonzero(diverged)[0]]
    faint = 0.75 if len(lines) <= 60 else 0.45 if len(lines) <= 250 else 0.2
    collect(lost, colors=palette().colours[1], linestyles="--", linewidths=0.8, alpha=faint)
    collect(points.stopped, colors=FAINT, linewidths=0.8, alpha=faint)
    colormap = mpl.colormaps[name]
    collect(others, colors=colormap(norm(points.mean[others])), linewidths=0.9, alpha=faint)
    collect(best[::-1], colors=palette().ink, linewidths=4.0, zorder=3)
    collect(best[::-1], colors=colormap(norm(points.mean[best[::-1]])), linewidths=2.4, zorder=3.1)


def _goal_axis(points: SweepPoints) -> tuple[Array, list[Tick]]:
    """The height of each point on the goal's axis, the best at the top, and the ticks of the axis."""
    values = points.mean
    known = values[points.complete]
    if not known.size:
        return np.full(len(values), np.nan), []
    log = is_log(points.column, known)
    low, high = float(known.min()), float(known.max())
    candidates = (LogLocator(numticks=6) if log else MaxNLocator(6)).tick_values(low, high)
    shown = [float(tick) for tick in candidates if low <= tick <= high] or [low]

    def height(value: Array) -> Array:
        ends = (np.log10([low, high]), np.log10(value)) if log else (np.array([low, high]), value)
        (first, last), at = ends
        fraction = (at - first) / (last - first) if last > first else np.full_like(at, 0.5)
        return fraction if points.maximize else 1 - fraction

    return height(values), list(zip(height(np.array(shown)).tolist(), map(number_text, shown), strict=True))


def _ticks(key: SweptKey) -> list[Tick]:
    """Values of a key with their places on its axis: all where there are few, else round numbers."""
    if key.labels:
        last = len(key.labels) - 1
        return [
            (index / last if last else 0.5, key.labels[index]) for index in evenly(range(len(key.labels)), MOST_LABELS)
        ]
    if not len(key.distinct):
        return []
    low, high = key.distinct[0], key.distinct[-1]
    if len(key.distinct) <= MOST_TICKS and not key.is_range:
        shown = key.distinct
    else:
        inner = (LogLocator(numticks=8) if key.log else MaxNLocator(6)).tick_values(low, high)
        shown = np.array([tick for tick in inner if low <= tick <= high] or [low, high])
    at, ends = (np.log10(shown), np.log10([low, high])) if key.log else (shown, np.array([low, high]))
    heights = (at - ends[0]) / (ends[1] - ends[0]) if high > low else np.full_like(at, 0.5)
    return [(height, number_text(value)) for height, value in zip(heights.tolist(), shown.tolist(), strict=True)]


def _draw_axis(axes: Axes, place: int, name: str, ticks: Sequence[Tick]) -> None:
    """A vertical line with its ticks, and its name above it."""
    axes.plot([place, place], [0, 1], color=palette().edge, linewidth=1.2, zorder=3.5)
    behind: Mapping[str, Any] = {
        "boxstyle": "square,pad=0.12",
        "facecolor": palette().paper,
        "edgecolor": "none",
        "alpha": 0.75,
    }
    for height, text in ticks:
        axes.plot([place - 0.02, place + 0.02], [height, height], color=palette().edge, linewidth=1, zorder=3.5)
        style: dict[str, Any] = {"ha": "left", "va": "center", "fontsize": 8, "bbox": behind, "zorder": 5}
        axes.text(place + 0.045, height, plain_text(text, LABEL_WIDTH), parse_math=False, **style)
    parts = re.sub(r"([_.])", r"\1 ", plain_text(name, 40))  # where a line may end
    above = "\n".join(re.sub(r"([_.]) ", r"\1", line) for line in wrap(parts, LABEL_WIDTH))
    axes.text(place, 1.05, above, ha="center", va="bottom", fontsize=9.5, parse_math=False)


def _add_legend(axes: Axes, points: SweepPoints, diverged: bool) -> None:
    handles = []
    best = min(HIGHLIGHTED, len(points.ranking)) if points.chosen else 0
    if best:
        handles.append(Line2D([], [], color=palette().ink, linewidth=4, label=tr("best {count}", count=best)))
    if diverged:
        style: dict[str, Any] = {"color": palette().colours[1], "linestyle": "--", "linewidth": 1.2}
        handles.append(Line2D([], [], label=tr("diverged"), **style))
    figure = axes.get_figure(root=True)
    if handles and figure is not None:
        figure.legend(handles=handles, loc="outside lower left", ncols=2)
