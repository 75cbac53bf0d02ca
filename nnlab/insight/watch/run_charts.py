"""The charts of a run: objective, metrics on each split, gradient norms of the layers."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.rows import SPLITS
from nnlab.insight.watch.chart import Chart, Series, is_log
from nnlab.insight.watch.curve import Curve
from nnlab.insight.watch.followed_run import FollowedRun
from nnlab.language import in_language, tr
from nnlab.metric_columns import bounds_of, format_column
from nnlab.metrics import LOSS
from nnlab.registry import metrics
from nnlab.text import one_line

# Of the 16 colours that a terminal's theme chooses to be readable.
SPLIT_COLOURS = {"train": "cyan", "validation": "green", "test": "yellow"}
SPLIT_GAPS = {"train": 0, "validation": 2, "test": 1}
LAYER_COLOURS = ("cyan", "yellow", "green", "magenta", "blue", "red")
OBJECTIVE_COLOUR = "cyan"
OBJECTIVE_WINDOWS, GRADIENT_WINDOWS = 50, 25
"""Noisy curves are means over this share of the steps."""


def run_charts(run: FollowedRun, *, flipped: bool = False) -> list[Chart]:
    """The charts that a run has numbers for, the most important first.

    ``flipped`` turns the logarithmic axes of objective, losses and gradient norms to linear ones, and the other way.
    """
    primary, *others = run.metric_names or [LOSS]
    first = [_metric(run, name) for name in dict.fromkeys((primary, LOSS))]
    further = [_metric(run, name) for name in others if name != LOSS]
    found = [chart for chart in (_objective(run), *first, _gradients(run), *further) if chart is not None]
    return [_flipped(chart) for chart in found] if flipped else found


def shown_layers(layers: Sequence[str], most: int) -> list[str]:
    """At most this many of the layers, evenly spaced, the first and the last among them."""
    if len(layers) <= most:
        return list(layers)
    return [layers[round(place)] for place in np.linspace(0, len(layers) - 1, most)] if most > 1 else [layers[0]]


def _flipped(chart: Chart) -> Chart:
    if chart.log is False:
        return chart
    return replace(chart, log=not is_log(chart))


def _objective(run: FollowedRun) -> Chart | None:
    if not run.objective:
        return None
    window = run.step / OBJECTIVE_WINDOWS
    series = Series("", *run.objective.smoothed(window), colour=OBJECTIVE_COLOUR, dots=run.objective.points())
    return _chart(_smoothed_title(tr("objective"), window), [series], run.step, log=None)


def _smoothed_title(title: str, window: float) -> str:
    if window < 2:
        return title
    return tr("{title}, {notes}", title=title, notes=tr("mean of {steps} steps", steps=f"{window:,.0f}"))


def _metric(run: FollowedRun, name: str) -> Chart | None:
    columns = {split: f"{split}_{name}" for split in SPLITS}
    found = [
        Series(
            tr(split),
            *run.measured[column].points(),
            colour=SPLIT_COLOURS[split],
            newest=format_column(column, _newest(run.measured[column])),
            gap=SPLIT_GAPS[split],
        )
        for split, column in columns.items()
        if run.measured.get(column)
    ]
    if not found:
        return None
    metric = metrics[name]
    finite = bounds_of(f"train_{name}").finite
    return _chart(in_language(metric.label, metric.label_ja), found, run.step, log=False if finite else None)


def _gradients(run: FollowedRun) -> Chart | None:
    layers = list(run.gradient_norms)
    if not layers:
        return None
    shown, window = shown_layers(layers, len(LAYER_COLOURS)), run.step / GRADIENT_WINDOWS
    series = [
        Series(
            one_line(layer, 20),
            *_positive(run.gradient_norms[layer].smoothed(window)),
            colour=colour,
            newest=f"{_newest(run.gradient_norms[layer]):.2g}",
            gap=gap,
            dots=_positive(run.gradient_norms[layer].points()),
        )
        for gap, (layer, colour) in enumerate(zip(shown, LAYER_COLOURS, strict=False))
    ]
    title = _smoothed_title(tr("gradient norm"), window)
    if len(shown) < len(layers):
        notes = tr("{shown} of {layers} layers", shown=len(shown), layers=len(layers))
        title = tr("{title}, {notes}", title=title, notes=notes)
    return _chart(title, series, run.step, log=True)


def _positive(points: tuple[Array, Array]) -> tuple[Array, Array]:
    """The points that a logarithmic axis has: a gradient of exactly 0 has none."""
    steps, norms = points
    return steps[norms > 0], norms[norms > 0]


def _newest(curve: Curve) -> float:
    return curve.last[1] if curve.last else float("nan")


def _chart(title: str, series: Sequence[Series], last_step: int, *, log: bool | None) -> Chart:
    return Chart(title, series, last_step, log, log_words=tr("log"))
