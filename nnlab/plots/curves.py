"""Accuracy and loss over the steps: of one run, and of several in one picture."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nnlab.compare.comparison import Comparison
from nnlab.compare.entries import Entry
from nnlab.core.arrays import Array
from nnlab.plots.canvas import DPI, HEIGHT, MARKED_POINTS, WIDTH, picture, plain_text, write_nothing
from nnlab.plots.palette import COLOUR_COUNT, FAINT, LINE_STYLES, palette, tr
from nnlab.records.reader import RunRecord

FILES = {"accuracy": "accuracy.png", "loss": "loss.png"}

PARTS = ("train", "test", "validation")
# What a comparison shows of each run: the first of these that it has.
PREFERRED = ("test", "validation", "train")

# Each split's line, from the bottom up: a broad pale line, a thin one over it and a dashed one over both, so that none
# is hidden where the curves coincide.
LINES: Mapping[str, Mapping[str, Any]] = {
    "train": {"linewidth": 3.2, "alpha": 0.55, "markersize": 7},
    "test": {"linewidth": 1.4},
    "validation": {"linewidth": 1.4, "linestyle": (0, (4, 2.5))},
}

# Bins across a picture: more than it has pixels to show.
BINS = 1000
# Losses beyond this are drawn like infinite ones: not at all.
HIGHEST = 1e100
# A comparison of at most this many entries shows training curves beside those of the test set.
ENTRIES_WITH_TRAIN = 3
# So many entries have a colour and line style of their own and a line in the legend.
ENTRIES_IN_LEGEND = COLOUR_COUNT * len(LINE_STYLES)
LEGEND_WIDTH = 36  # letters
LEGEND_LINES = 3
LEGEND_LINES_PER_COLUMN = 32


@dataclass(frozen=True, eq=False)
class Curve:
    """Points to connect, and half the height of the band around them (None: no band)."""

    step: Array
    value: Array
    spread: Array | None = None


def title_of(record: RunRecord) -> str:
    """The name of a run, with its status unless it was completed."""
    return record.name if record.status == "completed" else f"{plain_text(record.name, 60)} ({tr(record.status)})"


def plot_run(record: RunRecord, folder: Path, kinds: Sequence[str] = tuple(FILES)) -> None:
    """Write ``accuracy.png`` and ``loss.png`` of one run (or one of them) into ``folder``, made if need be.

    Raises RunError when the run's steps are damaged and OSError when the pictures cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    title = title_of(record)
    for kind in kinds:
        with picture(folder / FILES[kind], title, tr(kind)) as (_, axes):
            drawn = []
            if kind == "loss":
                curve = _curve(record.steps["step"], record.steps["loss"])
                metrics = record.metrics
                alike = np.isclose(metrics["objective"], metrics["train_loss"], rtol=0, atol=0, equal_nan=True)
                label = tr("batch objective") if not alike.all() else tr("batch loss")
                drawn += _draw(axes, curve, color=FAINT, alpha=0.6, linewidth=0.6, label=label)
            for part, colour in zip(PARTS, palette().colours, strict=False):
                curve = _curve(record.metrics["step"], record.metrics[f"{part}_{kind}"])
                drawn += _draw(axes, curve, color=colour, label=_with_final(part, curve), **LINES[part])
            _scale(axes, kind, drawn)
            if drawn:
                validated = np.isfinite(record.metrics[f"validation_{kind}"]).any()
                columns = 2 if validated else 3
                legend = axes.legend(loc="lower left", bbox_to_anchor=(-0.012, 1), ncols=columns, borderaxespad=0.2)
                # One row may be as wide as it likes, the axes keep their width: a blank title makes room for it.
                legend.set_in_layout(bool(validated))
                if not validated:
                    axes.set_title(" ", fontsize=9)


