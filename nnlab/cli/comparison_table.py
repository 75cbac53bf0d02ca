"""A comparison as a table for the terminal."""

from typing import NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from nnlab.cli.console import results
from nnlab.records.comparison import Comparison
from nnlab.records.entries import Entry
from nnlab.records.labels import ABSENT, one_line, written

HEADINGS = {
    "test_accuracy": "test acc",
    "best_test_accuracy": "best test acc @step",
    "train_accuracy": "train acc",
    "test_loss": "test loss",
    "train_loss": "train loss",
    "train_seconds": "seconds",
}


# A longer word may be broken to make a table fit.
WIDEST_WORD = 24


class Column(NamedTuple):
    """A column before it is laid out."""

    heading: str
    cells: list[str]
    numbers: bool = False

    @property
    def narrowest(self) -> int:
        """The width that breaks no word."""
        return max(len(word) for text in (self.heading, *self.cells) for word in text.split() or [""])


def print_comparison(comparison: Comparison) -> None:
    """Print the entries with the spec keys in which they differ, and the runs that could not be read.

    Where the keys do not fit beside each other they share one column, in words.
    """
    console = results()
    keys = _key_columns(comparison)
    separate = _table(comparison, keys)
    joined = _table(comparison, [_joined(keys)])
    if _fits(console, separate):
        console.print(separate, soft_wrap=False)
    elif _fits(console, joined):
        console.print(joined, soft_wrap=False)
    else:
        console.print(_table(comparison, [_joined(keys)], break_words=True), soft_wrap=False)
    for run in comparison.damaged:
        console.print(Text(f"damaged, not compared: {run.message}"))


def _fits(console: Console, table: Table) -> bool:
    unlimited = console.options.update(max_width=100_000)
    return Measurement.get(console, unlimited, table).minimum <= console.width


def _table(comparison: Comparison, keys: list[Column], *, break_words: bool = False) -> Table:
    columns = [Column("run", list(comparison.titles)), *keys, *_measure_columns(comparison)]
    columns.append(Column("status", [entry.status for entry in comparison.entries]))
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(
            Text(column.heading),
            justify="right" if column.numbers else "left",
            min_width=None if break_words else min(column.narrowest, WIDEST_WORD),
            overflow="fold",
        )
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*map(Text, row))
    return table


def _joined(keys: list[Column]) -> Column:
    rows = zip(*(column.cells for column in keys), strict=True)
    headings = [column.heading for column in keys]
    cells = [
        ", ".join(f"{heading} {cell}" for heading, cell in zip(headings, row, strict=True) if cell != ABSENT)
        for row in rows
    ]
    return Column("differs in", cells)


def _key_columns(comparison: Comparison) -> list[Column]:
    return [
        Column(
            one_line(comparison.short_keys[key]),
            [
                one_line(written(entry.settings[key])) if key in entry.settings else ABSENT
                for entry in comparison.entries
            ],
        )
        for key in comparison.keys
    ]


def _measure_columns(comparison: Comparison) -> list[Column]:
    """The usual numbers, and the one that was sorted by."""
    names = dict.fromkeys(HEADINGS)
    if any(comparison.sort in entry.measures for entry in comparison.entries):
        names |= {comparison.sort: None}
    return [
        Column(HEADINGS.get(name, one_line(name)), [_cell(entry, name) for entry in comparison.entries], numbers=True)
        for name in names
        if name != "best_step"
    ]


def _cell(entry: Entry, name: str) -> str:
    spread = entry.measures.get(name)
    if spread is None:
        return ABSENT
    number = _accuracy if name.endswith("accuracy") else _seconds if name.endswith("seconds") else _number
    if spread.std is not None:
        return f"{number(spread.mean)} ±{number(spread.std)}"
    if name == "best_test_accuracy":
        return f"{number(spread.mean)} @{entry.measures['best_step'].mean:.0f}"
    return number(spread.mean)


def _accuracy(value: float) -> str:
    return f"{value:.4f}"


def _seconds(value: float) -> str:
    return f"{value:.2f}"


def _number(value: float) -> str:
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.3g}"
