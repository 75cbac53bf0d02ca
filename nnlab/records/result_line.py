"""The result of a run in one line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnlab.core.rows import CHOOSING_SPLITS, REPORTING_SPLITS, Row
from nnlab.html import block, line, table
from nnlab.language import tr
from nnlab.metric_columns import format_column, headline, labelled
from nnlab.metrics import LOSS
from nnlab.records.formats import ENDED_TRIALS, FINISHED
from nnlab.registry import metrics
from nnlab.text import format_value, one_line


def result_line(name: str, summary: Mapping[str, Any]) -> str:
    """The final metrics, steps and duration of a finished run in one line."""
    parts = []
    final, best = summary["final"], summary["best"]
    if isinstance(final, dict) and isinstance(best, dict):
        *held_out, train = CHOOSING_SPLITS
        named = {column: text for split in held_out for column, text in labelled(final, split).items()}
        for index, (column, text) in enumerate(named.items()):
            chosen = index == 0 and best.get(column) is not None
            parts.append(text)
            if chosen:
                value, step = format_column(column, best[column]), f"{best['step']:,}"
                parts[-1] += tr(" (best {value} at step {step})", value=value, step=step)
        parts += labelled(final, train).values()
        if final["objective"] is not None:
            objective = final["objective"]
            parts.append(f"{tr('objective')} {objective:{'.6f' if abs(objective) < 1e9 else '.6g'}}")
    steps, seconds = f"{summary['steps']:,}", f"{summary['train_seconds']:.2f}"
    parts.append(tr("{steps} steps in {seconds} s", steps=steps, seconds=seconds))
    return tr("{name}: {parts}", name=name, parts=tr(", ").join(parts))


def short_line(name: str, status: str, final: Row | None, steps: int) -> str:
    """A run in a few words: ``Run adam: test accuracy 0.9412, 1,000 steps, completed``."""
    measured = (list(labelled(final or {}, split).values()) for split in REPORTING_SPLITS)
    best_known = next(filter(None, measured), [])
    return f"Run {one_line(name, 100)}: {', '.join([*best_known, f'{steps:,} steps', status])}"


def run_html(
    name: str, status: str, summary: Mapping[str, Any], final: Row | None, best: Row | None, path: Path
) -> str:
    """A run for a notebook: its metrics on each split, the best evaluation, status, duration and folder."""
    metric_names = [*headline(final or {}), LOSS]
    rows = []
    is_best = final is not None and best is not None and final["step"] == best["step"]
    for row, words in ((final, ""), (None if is_best else best, "best ")):
        for split in REPORTING_SPLITS:
            cells = [_cell(row or {}, f"{split}_{metric}") for metric in metric_names]
            if any(cells):
                rows.append((f"{words}{split}", f"{int((row or {})['step'] or 0):,}", *cells))
    headings = ("", "step", *(metrics[metric].label for metric in metric_names))
    measured = table(headings, rows, numbers=range(1, len(headings))) if rows else ""
    message = one_line(str(summary["message"] or ""), 500)
    title = short_line(name, status, None, summary["steps"])
    seconds = f" in {summary['train_seconds']:.2f} s" if status in FINISHED else ""
    return block(line(title + seconds), measured, line(message) if message else "", line(path, small=True))


def _cell(row: Row, column: str) -> str:
    value = row.get(column)
    return "" if value is None else format_column(column, value)


def sweep_line(name: str, status: str, summary: Mapping[str, Any]) -> str:
    """A sweep in a few words: ``Sweep adam: 6 of 6 trials ended, best trial 2 (optimizer.lr 0.01), completed``."""
    ended = sum(summary["counts"].get(kind, 0) for kind in ENDED_TRIALS)
    parts = [f"{ended:,} of {summary['trials']:,} trials ended"]
    if best := summary["best"]:
        settings = ", ".join(
            f"{one_line(key, 60)} {one_line(format_value(value), 60)}" for key, value in best["settings"].items()
        )
        column = summary["goal"]["column"]
        measured = f"{column.replace('_', ' ')} {format_column(column, best['value'])}"
        parts.append(f"best trial {best['trial']:,} ({settings}) with {measured}")
    return f"Sweep {one_line(name, 100)}: {', '.join([*parts, status])}"
