"""Pictures of descents: the gradient field, the paths over contours, the values, and the animation."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from matplotlib.colors import LogNorm, Normalize

from nnlab.core.arrays import Array
from nnlab.functions.base import Function
from nnlab.language import tr
from nnlab.plots.canvas import WIDTH, canvas, picture, plain_text
from nnlab.plots.palette import FAINT, palette
from nnlab.plots.plane import (
    Drawing,
    View,
    draw_contours,
    head_style,
    inside,
    legend_below,
    line_style,
    mark_start,
    plane,
    plane_size,
    seen,
    size_with_legend,
)
from nnlab.plots.race import animate_race

Arrows = Literal["unit", "length"]
RACE = "race"
FILES: Mapping[str, str] = {"field": "field.png", "paths": "paths.png", "values": "values.png", RACE: "race.gif"}

ARROWS = 21  # along the longer side
LONGEST = 1.2  # cells
# Longest descent of which each step is marked with a dot.
MARKED_STEPS = 100


def descent_pictures(
    function: Function,
    name: str,
    drawings: Sequence[Drawing],
    view: Sequence[float] | None = None,
    arrows: Arrows = "unit",
) -> Mapping[str, Callable[[Path], None]]:
    """The functions that draw each kind of picture into a folder: values, paths for one or two variables, all for two.

    Without drawings there is only the gradient field of two variables.
    Each raises OSError when its picture cannot be written.
    """
    title = f"{plain_text(name, 60)}: {plain_text(function.formula, 80)}"
    variables = drawings[0].positions.shape[1] if drawings else 2
    shown = seen(function, drawings, view) if variables == 2 else None
    drawn: dict[str, Callable[[Path], None]] = {}
    if shown:
        drawn["field"] = partial(_plot_field, function, title, shown, arrows)
    if drawings:
        drawn["values"] = partial(_plot_values, drawings, title)
    if variables == 1:
        drawn["paths"] = partial(_plot_line, function, drawings, title)
    if drawings and shown:
        drawn["paths"] = partial(_plot_paths, function, drawings, title, shown)
        drawn[RACE] = partial(animate_race, function, drawings, title, shown)
    return {kind: partial(_into, drawn[kind], file) for kind, file in FILES.items() if kind in drawn}


def _into(draw: Callable[[Path], None], file: str, folder: Path) -> None:
    draw(folder / file)


def _plot_field(function: Function, title: str, view: View, arrows: Arrows, path: Path) -> None:
    """Arrows along the negative gradient, coloured by its norm; of one length, or proportional to the norm.

    The longest proportional arrow spans LONGEST cells.
    """
    left, right, bottom, top = view
    spacing = max(right - left, top - bottom) / ARROWS
    (x, across), (y, down) = (_centres(low, high, spacing) for low, high in ((left, right), (bottom, top)))
    x, y = np.meshgrid(x, y)
    with np.errstate(all="ignore"):
        points = np.stack([x, y])
        downhill = -function.gradient(points)
        length = np.hypot(*downhill)
        usable = np.isfinite(length) & (length > 0) & np.isfinite(function.value(points))
        steep = length[usable]
        unit = 0.8 / steep if arrows == "unit" else LONGEST / steep.max(initial=0)
        # Exact on axes with equal scales; otherwise each axis scales its own component.
        drawn_arrows = downhill[:, usable] * unit * np.array([[across], [down]])
    with canvas(path, tr("{title}, negative gradient", title=title), plane_size(view)) as figure:
        axes = plane(figure, view)
        if not steep.size:
            axes.text(0.5, 0.5, tr("no gradient to show"), transform=axes.transAxes, ha="center", color=FAINT)
            return
        wide = steep.max() > 100 * steep.min()
        norm: Normalize = LogNorm(steep.min(), steep.max()) if wide else Normalize(0, steep.max())
        drawn = axes.quiver(
            *(x[usable], y[usable], *drawn_arrows, steep),
            norm=norm,
            cmap=palette().steepness,
            angles="xy",
            scale_units="xy",
            scale=1,
            pivot="mid",
            width=0.0035,
        )
        figure.colorbar(drawn, ax=axes, label=tr("gradient norm"), shrink=0.9, pad=0.02)


def _centres(low: float, high: float, spacing: float) -> tuple[Array, float]:
    """The centres of at least three equal cells about as wide as ``spacing``, and their width."""
    count = max(round((high - low) / spacing), 3)
    width = (high - low) / count
    return low + width * (np.arange(count) + 0.5), width


def _plot_paths(function: Function, drawings: Sequence[Drawing], title: str, view: View, path: Path) -> None:
    with canvas(path, title, size_with_legend(plane_size(view), drawings)) as figure:
        axes = plane(figure, view)
        draw_contours(axes, function, view)
        mark_start(axes, drawings)
        for index, drawing in enumerate(drawings):
            positions = inside(drawing.positions, view)
            marker = "o" if len(drawing.positions) <= MARKED_STEPS + 1 else None
            axes.plot(
                *positions.T, marker=marker, markersize=2.5, linewidth=1.2, label=drawing.title, **line_style(index)
            )
            if not drawing.diverged:
                axes.plot(*positions[-1], **head_style(index))
        legend_below(figure, axes, drawings)


def _plot_line(function: Function, drawings: Sequence[Drawing], title: str, path: Path) -> None:
    """A function of one variable as a curve, with the points of the paths."""
    left, right = function.view[:2]
    sound = [drawing.positions[:, 0] for drawing in drawings if not drawing.diverged]
    points = np.concatenate([drawings[0].positions[:1, 0], *sound])
    left, right = min(left, float(points.min())), max(right, float(points.max()))
    x = np.linspace(left, right, 600)
    with np.errstate(all="ignore"):
        y = function.value(x[None])
    with canvas(path, title, (WIDTH, 4.5)) as figure:
        axes = figure.add_subplot()
        axes.plot(x, np.where(np.isfinite(y), y, np.nan), color=FAINT)
        mark_start(axes, drawings)
        for index, drawing in enumerate(drawings):
            inside = (drawing.positions[:, 0] >= left) & (drawing.positions[:, 0] <= right)
            places, values = drawing.positions[inside, 0], drawing.values[inside]
            axes.plot(places, values, marker="o", markersize=3, linewidth=0.8, label=drawing.title, **line_style(index))
            if not drawing.diverged:
                axes.plot(places[-1], values[-1], **head_style(index))
        axes.set_xlabel("x0")
        axes.set_ylabel("f")
        legend_below(figure, axes, drawings)


def _plot_values(drawings: Sequence[Drawing], title: str, path: Path) -> None:
    """The value after each step, on a log scale where it is positive and spans more than two decades."""
    with picture(path, title, "f") as (figure, axes):
        usable = []
        for index, drawing in enumerate(drawings):
            steps = np.arange(len(drawing.values))
            drawn = np.isfinite(drawing.values) & (np.abs(drawing.values) < 1e100)
            usable.append(drawing.values[drawn])
            axes.plot(steps[drawn], drawing.values[drawn], label=drawing.title, **line_style(index))
        values = np.concatenate(usable)
        axes.set_xlabel(tr("step"))
        if values.size and values.min() > 0 and values.max() > 100 * values.min():
            axes.set_yscale("log")
            axes.set_ylabel(tr("{label}, log scale", label="f"))
        elif values.size and np.abs(values).max() > 1e4 * max(abs(float(drawings[0].values[0])), 1e-3):
            axes.set_yscale("symlog", linthresh=max(abs(float(drawings[0].values[0])), 1e-3))
            axes.set_ylabel(tr("f (log scale above its initial value)"))
        legend_below(figure, axes, drawings)
