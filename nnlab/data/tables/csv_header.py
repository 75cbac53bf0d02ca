"""The names of a CSV file's columns, and whether its first row holds them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise
from math import isfinite

from nnlab.data.tables.csv_cells import Cells, normalised
from nnlab.data.tables.csv_text import CsvFormat, Row
from nnlab.errors import DataError
from nnlab.text import near_name, quote

MOST_AHEAD_ROWS, MOST_AHEAD_CELLS = 1000, 200_000
"""How much of the table is looked at before it is read."""

_HEADER_HINT = "if it is a sample, add header: false to data (header: true if these are names)"


@dataclass(frozen=True)
class Head:
    """The names of all columns, and the first rows below them, stripped, as far as they have been looked at."""

    names: tuple[str, ...]
    line: int
    ahead: list[Row]
    notes: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.names)

    @cached_property
    def place(self) -> dict[str, int]:
        """Where each column stands."""
        return {name: column for column, name in enumerate(self.names)}

    def column(self, wanted: str, where: str) -> int:
        """The place of a column; raises DataError, which begins with ``where`` and names a near one."""
        name = normalised(wanted)
        if name in self.place:
            return self.place[name]
        known = [other for other in self.names if other]
        near = near_name(name, known)
        hint = f"did you mean {quote(near)}?" if near else f"the columns are {quote(', '.join(known), limit=200)}"
        raise DataError(f"{where}: no column {quote(wanted)}; {hint}")

    def cells(self, column: int) -> list[str]:
        """What stands below a name, as far as it has been looked at."""
        return [cells[column] for _, cells in self.ahead if column < len(cells)]


def stripped(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows that hold anything, with stripped cells."""
    for line, row in rows:
        cells = [cell.strip() for cell in row]
        if any(cells):
            yield line, cells


def read_head(rows: Iterable[Row], form: CsvFormat, name: str) -> Head:
    """Read the names and some rows below them.

    Raises DataError when there is no such row, when it looks like a sample, or has a name twice.
    """
    cells = Cells(form)
    ahead, comments = _look_ahead(stripped(rows))
    if not ahead:
        raise DataError(f"{name}: expected a header row and samples, found an empty file")
    if form.header is False:
        _refuse_names(ahead, cells, name)
        width = max(1, len(_without_blank_end(ahead[0][1], ahead)))
        return Head(tuple(f"c{number}" for number in range(1, width + 1)), ahead[0][0], ahead)
    line, first = ahead[0]
    if comments and _is_commented_header(comments[-1][1], ahead, cells):
        line, first = comments[-1]
        first = [first[0].lstrip("# "), *first[1:]]
        note = f"line {line}, a comment, holds the names of the columns"
        names = tuple(map(normalised, first))
        return Head(names, line, ahead, (note,))
    where = f"{name}:{line}"
    if form.header == "auto":
        _refuse_title(ahead, name)
        _refuse_sample(first, ahead[1:], cells, where)
    names = tuple(map(normalised, _without_blank_end(first, ahead)))
    twice = next((column for column, count in Counter(names).items() if column and count > 1), None)
    if twice is not None:
        raise DataError(f"{where}: expected a header row with every name once, found {quote(twice)} twice")
    return Head(names, line, ahead[1:])


