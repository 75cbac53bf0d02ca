"""The curves of several runs in one picture."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nnlab.comparisons.comparison import Comparison
from nnlab.comparisons.entries import Entry
from nnlab.core.rows import REPORTING_SPLITS
from nnlab.language import tr
from nnlab.plots.canvas import DPI, HEIGHT, MARKED_POINTS, WIDTH, picture, plain_text
from nnlab.plots.curves import (
    LINES,
    PARTS,
    Curve,
    draw_curve,
    is_measured,
    label_of,
    mean_curve,
    metric_curve,
    scale_axes,
    thinned,
)
from nnlab.plots.palette import COLOUR_COUNT, FAINT, LINE_STYLES, palette
from nnlab.text import NO_BREAK_SPACE, breaking_after_commas

# A comparison of at most this many entries shows training curves beside those of the test set.
ENTRIES_WITH_TRAIN = 3
# Entries with a colour and line style of their own and a line in the legend; the others are grey.
ENTRIES_IN_LEGEND = COLOUR_COUNT * len(LINE_STYLES)
LEGEND_WIDTH = 36  # letters
LEGEND_LINES = 3
LEGEND_LINES_PER_COLUMN = 32


def plot_comparison(comparison: Comparison, folder: Path, kinds: Sequence[str] | None = None) -> None:
    """Write a picture of each metric (or of those in ``kinds``) with the curves of all entries into ``folder``.

    Entries averaged over seeds are their mean with a band of one standard deviation. Raises OSError when the pictures
    cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = dict.fromkeys(name for entry in comparison.entries for run in entry.runs for name in run.metric_names)
    for kind in names if kinds is None else kinds:
        shown = [_shown_part(entry, kind) for entry in comparison.entries]
        part = min(shown, key=REPORTING_SPLITS.index)
        both = part != "train" and len(comparison.entries) <= ENTRIES_WITH_TRAIN
        words = {"kind": label_of(kind), "part": tr(part)}
        ylabel = tr("{kind} (thin: {part}, thick: train)", **words) if both else tr("{part} {kind}", **words)
        with picture(folder / f"{kind}.png", _comparison_title(comparison), ylabel) as (figure, axes):
            drawn: list[Line2D] = []
            notes = [tr(name) if name != part else "" for name in shown]
            labels = _legend_labels(comparison, notes)
            listed = zip(comparison.entries[:ENTRIES_IN_LEGEND], labels, strict=False)
            for index, (entry, label) in enumerate(listed):
                drawn += _draw_entry(axes, entry, kind, index, label, both)
            drawn += _draw_unlisted(axes, comparison.entries[ENTRIES_IN_LEGEND:], kind)
            scale_axes(axes, kind, drawn, _ceiling(comparison, kind))
            _legend_beside(figure, drawn, len(comparison.entries) - ENTRIES_IN_LEGEND)


def _draw_entry(axes: Axes, entry: Entry, kind: str, index: int, label: str, both: bool) -> list[Line2D]:
    """Draw an entry's curve of its preferred split and, with ``both``, its training curve."""
    style: dict[str, Any] = {
        "color": palette().colours[index % COLOUR_COUNT],
        "linestyle": LINE_STYLES[index // COLOUR_COUNT],
        "linewidth": 1.6,
        "zorder": 3 - index / 1000,
    }
    part = _shown_part(entry, kind)
    lines = draw_curve(axes, _entry_curve(entry, f"{part}_{kind}"), **style)
    for line in lines:
        line.set_label(label)
    if both and part != "train":
        train = {**style, **LINES["train"], "alpha": 0.35, "zorder": 2 - index / 1000, "label": "_"}
        lines += draw_curve(axes, _entry_curve(entry, f"train_{kind}"), **train)
    return lines


def _draw_unlisted(axes: Axes, entries: Sequence[Entry], kind: str) -> list[Line2D]:
    """Draw the curves of all other entries as one grey line with gaps: a line each takes seconds for a sweep."""
    curves = [_entry_curve(entry, f"{_shown_part(entry, kind)}_{kind}") for entry in entries]
    thin = [thinned(curve.step, curve.value) for curve in curves if len(curve.step)]
    if not thin:
        return []
    gap = [np.nan]
    step, value = (np.concatenate([part for points in thin for part in (points[axis], gap)]) for axis in (0, 1))
    marked = all(len(points[0]) <= MARKED_POINTS for points in thin)
    style: dict[str, Any] = {"marker": "o"} if marked else {}
    return axes.plot(step, value, color=FAINT, linewidth=0.6, zorder=2, label="_", **style)


def _entry_curve(entry: Entry, column: str) -> Curve:
    curves = [metric_curve(run, column) for run in entry.runs]
    return curves[0] if len(curves) == 1 else mean_curve(curves)


def _shown_part(entry: Entry, kind: str) -> str:
    measured = (part for part in REPORTING_SPLITS if any(is_measured(run, f"{part}_{kind}") for run in entry.runs))
    return next(measured, REPORTING_SPLITS[-1])


def _ceiling(comparison: Comparison, kind: str) -> float | None:
    """The top of the axes where diverged runs would hide the others; None where none does."""
    sound = diverged = 0.0
    for run in (run for entry in comparison.entries for run in entry.runs):
        columns = [metric_curve(run, f"{part}_{kind}").value for part in PARTS]
        highest = float(np.concatenate(columns).max(initial=0))
        if run.status == "diverged":
            diverged = max(diverged, highest)
        else:
            sound = max(sound, highest)
    return 1.5 * sound if 0 < 1.5 * sound < diverged else None


def _comparison_title(comparison: Comparison) -> str:
    runs = sum(len(entry.runs) for entry in comparison.entries)
    title = tr("1 run") if runs == 1 else tr("{runs} runs", runs=runs)
    if any(entry.seeds for entry in comparison.entries):
        return tr("{runs}; lines: mean over seeds, bands: ± one standard deviation", runs=title)
    return title


def _legend_labels(comparison: Comparison, parts: Sequence[str]) -> list[str]:
    """A label for each entry: its settings, or its title where they are too long or not unique.

    ``parts`` names the split of an entry whose curve shows another one than the axis says.
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
    """A label wrapped to the legend's width; None where it takes too many lines."""
    text = breaking_after_commas(plain_text(label, 120))
    # matplotlib leaves labels with a leading underscore out of legends.
    lines = wrap(NO_BREAK_SPACE + text if text.startswith("_") else text, LEGEND_WIDTH)
    return lines if len(lines) <= LEGEND_LINES else None


def _legend_beside(figure: Figure, drawn: Sequence[Line2D], more: int) -> None:
    """A legend right of the axes; the figure grows to hold it."""
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
