"""Columns of a table, laid out for the terminal."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

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


def fits(columns: Sequence[Column], width: int) -> bool:
    """Whether the columns fit beside each other without breaking a word."""
    return width_of(columns) <= width


def width_of(columns: Sequence[Column]) -> int:
    """The width of the columns beside each other where words are kept whole."""
    return sum(column.narrowest + GAP for column in columns) - GAP


def laid_out(columns: Sequence[Column], width: int) -> Table | Text:
    """A table of these columns; the first ones, which name the runs, get the spare width."""
    one_line_each = all("\n" not in cell for column in columns for cell in column.cells)
    if one_line_each and sum(column.widest + GAP for column in columns) - GAP <= width:
        return _in_lines(columns)
    table = Table(box=SIMPLE_HEAD, padding=(0, GAP - 1, 0, 0), pad_edge=False, show_edge=False)
    fitting = fits(columns, width)
    spare = width + GAP - sum(column.narrowest + GAP for column in columns)
    for column in columns:
        more = max(0, min(spare, column.widest - column.narrowest))
        spare -= more
        table.add_column(
            Text(column.heading),
            justify="right" if column.numbers else "left",
            width=column.narrowest + more if fitting else None,
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
