"""Pictures of loss landscapes: the loss on a plane with log-spaced contours, along its axes, and along a line."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

from nnlab.core.arrays import Array
from nnlab.language import tr
from nnlab.plots.canvas import HEIGHT, WIDTH, canvas
from nnlab.plots.palette import palette

LEVELS = 22
# Losses above this multiple of the median are one colour, unless the marks are higher: a far corner may be infinite.
HIGHEST = 30.0
MARKERS = {"start": ("s", 8.0), "best": ("*", 15.0), "end": ("o", 9.0)}


@dataclass(frozen=True)
class Mark:
    """A point of a plane: the start, the best or the end, with its label."""

    kind: str
    label: str
    x: float
    y: float


@dataclass(frozen=True, eq=False)
class PlaneDrawing:
    """The loss (M, N) over x (N,) and y (M,), the labels of the axes, marks, and a path (K, 2) of training.

    With ``slices`` the losses along both axes through the middle are drawn beside it.
    """

    x: Array
    y: Array
    loss: Array
    xlabel: str
    ylabel: str
    marks: Sequence[Mark]
    path: Array | None = None
    slices: bool = False


def plot_loss_plane(path: Path, title: str, drawn: PlaneDrawing) -> None:
    """Draw the loss on a plane; raises OSError where the picture cannot be written."""
    with canvas(path, title, (10.0, 4.8) if drawn.slices else (WIDTH, 5.6)) as figure:
        if drawn.slices:
            grid = figure.add_gridspec(1, 2, width_ratios=(1.25, 1))
            _draw_plane(figure, figure.add_subplot(grid[0]), drawn)
            _draw_slices(figure.add_subplot(grid[1]), drawn)
        else:
            _draw_plane(figure, figure.add_subplot(), drawn)


def plot_loss_line(path: Path, title: str, alpha: Array, loss: Array, ends: tuple[float, float]) -> None:
    """Draw the loss along the line from start (α = 0) to end (α = 1); raises OSError."""
    colours = palette().colours
    with canvas(path, title, (WIDTH, HEIGHT)) as figure:
        axes = figure.add_subplot()
        axes.plot(alpha, loss, color=colours[0], linewidth=2)
        words = (tr("start: {loss}", loss=f"{ends[0]:.3g}"), tr("end: {loss}", loss=f"{ends[1]:.3g}"))
        for place, kind, value, label in zip((0, 1), ("start", "end"), ends, words, strict=True):
            axes.plot(place, value, label=label, zorder=3, **_mark_style(kind))
        axes.set_xlabel(tr("α: initial weights at 0, trained weights at 1"))
        axes.axvspan(0, 1, color=palette().grid, alpha=0.45, linewidth=0, zorder=0)
        _scale_loss(axes, loss)
        axes.legend(loc="best")


def _draw_plane(figure: Figure, axes: Axes, drawn: PlaneDrawing) -> None:
    levels, norm = _levels(drawn.loss)
    cut = float(np.nanmax(drawn.loss)) > levels[-1]
    masked = np.ma.masked_invalid(drawn.loss)
    shades = mpl.colormaps["viridis"]
    filled = axes.contourf(
        drawn.x, drawn.y, masked, levels=levels, norm=norm, cmap=shades, extend="max" if cut else "neither", zorder=0
    )
    axes.contour(drawn.x, drawn.y, masked, levels=levels[::2], colors="white", linewidths=0.4, alpha=0.6, zorder=1)
    axes.grid(visible=False)
    axes.set_xlabel(drawn.xlabel)
    axes.set_ylabel(drawn.ylabel)
    log = isinstance(norm, LogNorm)
    bar = figure.colorbar(filled, ax=axes, label=tr("loss (log scale)") if log else tr("loss"), pad=0.02)
    if log:
        wide = levels[-1] > 300 * levels[0]
        bar.ax.yaxis.set_major_locator(LogLocator(10, subs=(1.0,) if wide else (1.0, 2.0, 5.0)))
        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        bar.ax.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
    if drawn.path is not None:
        axes.plot(*drawn.path.T, color="white", linewidth=2.6, zorder=2)
        axes.plot(*drawn.path.T, ".-", color=palette().colours[1], linewidth=1.4, markersize=5, zorder=2)
    for mark in drawn.marks:
        axes.plot(mark.x, mark.y, label=mark.label, zorder=3, **_mark_style(mark.kind))
    figure.legend(loc="outside lower center", ncols=3)


def _draw_slices(axes: Axes, drawn: PlaneDrawing) -> None:
    rows, columns = drawn.loss.shape
    colours = palette().colours
    for index, (place, losses) in enumerate(
        ((drawn.x, drawn.loss[rows // 2]), (drawn.y, drawn.loss[:, columns // 2])), start=1
    ):
        axes.plot(place, losses, color=colours[index - 1], label=tr("along direction {number}", number=index))
    axes.set_xlabel(tr("distance, in norms of the filters"))
    _scale_loss(axes, np.concatenate([drawn.loss[rows // 2], drawn.loss[:, columns // 2]]))
    axes.legend(loc="best")


def _scale_loss(axes: Axes, losses: Array) -> None:
    """A log scale where positive losses span more than a factor of 30."""
    axes.set_ylabel(tr("loss"))
    finite = losses[np.isfinite(losses)]
    if finite.size and finite.min() > 0 and finite.max() > 30 * finite.min():
        axes.set_yscale("log")
        axes.set_ylabel(tr("loss (log scale)"))


def _levels(losses: Array) -> tuple[Array, Normalize]:
    """The contour levels, equally spaced in the logarithm where all losses are positive."""
    finite = losses[np.isfinite(losses)]
    low, high = float(finite.min()), float(finite.max())
    if low > 0:
        high = min(high, HIGHEST * float(np.median(finite)))
    if not high > low:
        high = low + max(abs(low), 1e-12) * 1e-3
    if low > 0 and high > 1.5 * low:
        levels = np.geomspace(low * (1 - 1e-9), high * (1 + 1e-9), LEVELS)
        return levels, LogNorm(levels[0], levels[-1])
    levels = np.asarray(MaxNLocator(LEVELS).tick_values(low, high))
    return levels, Normalize(levels[0], levels[-1])


def _mark_style(kind: str) -> dict[str, Any]:
    colours = palette().colours
    marker, size = MARKERS[kind]
    colour = {"start": "white", "best": "#F0E442", "end": colours[1]}[kind]
    return {"color": colour, "marker": marker, "markersize": size, "markeredgecolor": "black", "linestyle": ""}