def plot_comparison(comparison: Comparison, folder: Path) -> None:
    """Write ``accuracy.png`` and ``loss.png`` with the curves of all entries into ``folder``.

    Entries averaged over seeds are their mean with a band of one standard deviation. Raises OSError when the pictures
    cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for kind, file in FILES.items():
        shown = [_shown_part(entry, kind) for entry in comparison.entries]
        part = min(shown, key=PREFERRED.index)
        both = part != "train" and len(comparison.entries) <= ENTRIES_WITH_TRAIN
        words = {"kind": tr(kind), "part": tr(part)}
        ylabel = tr("{kind} (thin: {part}, thick: train)", **words) if both else tr("{part} {kind}", **words)
        with picture(folder / file, _comparison_title(comparison), ylabel) as (figure, axes):
            drawn: list[Line2D] = []
            notes = [tr(name) if name != part else "" for name in shown]
            labels = _legend_labels(comparison, notes)
            for index, (entry, label) in enumerate(zip(comparison.entries, labels, strict=True)):
                drawn += _draw_entry(axes, entry, kind, index, label, both)
            _scale(axes, kind, drawn, _ceiling(comparison, kind))
            _legend_beside(figure, drawn, len(comparison.entries) - ENTRIES_IN_LEGEND)


def thinned(step: Array, value: Array) -> tuple[Array, Array]:
    """The lowest and highest value of each of ``BINS`` stretches: looks the same, however long the run was."""
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


def _curve(step: Array, value: Array) -> Curve:
    """The points that can be drawn: NaN, infinite and absurdly large values are not."""
    usable = np.abs(value) < HIGHEST
    return Curve(step[usable], value[usable])


def _draw(axes: Axes, curve: Curve, **style: Any) -> list[Line2D]:
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


def _draw_entry(axes: Axes, entry: Entry, kind: str, index: int, label: str, both: bool) -> list[Line2D]:
    """Draw an entry's test curve (or what it has instead) and, with ``both``, its training curve."""
    listed = index < ENTRIES_IN_LEGEND
    style: dict[str, Any] = {
        "color": palette().colours[index % COLOUR_COUNT] if listed else FAINT,
        "linestyle": LINE_STYLES[index // COLOUR_COUNT % len(LINE_STYLES)],
        "linewidth": 1.6 if listed else 0.6,
        "zorder": 3 - index / 1000,
    }
    part = _shown_part(entry, kind)
    lines = _draw(axes, _entry_curve(entry, f"{part}_{kind}"), **style)
    for line in lines:
        line.set_label(label if listed else "_")
    if both and part != "train":
        train = {**style, **LINES["train"], "alpha": 0.35, "zorder": 2 - index / 1000, "label": "_"}
        lines += _draw(axes, _entry_curve(entry, f"train_{kind}"), **train)
    return lines


def _entry_curve(entry: Entry, column: str) -> Curve:
    curves = [_curve(run.metrics["step"], run.metrics[column]) for run in entry.runs]
    return curves[0] if len(curves) == 1 else mean_curve(curves)


def _shown_part(entry: Entry, kind: str) -> str:
    """Which of its curves stands for an entry."""
    return next((part for part in PREFERRED if _has(entry, f"{part}_{kind}")), PREFERRED[-1])


def _has(entry: Entry, column: str) -> bool:
    return any(bool(np.isfinite(run.metrics[column]).any()) for run in entry.runs)


def _with_final(part: str, curve: Curve) -> str:
    if not len(curve.value):
        return tr(part)
    final = f"{curve.value[-1]:.{4 if curve.value[-1] > 0.01 else 2}g}"
    return tr("{part} (final: {value})", part=tr(part), value=final)


def _ceiling(comparison: Comparison, kind: str) -> float | None:
    """The height up to which runs are worth seeing: those that diverged may leave the picture at its top."""
    sound = diverged = 0.0
    for run in (run for entry in comparison.entries for run in entry.runs):
        columns = [_curve(run.metrics["step"], run.metrics[f"{part}_{kind}"]).value for part in PARTS]
        highest = float(np.concatenate(columns).max(initial=0))
        if run.status == "diverged":
            diverged = max(diverged, highest)
        else:
            sound = max(sound, highest)
    return 1.5 * sound if 0 < 1.5 * sound < diverged else None


def _scale(axes: Axes, kind: str, drawn: Sequence[Line2D], ceiling: float | None = None) -> None:
    """Accuracies from 0 to 1; a log scale for losses over more than two decades, nothing above the ceiling."""
    if kind == "accuracy":
        axes.set_ylim(0, 1)
    if not drawn:
        write_nothing(axes)
        return
    if kind == "accuracy":
        for line in drawn:  # one along 0 or 1 is shown in its whole width
            line.set_clip_on(False)
        return
    values = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in drawn])
    seen = values[(values > 0) & (values <= (ceiling or HIGHEST))]
    if kind == "loss" and seen.size and seen.max() > 100 * seen.min():
        axes.set_yscale("log")
        axes.set_ylabel(tr("{label}, log scale", label=axes.get_ylabel()))
        axes.set_ylim(bottom=seen.min() / 1.2)
    elif ceiling is not None:
        axes.set_ylim(bottom=0)
    if ceiling is not None:
        axes.set_ylim(top=ceiling)


