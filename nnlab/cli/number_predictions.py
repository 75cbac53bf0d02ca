"""Predicted numbers on the terminal."""

from typing import TYPE_CHECKING

from nnlab.cli.console import echo, results
from nnlab.language import in_language, tr
from nnlab.text import one_line

if TYPE_CHECKING:
    from nnlab.inference.number_predictions import NumberPredictions

MOST_ROWS = 50
MOST_TARGETS = 12


def print_numbers(table: "NumberPredictions") -> None:
    """Print the predictions of the first samples, in the user's units."""
    from itertools import islice

    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    shown.add_column(tr("sample"), overflow="fold")
    if table.steps is not None:
        shown.add_column(tr("step"), justify="right")
    names = [one_line(name, 40) for name in table.target_names[:MOST_TARGETS]]
    for name in names:
        shown.add_column(tr("predicted {target}", target=name), justify="right")
    for sample, step, numbers in islice(table.rows(), MOST_ROWS):
        place = () if step is None else (str(step),)
        cells = [one_line(sample, 200), *place, *(f"{number:.6g}" for number in numbers[: len(names)])]
        shown.add_row(*map(Text, cells))
    results().print(shown)
    rows = max(len(table) * (table.steps or 1) - MOST_ROWS, 0)
    targets = len(table.target_names) - len(names)
    if rows or targets:
        more = " and ".join(_counted(count, noun) for count, noun in ((rows, "row"), (targets, "target")) if count)
        more_ja = "、".join(f"{count:,} {unit}" for count, unit in ((rows, "行"), (targets, "目的変数")) if count)
        echo(
            in_language(f"... and {more} more; --csv FILE writes all", f"… 他 {more_ja}（--csv FILE で全件を書き出し）")
        )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"
