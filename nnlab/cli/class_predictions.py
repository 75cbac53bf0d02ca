"""Predicted classes on the terminal."""

from typing import TYPE_CHECKING

from nnlab.cli.console import echo, results
from nnlab.language import in_language, tr
from nnlab.text import one_line

if TYPE_CHECKING:
    from nnlab.inference.prediction_table import PredictionTable

MOST_ROWS = 50
MOST_OF_STEPS = 500


def print_classes(table: "PredictionTable", top: int) -> None:
    """Print the predictions for the first samples with their ``top`` most probable classes."""
    from rich.table import Table
    from rich.text import Text

    from nnlab.inference.prediction_table import StepPredictions

    number = tr("probability") if table.softmax else tr("score")
    if isinstance(table, StepPredictions):
        number = tr("lowest probability") if table.softmax else tr("lowest score")
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    shown.add_column(tr("sample"), overflow="fold")
    shown.add_column(tr("prediction"), overflow="fold")
    shown.add_column(number, justify="right")
    others = min(top, len(table.class_names)) - 1 if table.steps is None else 0
    if others:
        shown.add_column(tr("next classes"), overflow="fold")
    for index, sample in enumerate(table.samples[:MOST_ROWS]):
        if isinstance(table, StepPredictions):
            steps = one_line(" ".join(table.names_of(index)), MOST_OF_STEPS)
            shown.add_row(*map(Text, (one_line(sample, 200), steps, f"{table.lowest(index):.4f}")))
            continue
        first, *rest = table.top(index, top)
        cells = [one_line(sample, 200), one_line(first.name), f"{first.probability:.4f}"]
        cells += [", ".join(f"{one_line(name)} {value:.4f}" for name, value in rest)] if others else []
        shown.add_row(*map(Text, cells))
    results().print(shown)
    if len(table) > MOST_ROWS:
        counts = ", ".join(f"{one_line(name)} {count:,}" for name, count in table.counts()[:20])
        left = len(table) - MOST_ROWS
        more = f"{left:,} {'sample' if left == 1 else 'samples'} more"
        echo(
            in_language(
                f"... and {more}; --csv FILE writes all. Predicted classes: {counts}",
                f"… 他 {left:,} 件（--csv FILE で全件を書き出し）。予測クラスの内訳：{counts}",
            )
        )