def _comparison_title(comparison: Comparison) -> str:
    runs = sum(len(entry.runs) for entry in comparison.entries)
    title = tr("1 run") if runs == 1 else tr("{runs} runs", runs=runs)
    if any(entry.seeds for entry in comparison.entries):
        return tr("{runs}; lines: mean over seeds, bands: ± one standard deviation", runs=title)
    return title


def _legend_labels(comparison: Comparison, parts: Sequence[str]) -> list[str]:
    """A text for each entry: what sets it apart, or its title where that is too long or not its alone.

    Entries whose curve shows another part of the data than the picture says are marked with it in ``parts``.
    """
    texts = [_lines(label) for label in comparison.labels]
    clear = [text is not None and texts.count(text) == 1 for text in texts]
    labels = []
    rows = zip(comparison.entries, parts, texts, clear, comparison.titles, strict=True)
    for entry, part, text, is_clear, title in rows:
        notes = [tr(entry.status)] if entry.status != "completed" else []
        notes += [part] if part else []
        lines = text if text and is_clear else _lines(title) or [plain_text(title, LEGEND_WIDTH)]
        note = f" ({', '.join(notes)})" if notes else ""
        apart = len(lines[-1]) + len(note) > LEGEND_WIDTH
        labels.append("\n".join([*lines, note.strip()] if apart else [*lines[:-1], lines[-1] + note]))
    return labels


def _lines(label: str) -> list[str] | None:
    """A label in lines of the legend's width; None where it takes too many."""
    # Only commas may end a line; and matplotlib leaves labels that begin with an underscore out of legends.
    unbroken = re.sub("(?<!,) |^(?=_)", "\N{NO-BREAK SPACE}", plain_text(label, 120))
    lines = wrap(unbroken, LEGEND_WIDTH)
    return lines if len(lines) <= LEGEND_LINES else None


def _legend_beside(figure: Figure, drawn: Sequence[Line2D], more: int) -> None:
    """A legend right of the axes; the picture grows as wide and high as it needs."""
    lines = [line for line in drawn if not str(line.get_label()).startswith("_")]
    if more > 0:
        lines.append(Line2D([], [], color=FAINT, linewidth=0.6, label=tr("… and {more} more", more=more)))
    if not lines:
        return
    text_lines = sum(str(line.get_label()).count("\n") + 1 for line in lines)
    columns = -(-text_lines // LEGEND_LINES_PER_COLUMN)
    legend = figure.legend(handles=lines, loc="outside right upper", ncols=columns)
    for text in legend.get_texts():
        text.set_parse_math(False)
    size = legend.get_window_extent()
    figure.set_size_inches(WIDTH + size.width / DPI, max(HEIGHT, size.height / DPI + 0.3))
