"""The metrics of one run over its steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from nnlab.core.arrays import Array
from nnlab.language import in_language, tr
from nnlab.metric_columns import METRICS_COLUMNS, names_in
from nnlab.metrics import LOSS
from nnlab.plots.canvas import MARKED_POINTS, picture, plain_text, write_nothing
from nnlab.plots.palette import FAINT, palette
from nnlab.records.reader import RunRecord
from nnlab.registry import metrics

FILES = {name: f"{name}.png" for name in names_in(METRICS_COLUMNS)}
"""The pictures of the metrics that every run has."""

PARTS = ("train", "test", "validation")

# Each split's line, from the bottom up: a thick pale line, a thin one over it and a dashed one over both, so that all
# are visible where curves coincide.
LINES: Mapping[str, Mapping[str, Any]] = {
    "train": {"linewidth": 3.2, "alpha": 0.55, "markersize": 7},
    "test": {"linewidth": 1.4},
    "validation": {"linewidth": 1.4, "linestyle": (0, (4, 2.5))},
}

# Intervals across a picture, more than it has pixels.
BINS = 1000
# Where a metric with a highest value, such as R², fell further below it than CUT_BELOW, the axis ends at SHOWN_BELOW:
# otherwise all good values would be one line at the top.
SHOWN_BELOW, CUT_BELOW = 2, 6
# Larger losses are left out, as infinite ones are.
HIGHEST = 1e100


@dataclass(frozen=True, eq=False)
class Curve:
    """The points of a curve, and half the height of the band around it (None: no band)."""

    step: Array
    value: Array
    spread: Array | None = None


def title_of(record: RunRecord) -> str:
    """The name of a run, with its status unless it was completed."""
    return record.name if record.status == "completed" else f"{plain_text(record.name, 60)} ({tr(record.status)})"


def plot_run(record: RunRecord, folder: Path, kinds: Sequence[str] | None = None) -> None:
    """Write a picture of each metric of one run (or of those in ``kinds``) into ``folder``, created if necessary.

    Raises RunError when the run's steps are damaged and OSError when the pictures cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    title = title_of(record)
    for kind in record.metric_names if kinds is None else kinds:
        with picture(folder / f"{kind}.png", title, label_of(kind)) as (_, axes):
            drawn = []
            if kind == LOSS:
                curve = finite_curve(record.steps["step"], record.steps["loss"])
                both = record.metrics["objective"], record.metrics[f"train_{LOSS}"]
                alike = np.isclose(*both, rtol=0, atol=0, equal_nan=True)
                label = tr("batch objective") if not alike.all() else tr("batch loss")
                drawn += draw_curve(axes, curve, color=FAINT, alpha=0.6, linewidth=0.6, label=label)
            for part, colour in zip(PARTS, palette().colours, strict=False):
                curve = metric_curve(record, f"{part}_{kind}")
                drawn += draw_curve(axes, curve, color=colour, label=_with_final(part, curve), **LINES[part])
            scale_axes(axes, kind, drawn)
            if drawn:
                validated = is_measured(record, f"validation_{kind}")
                columns = 2 if validated else 3
                legend = axes.legend(loc="lower left", bbox_to_anchor=(-0.012, 1), ncols=columns, borderaxespad=0.2)
                # A single row may exceed the width of the axes, which keep theirs: a blank title reserves its height.
                legend.set_in_layout(validated)
                if not validated:
                    axes.set_title(" ", fontsize=9)


def label_of(kind: str) -> str:
    """The name of a metric in the current language."""
    metric = metrics[kind]
    return in_language(metric.label, metric.label_ja)


def is_measured(record: RunRecord, column: str) -> bool:
    """Whether a column of the evaluations has any finite value."""
    return bool(np.isfinite(record.metrics.get(column, np.nan)).any())


def metric_curve(record: RunRecord, column: str) -> Curve:
    """A column of the evaluations; without points where it was not measured."""
    step = record.metrics["step"]
    return finite_curve(step, record.metrics.get(column, np.full(len(step), np.nan)))


