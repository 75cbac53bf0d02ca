"""The plane of a descent's pictures: the view, contours, and the styles of paths."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnlab.core.arrays import Array
from nnlab.functions.base import Function
from nnlab.language import tr
from nnlab.plots.canvas import WIDTH
from nnlab.plots.palette import LINE_STYLES, from_paper, palette

# Markers of the ends of paths; paths with the same colour have different ones.
MARKERS = ("o", "^")
GRID = 240
LEVELS = 18
# Widths of the view within which a path that leaves it is still drawn.
FOLLOWED = 3.0

View = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Drawing:
    """A path to draw: its label, positions (steps + 1, n), the value at each, and whether it diverged."""

    label: str
    positions: Array
    values: Array
    diverged: bool

    @property
    def title(self) -> str:
        """The label in the legend."""
        return tr("{label} (diverged)", label=self.label) if self.diverged else self.label


def seen(function: Function, drawings: Sequence[Drawing], view: Sequence[float] | None = None) -> View:
    """The part of the plane to show: the usual domain of the function, extended by the paths.

    Paths that diverged do not count, and no path makes the picture more than FOLLOWED times as wide or high.
    """
    if view is not None:
        left, right, bottom, top = view
        return left, right, bottom, top
    left, right, bottom, top = function.view
    if not drawings:
        return left, right, bottom, top
    sound = [drawing.positions for drawing in drawings if not drawing.diverged]
    points = np.concatenate([drawings[0].positions[:1], *sound])
    points = points[np.isfinite(points).all(axis=1)]
    reach = FOLLOWED / 2 * max(right - left, top - bottom)
    bounds: list[float] = []
    for low, high, along in ((left, right, points[:, 0]), (bottom, top, points[:, 1])):
        start, middle = float(along[0]), (low + high) / 2
        lowest = min(low, start, max(float(along.min()), min(middle, start) - reach))
        highest = max(high, start, min(float(along.max()), max(middle, start) + reach))
        margin = 0.04 * (highest - lowest)
        bounds += [lowest - margin * (lowest < low), highest + margin * (highest > high)]
    return bounds[0], bounds[1], bounds[2], bounds[3]


def plane_size(view: View) -> tuple[float, float]:
    """The size in inches of a picture with equal scales, with room beside it."""
    left, right, bottom, top = view
    shape = min(max((top - bottom) / (right - left), 0.35), 1.4)
    return WIDTH, min(max(5.2 * shape + 1.3, 3.2), 6.5)


def plane(figure: Figure, view: View) -> Axes:
    """Axes over a part of the plane, with equal scales unless they would be too narrow."""
    left, right, bottom, top = view
    axes = figure.add_subplot()
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    if 0.2 < (top - bottom) / (right - left) < 5:
        axes.set_aspect("equal")
    axes.set_xlabel("x0")
    axes.set_ylabel("x1")
    axes.grid(visible=False)
    return axes


def draw_contours(axes: Axes, function: Function, view: View, *, shaded: bool = True) -> None:
    """Contour lines, closer at low values, and grey shading of high values."""
    left, right, bottom, top = view
    x, y = np.meshgrid(np.linspace(left, right, GRID), np.linspace(bottom, top, GRID))
    with np.errstate(all="ignore"):
        values = function.value(np.stack([x, y]))
    finite = values[np.isfinite(values)]
    levels = np.unique(np.quantile(finite, np.linspace(0, 1, LEVELS + 1) ** 1.5)) if finite.size else np.empty(0)
    if len(levels) < 3:
        return
    masked = np.ma.masked_invalid(values)
    if shaded:
        heights = np.interp(np.ma.filled(masked, np.nan), levels, np.arange(len(levels)))
        cmap, aspect = from_paper(palette().grid), axes.get_aspect()
        axes.imshow(heights, extent=view, origin="lower", cmap=cmap, aspect=aspect, zorder=0)
    axes.contour(x, y, masked, levels=levels[1:-1], colors="#888888", linewidths=0.5, linestyles="solid")


def line_style(index: int) -> dict[str, Any]:
    """Colour and line style of the ``index``-th path."""
    colours = palette().colours
    return {
        "color": colours[index % len(colours)],
        "linestyle": LINE_STYLES[index // len(colours) % len(LINE_STYLES)],
    }


def head_style(index: int) -> dict[str, Any]:
    """Colour and marker of the end of the ``index``-th path."""
    colours = palette().colours
    return {
        "color": colours[index % len(colours)],
        "marker": MARKERS[index // len(colours) % len(MARKERS)],
        "markersize": 7,
        "markeredgecolor": "white",
        "linestyle": "",
    }


def inside(positions: Array, view: View) -> Array:
    """A path up to the first point far outside the view, which is moved along its segment towards the view."""
    centre = np.array([view[0] + view[1], view[2] + view[3]]) / 2
    reach = 10 * max(view[1] - view[0], view[3] - view[2])
    for index, point in enumerate(positions):
        if not np.isfinite(point).all():
            return positions[:index]
        distance = float(np.abs(point - centre).max())
        if distance > reach:
            before = positions[index - 1] if index else centre
            nearer = before + (point - before) * (reach / distance)
            return np.concatenate([positions[:index], nearer[None]])
    return positions


def mark_start(axes: Axes, drawings: Sequence[Drawing]) -> None:
    """A square at the common start, below the paths."""
    place = drawings[0].positions[0]
    y = place[1] if len(place) == 2 else drawings[0].values[0]
    axes.plot(place[0], y, marker="s", markersize=9, color=palette().ink, linestyle="", label=tr("start"))


def size_with_legend(size: tuple[float, float], drawings: Sequence[Drawing]) -> tuple[float, float]:
    """A size in inches with room for the legend below."""
    return size[0], size[1] + 0.22 * _rows(drawings)


def _rows(drawings: Sequence[Drawing]) -> int:
    return ceil((len(drawings) + 1) / _columns(drawings))


def _columns(drawings: Sequence[Drawing]) -> int:
    longest = max(len(drawing.title) for drawing in drawings)
    return max(1, min(4, 72 // (longest + 6)))


def legend_below(figure: Figure, axes: Axes, drawings: Sequence[Drawing]) -> None:
    """A legend below the axes."""
    handles, labels = axes.get_legend_handles_labels()
    legend = figure.legend(handles, labels, loc="outside lower center", ncols=_columns(drawings))
    for text in legend.get_texts():
        text.set_parse_math(False)
