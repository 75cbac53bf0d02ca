"""The picture of a learning-rate range test: the loss over the rate, and the short trainings that compare rates."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from nnlab.core.arrays import Array
from nnlab.language import tr
from nnlab.plots.canvas import canvas, write_nothing
from nnlab.plots.palette import FAINT, palette

SIZE = (10.0, 4.4)
# Losses are shown up to this multiple of the initial one; those of a divergence would hide all others.
SHOWN = 1.3


@dataclass(frozen=True, eq=False)
class RangeDrawing:
    """The curves of a range test: of each seed the rates and losses, and the smoothed mean (None: there is none).

    ``band`` are the lowest and highest smoothed loss of the seeds at the rates of the mean; ``marks`` are the points of
    the rules with their names, ``suggested`` the suggestion with its label.
    """

    seeds: Sequence[tuple[Array, Array]]
    mean: tuple[Array, Array] | None
    band: tuple[Array, Array] | None
    marks: Sequence[tuple[str, float]]
    suggested: tuple[str, float] | None
    own: tuple[str, float]


@dataclass(frozen=True, eq=False)
class TrialDrawing:
    """A short training: its label, the mean loss over the seeds at each step, and whether it is the suggested one."""

    label: str
    losses: Array
    suggested: bool


def plot_learning_rates(
    path: Path, title: str, ylabel: str, drawn: RangeDrawing, trials: Sequence[TrialDrawing]
) -> None:
    """Draw the range test, and beside it the short trainings where there are any; raises OSError."""
    with canvas(path, title, SIZE if trials else (7.0, SIZE[1])) as figure:
        axes = figure.add_subplot(1, 2 if trials else 1, 1)
        _draw_range(axes, drawn)
        axes.set_ylabel(ylabel)
        if trials:
            _draw_trials(figure, figure.add_subplot(1, 2, 2), trials)


def _draw_range(axes: Axes, drawn: RangeDrawing) -> None:
    colours = palette().colours
    axes.set_title(tr("range test"))
    axes.set_xlabel(tr("learning rate, log scale"))
    axes.set_xscale("log")
    usable = [(lrs, losses) for lrs, losses in drawn.seeds if len(lrs)]
    if not usable:
        write_nothing(axes)
        return
    for index, (lrs, losses) in enumerate(usable):
        label = tr("each seed") if index == 0 else None
        axes.plot(lrs, losses, color=FAINT, linewidth=0.7, alpha=0.7, label=label)
    first = [losses[0] for _, losses in usable]
    _limit(axes, [losses for _, losses in usable], max(first))
    if drawn.mean is not None:
        lrs, losses = drawn.mean
        if drawn.band is not None:
            axes.fill_between(lrs, *drawn.band, color=colours[0], alpha=0.2, linewidth=0)
        axes.plot(lrs, losses, color=colours[0], linewidth=2.2, label=tr("mean, smoothed"))
        for (name, lr), marker in zip(drawn.marks, ("v", "o"), strict=False):
            place: dict[str, Any] = {
                "marker": marker,
                "markersize": 8,
                "markeredgecolor": palette().paper,
                "linestyle": "",
            }
            axes.plot(lr, np.interp(np.log(lr), np.log(lrs), losses), color=colours[0], label=name, **place)
    label, lr = drawn.own
    axes.axvline(lr, color=palette().edge, linestyle=(0, (1.2, 1.2)), linewidth=1.4, label=label)
    if drawn.suggested is not None:
        label, lr = drawn.suggested
        axes.axvline(lr, color=colours[1], linewidth=1.8, label=label)
    axes.legend(loc="lower left", frameon=True, framealpha=0.85, facecolor=palette().paper, edgecolor="none")


def _draw_trials(figure: Figure, axes: Axes, trials: Sequence[TrialDrawing]) -> None:
    axes.set_title(tr("short trainings"))
    axes.set_xlabel(tr("step"))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    shades = mpl.colormaps[palette().layers](np.linspace(0.08, 0.88, len(trials)))
    for trial, shade in zip(trials, shades, strict=True):
        style: dict[str, Any]
        if trial.suggested:
            style = {"color": palette().colours[1], "linewidth": 2.4, "zorder": 3}
        else:
            style = {"color": shade, "linewidth": 1.3}
        axes.plot(np.arange(len(trial.losses)), trial.losses, label=trial.label, **style)
    _limit(axes, [trial.losses for trial in trials], min(trial.losses[0] for trial in trials))
    axes.legend(loc="best", title=tr("learning rate"), title_fontsize=9)


def _limit(axes: Axes, curves: Sequence[Array], initial: float) -> None:
    """From below the lowest loss to above the initial one."""
    finite = np.concatenate([losses[np.isfinite(losses)] for losses in curves])
    low = float(finite.min())
    high = min(float(finite.max()), max(initial, low) + (SHOWN - 1) * max(abs(initial - low), abs(initial) * 0.1))
    margin = max(0.05 * (high - low), 1e-3 * abs(high), 1e-12)
    axes.set_ylim(low - margin, high + margin)