def thinned(step: Array, value: Array) -> tuple[Array, Array]:
    """The lowest and highest value of each of ``BINS`` intervals; drawn, it looks the same as all points."""
    if len(step) <= 2 * BINS:
        return step, value
    starts = np.linspace(0, len(step), BINS, endpoint=False, dtype=np.intp)
    ends = np.append(starts[1:], len(step)) - 1
    lowest, highest = np.minimum.reduceat(value, starts), np.maximum.reduceat(value, starts)
    return np.column_stack((step[starts], step[ends])).ravel(), np.column_stack((lowest, highest)).ravel()


def mean_curve(curves: Sequence[Curve]) -> Curve:
    """The mean over runs at every step that any of them has, and the sample standard deviation over them."""
    grid = np.unique(np.concatenate([curve.step for curve in curves]))
    if len(grid) > 2 * BINS:
        grid = grid[np.linspace(0, len(grid) - 1, 2 * BINS, dtype=np.intp)]
    values = np.full((len(curves), len(grid)), np.nan)
    for row, curve in zip(values, curves, strict=True):
        _, ours, theirs = np.intersect1d(grid, curve.step, assume_unique=True, return_indices=True)
        row[ours] = curve.value[theirs]
    count = np.isfinite(values).sum(axis=0)
    mean = np.nansum(values, axis=0) / count
    spread = np.sqrt(np.nansum((values - mean) ** 2, axis=0) / np.maximum(count - 1, 1))
    return Curve(grid, mean, spread)


def finite_curve(step: Array, value: Array) -> Curve:
    """The points that can be drawn: without NaN, infinite and very large values."""
    usable = np.abs(value) < HIGHEST
    return Curve(step[usable], value[usable])


def draw_curve(axes: Axes, curve: Curve, **style: Any) -> list[Line2D]:
    """Draw a curve and the band around it, if it has points."""
    if not len(curve.step):
        return []
    if len(curve.step) <= MARKED_POINTS:
        style = {"marker": "o", **style}
    elif len(curve.step) > 2 * BINS:
        style = {"linewidth": 0.8, **style}
    step, value = thinned(curve.step, curve.value)
    if curve.spread is not None:
        low, high = curve.value - curve.spread, curve.value + curve.spread
        axes.fill_between(curve.step, low, high, color=style["color"], alpha=0.2, linewidth=0)
    return axes.plot(step, value, **style)


def _with_final(part: str, curve: Curve) -> str:
    if not len(curve.value):
        return tr(part)
    final = f"{curve.value[-1]:.{4 if curve.value[-1] > 0.01 else 2}g}"
    return tr("{part} (final: {value})", part=tr(part), value=final)


def scale_axes(axes: Axes, kind: str, drawn: Sequence[Line2D], ceiling: float | None = None) -> None:
    """Show the whole range of a metric if it is finite; else use a log scale over two decades where the metric allows.

    Nothing above ``ceiling`` is shown.
    """
    metric = metrics[kind]
    if metric.range.finite:
        axes.set_ylim(*metric.range)
    if not drawn:
        write_nothing(axes)
        return
    if metric.range.finite:
        for line in drawn:  # a line along 0 or 1 keeps its full width
            line.set_clip_on(False)
        return
    values = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in drawn])
    best = metric.range.high
    if best < np.inf and values.min() < best - CUT_BELOW:
        axes.set_ylim(best - SHOWN_BELOW, best + 0.05 * SHOWN_BELOW)
        return
    seen = values[(values > 0) & (values <= (ceiling or HIGHEST))]
    if metric.log_scale and seen.size and seen.max() > 100 * seen.min():
        axes.set_yscale("log")
        axes.set_ylabel(tr("{label}, log scale", label=axes.get_ylabel()))
        axes.set_ylim(bottom=seen.min() / 1.2)
    elif ceiling is not None:
        axes.set_ylim(bottom=0)
    if ceiling is not None:
        axes.set_ylim(top=ceiling)
