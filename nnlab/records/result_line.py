"""The result of a run in one line."""

from collections.abc import Mapping
from typing import Any

from nnlab.core.rows import CHOOSING_SPLITS
from nnlab.metric_columns import format_column, labelled


def result_line(name: str, summary: Mapping[str, Any]) -> str:
    """The final metrics, steps and duration of a finished run in one line."""
    parts = []
    final, best = summary["final"], summary["best"]
    if isinstance(final, dict) and isinstance(best, dict):
        *held_out, train = CHOOSING_SPLITS
        named = {column: text for split in held_out for column, text in labelled(final, split).items()}
        for index, (column, text) in enumerate(named.items()):
            chosen = index == 0 and best.get(column) is not None
            chosen_by = f" (best {format_column(column, best[column])} at step {best['step']:,})" if chosen else ""
            parts.append(f"{text}{chosen_by}")
        parts += labelled(final, train).values()
        if final["objective"] is not None:
            objective = final["objective"]
            parts.append(f"objective {objective:{'.6f' if abs(objective) < 1e9 else '.6g'}}")
    parts.append(f"{summary['steps']:,} steps in {summary['train_seconds']:.2f} s")
    return f"{name}: {', '.join(parts)}"