def _look_ahead(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """The first rows, and the comments (lines with # at their start) that stand before them."""
    ahead: list[Row] = []
    comments: list[Row] = []
    count = 0
    for line, cells in islice(rows, MOST_AHEAD_ROWS):
        if not ahead and cells[0].startswith("#"):
            comments.append((line, cells))
            continue
        ahead.append((line, cells))
        count += len(cells)
        if count > MOST_AHEAD_CELLS and len(ahead) > 2:
            break
    return ahead, comments


def _without_blank_end(first: list[str], ahead: Sequence[Row]) -> list[str]:
    """The first row without the columns at its end in which no row has anything."""
    width = len(first)
    while width and not first[width - 1] and not any(len(cells) >= width and cells[width - 1] for _, cells in ahead):
        width -= 1
    return first[:width]


def _is_commented_header(comment: list[str], ahead: Sequence[Row], cells: Cells) -> bool:
    """Whether a comment holds names for the row below it, as numpy.savetxt writes them."""
    first = ahead[0][1]
    return (
        len(comment) == len(first) > 1
        and any(isfinite(cells.number(cell)) for cell in first)
        and not any(isfinite(cells.number(cell)) for cell in [comment[0].lstrip("# "), *comment[1:]])
    )


def _refuse_title(ahead: Sequence[Row], name: str) -> None:
    """Raise DataError when the first rows hold one cell each and the rows below them several."""
    filled = [sum(map(bool, cells)) for _, cells in ahead]
    start = next((row for row, count in enumerate(filled) if count > 1), 0)
    if start and max(filled) > 2:
        line, cells = ahead[0]
        title = next(filter(None, cells))
        begins = ahead[start][0]
        raise DataError(
            f"{name}:{line}: expected a header row, found the single cell {quote(title)}: if it is a title and the "
            f"table begins at line {begins}, add skip_rows: {begins - 1} to data"
        )


def _refuse_sample(first: list[str], below: Sequence[Row], cells: Cells, where: str) -> None:
    """Raise DataError when the first row looks like those below it."""
    numbers = [value for value in map(cells.number, first) if isfinite(value)]
    fraction = next((value for value in numbers if not value.is_integer()), None)
    filled = [cell for cell in first if cell]
    found = ""
    if numbers and len(numbers) == len(filled):
        found = "only numbers"
    elif fraction is not None:
        found = f"the number {fraction}"
    elif numbers and not _is_numbering(numbers) and _are_numbers_below(first, below, cells):
        found = f"the numbers {quote(', '.join(cell for cell in first if isfinite(cells.number(cell))))}"
    else:
        again = _found_again(first, below)
        if again and (numbers or 2 * len(again) >= len(filled)):
            found = f"{quote(again[0])}, which is also a value in its column"
    if found:
        raise DataError(f"{where}: expected a header row with the names of the columns, found {found}: {_HEADER_HINT}")


def _refuse_names(ahead: Sequence[Row], cells: Cells, name: str) -> None:
    """Raise DataError when the first row has text above numbers, as names are."""
    (line, first), *below = ahead
    for column, cell in enumerate(first):
        if cells.is_missing(cell) or isfinite(cells.number(cell)):
            continue
        under = [row[column] for _, row in below if column < len(row) and not cells.is_missing(row[column])]
        if len(under) > 1 and all(isfinite(cells.number(other)) for other in under):
            raise DataError(
                f"{name}:{line}: expected a sample, as data.header is false, found {quote(cell)} above numbers: "
                "remove header: false if it is a name"
            )


def _is_numbering(numbers: Sequence[float]) -> bool:
    """Whether numbers can be the names of columns: 0, 1, 2 or years, each one above the one before."""
    steps = {later - earlier for earlier, later in pairwise(numbers)}
    years = all(1000 <= number <= 3000 for number in numbers) and all(step > 0 for step in steps)
    return years or (steps <= {1.0} and numbers[0] in (0, 1))


def _are_numbers_below(first: list[str], below: Sequence[Row], cells: Cells) -> bool:
    """Whether every column that the first row has a number in has numbers, too, in the rows below."""
    columns = [column for column, cell in enumerate(first) if isfinite(cells.number(cell))]
    return bool(below) and all(
        isfinite(cells.number(row[column])) or cells.is_missing(row[column])
        for _, row in below[:100]
        for column in columns
        if column < len(row)
    )


def _found_again(first: list[str], below: Sequence[Row]) -> list[str]:
    """The cells of the first row that stand in the same column below, in rows that are not all the same."""
    others = [row for _, row in below if row != first]
    return [
        cell
        for column, cell in enumerate(first)
        if cell and any(column < len(row) and row[column] == cell for row in others)
    ]
