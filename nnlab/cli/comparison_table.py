"""A comparison as a table for the terminal."""

from collections.abc import Sequence
from textwrap import wrap
from typing import NamedTuple

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from nnlab.cli.comparison_statistics import print_statistics
from nnlab.cli.console import results
from nnlab.comparisons.cells import (
    COLUMNS,
    DISPENSABLE,
    OPTIONAL,
    heading,
    measure_cell,
    measure_columns,
    setting_cell,
)
from nnlab.comparisons.comparison import Comparison
from nnlab.comparisons.labels import ABSENT
from nnlab.text import NO_BREAK_SPACE, breaking_after_commas, one_line

# A longer word may be broken to make a table fit.
WIDEST_WORD = 24
# Between two columns.
GAP = 2


class Column(NamedTuple):
    """A column before it is laid out."""

    heading: str
    cells: list[str]
    numbers: bool = False

    @property
    def widest(self) -> int:
        """The width that keeps every cell on one line."""
        return max(cell_len(line) for cell in (self.heading, *self.cells) for line in cell.splitlines() or [""])

    @property
    def narrowest(self) -> int:
        """The width that breaks no word, but for very long ones."""
        words = " ".join((self.heading, *self.cells)).split()
        return min(max(map(cell_len, words), default=1), WIDEST_WORD)


def print_comparison(comparison: Comparison) -> None:
    """Print the entries with the spec keys in which they differ, and what was not compared.

    Keys that do not fit beside each other share one column, in words; where their lines do not fit into that either,
    they follow in a block below the table, by the number of the row. Then losses and time are left out.
    """
    console = results()
    runs = Column("run", list(comparison.titles))
    status = [Column("status", [entry.status for entry in comparison.entries])]
    if any(comparison.tags):
        status.append(Column("tags", [", ".join(tags) for tags in comparison.tags]))
    keys = _key_columns(comparison)
    measures = _measure_columns(comparison)
    left, below = [runs, *keys], []
    columns = [*left, *measures.values(), *status]
    if keys and not _fits(columns, console.width):
        joined = _joined(keys)
        left = [runs, joined]
        columns = [*left, *measures.values(), *status]
        if _width(columns) + joined.widest - joined.narrowest > console.width:
            numbers = Column("#", [str(number) for number, _ in enumerate(comparison.entries, 1)], numbers=True)
            left, below = [numbers, runs], [numbers, _wrapped(joined, console.width - numbers.widest - GAP)]
            columns = [*left, *measures.values(), *status]
    left_out = []
    further = [name for name in reversed(measures) if name not in COLUMNS]
    for name in (*DISPENSABLE, *further):
        if name in measures and name != comparison.sort and not _fits(columns, console.width):
            left_out.append(measures.pop(name).heading)
            columns = [*left, *measures.values(), *status]
    console.print(laid_out(columns, console.width), soft_wrap=False)
    if below:
        console.print()
        console.print(laid_out(below, console.width), soft_wrap=False)
    if left_out:
        console.print(f"columns left out for lack of room: {', '.join(left_out)} (--csv - has all)")
    if comparison.sort in OPTIONAL:
        console.print(f"sorted by {comparison.sort.replace('_', ' ')}")
    print_statistics(comparison)
    for line in not_compared(comparison):
        console.print(Text(line))


def not_compared(comparison: Comparison) -> list[str]:
    """What was not compared, in lines: other folders by kind, then each damaged run with its damage."""
    counts = comparison.passed_over_counts
    skipped = [f"skipped: {counts}"] if counts else []
    return [*skipped, *(f"damaged, not compared: {run.message}" for run in comparison.damaged)]


def _fits(columns: Sequence[Column], width: int) -> bool:
    return _width(columns) <= width


def _width(columns: Sequence[Column]) -> int:
    return sum(column.narrowest + GAP for column in columns) - GAP


def laid_out(columns: Sequence[Column], width: int) -> Table | Text:
    """A table of these columns; the first ones, which name the runs, get the spare width."""
    one_line_each = all("\n" not in cell for column in columns for cell in column.cells)
    if one_line_each and sum(column.widest + GAP for column in columns) - GAP <= width:
        return _in_lines(columns)
    table = Table(box=SIMPLE_HEAD, padding=(0, GAP - 1, 0, 0), pad_edge=False, show_edge=False)
    fits = _fits(columns, width)
    spare = width + GAP - sum(column.narrowest + GAP for column in columns)
    for column in columns:
        more = max(0, min(spare, column.widest - column.narrowest))
        spare -= more
        table.add_column(
            Text(column.heading),
            justify="right" if column.numbers else "left",
            width=column.narrowest + more if fits else None,
            overflow="fold",
        )
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*map(Text, row))
    return table


def _in_lines(columns: Sequence[Column]) -> Text:
    """The table as rich prints it where every cell has one line: rich takes seconds for a thousand rows."""
    widths = [column.widest for column in columns]
    header = _line([column.heading for column in columns], columns, widths)
    table = Text(no_wrap=True, overflow="ignore").append(header + "\n", "table.header")
    table.append("─" * (sum(width + GAP for width in widths) - GAP))
    for row in zip(*(column.cells for column in columns), strict=True):
        table.append("\n" + _line(row, columns, widths))
    return table


def _line(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    padded = []
    for cell, column, width in zip(cells, columns, widths, strict=True):
        blank = " " * (width - cell_len(cell))
        padded.append(blank + cell if column.numbers else cell + blank)
    return (" " * GAP).join(padded)


def _wrapped(column: Column, width: int) -> Column:
    """A column of the block below in lines that end after a comma, not between a key and its value."""
    cells = ["\n".join(wrap(breaking_after_commas(cell), width)).replace(NO_BREAK_SPACE, " ") for cell in column.cells]
    return Column(column.heading, cells)


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
        Column(one_line(comparison.short_keys[key]), [setting_cell(entry, key) for entry in comparison.entries])
        for key in comparison.keys
    ]


def _measure_columns(comparison: Comparison) -> dict[str, Column]:
    return {
        name: Column(heading(name), [measure_cell(entry, name) for entry in comparison.entries], numbers=True)
        for name in measure_columns(comparison)
    }
