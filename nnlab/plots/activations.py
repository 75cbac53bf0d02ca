"""Activation histograms of untrained networks: a row for each network, a column for each layer."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from nnlab.core.arrays import Array
from nnlab.engine.activation_statistics import ActivationStatistics
from nnlab.errors import UsageError
from nnlab.language import tr
from nnlab.plots.canvas import canvas, plain_text
from nnlab.plots.palette import in_format, palette

ACTIVATIONS_FILE = "activations.png"

MOST_ROWS, MOST_COLUMNS = 40, 12
BINS = 30
PANEL = (1.45, 1.15)  # inches
LABEL_WIDTH = 16  # letters


def plot_untrained_activations(networks: Sequence[tuple[str, Sequence[ActivationStatistics]]], folder: Path) -> Path:
    """Write ``activations.png`` from (name, layers) of each network and return its path.

    The share of zeros of a ReLU is written above its panel and not drawn: its bar would dwarf the others. Raises
    UsageError for more than 40 networks and OSError when the picture cannot be written.
    """
    check_rows(len(networks))
    folder.mkdir(parents=True, exist_ok=True)
    chosen = [(name, _evenly(layers)) for name, layers in networks]
    rows, columns = len(chosen), max(len(layers) for _, layers in chosen)
    path = folder / ACTIVATIONS_FILE
    title = tr("activation histograms before training, one batch")
    with canvas(path, title, (max(5.5, PANEL[0] * columns + 1.5), PANEL[1] * rows + 0.8)) as figure:
        panels = figure.subplots(rows, columns, squeeze=False)
        for row, (name, layers) in zip(panels, chosen, strict=True):
            for axes, (_, spread) in zip(row, layers, strict=False):
                _draw(axes, spread)
            for axes in row[len(layers) :]:
                axes.set_visible(False)
            label = {"rotation": 0, "ha": "right", "va": "center", "fontsize": 9}
            row[0].set_ylabel(plain_text(name, LABEL_WIDTH), parse_math=False, **label)
        for column in range(columns):
            below = 0
            for row, (_, layers) in zip(panels[::-1], chosen[::-1], strict=True):
                if column < len(layers) and layers[column][0] != below:
                    below = layers[column][0]
                    row[column].set_xlabel(tr("activation {place}", place=below), fontsize=9)
    return in_format(path)


def check_rows(count: int) -> None:
    """Raise UsageError for more networks than a picture has rows."""
    if count > MOST_ROWS:
        raise UsageError(f"{count} specs are more than the {MOST_ROWS} rows that a picture has room for")


def _evenly(layers: Sequence[ActivationStatistics]) -> list[tuple[int, ActivationStatistics]]:
    """The layers with their numbers from 1; evenly spaced ones where not all fit."""
    places = np.unique(np.linspace(1, len(layers), min(len(layers), MOST_COLUMNS)).round().astype(int)).tolist()
    return [(place, layers[place - 1]) for place in places]


def _draw(axes: Axes, spread: ActivationStatistics) -> None:
    numbers = spread.outputs[np.isfinite(spread.outputs)].astype(np.float64)
    shown = numbers[numbers != 0] if spread.zero is not None else numbers
    limits = spread.limits or _around(shown if spread.zero is None else np.append(shown, 0))
    counts, edges = np.histogram(shown, bins=BINS, range=limits)
    axes.stairs(counts / max(1, counts.max()), edges, fill=True, color=palette().colours[0])
    axes.set_ylim(0, 1.05)
    axes.set_xlim(*limits)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.tick_params(labelsize=7)
    axes.locator_params(axis="x", nbins=3)
    axes.xaxis.set_major_formatter("{x:.3g}")
    sound = numbers.size == spread.outputs.size
    notes = [tr("std {value}", value=f"{numbers.std():.2g}" if sound and numbers.size else "–")]
    if spread.zero is not None:
        notes.append(tr("zero {share}", share=f"{spread.zero:.0%}"))
    if spread.saturated is not None:
        notes.append(tr("saturated {share}", share=f"{spread.saturated:.0%}"))
    axes.set_title(", ".join(notes), fontsize=7)


def _around(numbers: Array) -> tuple[float, float]:
    """The range of these numbers; a range of zero is widened to 1."""
    low, high = (float(numbers.min()), float(numbers.max())) if numbers.size else (0.0, 0.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)
