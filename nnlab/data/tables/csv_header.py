"""The header of a CSV file: column names, and whether the first row contains them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise
from math import isfinite

from nnlab.data.tables.csv_cells import Cells, normalised
from nnlab.data.tables.csv_text import CsvFormat, Row
from nnlab.errors import DataError
from nnlab.text import near_or_known, quote

MOST_AHEAD_ROWS, MOST_AHEAD_CELLS = 1000, 200_000
"""How many rows and cells are read ahead to inspect the table."""

_HEADER_HINT = "if it is a sample, add header: false to data (header: true if it contains names)"


@dataclass(frozen=True)
class Header:
    """The column names and the rows read ahead below them, with stripped cells."""

    names: tuple[str, ...]
    line: int
    ahead: list[Row]
    notes: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.names)

    @cached_property
    def index_of(self) -> dict[str, int]:
        """The index of each column name."""
        return {name: column for column, name in enumerate(self.names)}

    def column(self, wanted: str, where: str) -> int:
        """The index of a column; raises DataError, prefixed with ``where``, with a near name."""
        name = normalised(wanted)
        if name in self.index_of:
            return self.index_of[name]
        known = [other for other in self.names if other]
        raise DataError(f"{where}: no column {quote(wanted)}; {near_or_known(name, known, 'columns')}")

    def cells(self, column: int) -> list[str]:
        """The cells of a column in the rows read ahead."""
        return [cells[column] for _, cells in self.ahead if column < len(cells)]


def stripped(rows: Iterable[Row]) -> Iterator[Row]:
    """The non-blank rows, with stripped cells."""
    for line, row in rows:
        cells = [cell.strip() for cell in row]
        if any(cells):
            yield line, cells


def read_header(rows: Iterable[Row], form: CsvFormat, name: str) -> Header:
    """Read the column names and some rows ahead.

    Raises DataError when there is no header, when it looks like a sample, or has duplicate names.
    """
    cells = Cells(form)
    ahead, comments = _look_ahead(stripped(rows))
    if not ahead:
        raise DataError(f"{name}: expected a header row and samples, found an empty file")
    if form.header is False:
        _refuse_names(ahead, cells, name)
        width = max(1, len(_without_trailing_blanks(ahead[0][1], ahead)))
        return Header(tuple(f"c{number}" for number in range(1, width + 1)), ahead[0][0], ahead)
    line, first = ahead[0]
    if comments and _is_commented_header(comments[-1][1], ahead, cells):
        line, first = comments[-1]
        first = [first[0].lstrip("# "), *first[1:]]
        note = f"the comment in line {line} contains the column names"
        names = tuple(map(normalised, first))
        return Header(names, line, ahead, (note,))
    where = f"{name}:{line}"
    if form.header == "auto":
        _refuse_title(ahead, name)
        _refuse_sample(first, ahead[1:], cells, where)
    names = tuple(map(normalised, _without_trailing_blanks(first, ahead)))
    twice = next((column for column, count in Counter(names).items() if column and count > 1), None)
    if twice is not None:
        raise DataError(f"{where}: expected a header row with distinct names, found {quote(twice)} twice")
    return Header(names, line, ahead[1:])


def _look_ahead(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """The first rows, and the comments (lines starting with #) before them."""
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


def _without_trailing_blanks(first: list[str], ahead: Sequence[Row]) -> list[str]:
    """The first row without trailing columns that are blank in all rows."""
    width = len(first)
    while width and not first[width - 1] and not any(len(cells) >= width and cells[width - 1] for _, cells in ahead):
        width -= 1
    return first[:width]


def _is_commented_header(comment: list[str], ahead: Sequence[Row], cells: Cells) -> bool:
    """Whether a comment contains the column names, as numpy.savetxt writes them."""
    first = ahead[0][1]
    return (
        len(comment) == len(first) > 1
        and any(isfinite(cells.number(cell)) for cell in first)
        and not any(isfinite(cells.number(cell)) for cell in [comment[0].lstrip("# "), *comment[1:]])
    )


def _refuse_title(ahead: Sequence[Row], name: str) -> None:
    """Raise DataError when the first rows have one cell each, but later rows have several."""
    filled = [sum(map(bool, cells)) for _, cells in ahead]
    start = next((row for row, count in enumerate(filled) if count > 1), 0)
    if start and max(filled) > 2:
        line, cells = ahead[0]
        title = next(filter(None, cells))
        begins = ahead[start][0]
        raise DataError(
            f"{name}:{line}: expected a header row, found the single cell {quote(title)}: if it is a title and the "
            f"table starts at line {begins}, add skip_rows: {begins - 1} to data"
        )


def _refuse_sample(first: list[str], below: Sequence[Row], cells: Cells, where: str) -> None:
    """Raise DataError when the first row looks like a sample."""
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
            found = f"{quote(again[0])}, which is also a value of that column"
    if found:
        raise DataError(f"{where}: expected a header row with column names, found {found}: {_HEADER_HINT}")


def _refuse_names(ahead: Sequence[Row], cells: Cells, name: str) -> None:
    """Raise DataError when ``header: false`` is given but the first row looks like column names."""
    (line, first), *below = ahead
    for column, cell in enumerate(first):
        if cells.is_missing(cell) or isfinite(cells.number(cell)):
            continue
        under = [row[column] for _, row in below if column < len(row) and not cells.is_missing(row[column])]
        if len(under) > 1 and all(isfinite(cells.number(other)) for other in under):
            raise DataError(
                f"{name}:{line}: expected a sample, as data.header is false, found {quote(cell)} above numbers: "
                "remove header: false if it is a column name"
            )


def _is_numbering(numbers: Sequence[float]) -> bool:
    """Whether numbers can be column names: 0, 1, 2, ... or increasing years."""
    steps = {later - earlier for earlier, later in pairwise(numbers)}
    years = all(1000 <= number <= 3000 for number in numbers) and all(step > 0 for step in steps)
    return years or (steps <= {1.0} and numbers[0] in (0, 1))


def _are_numbers_below(first: list[str], below: Sequence[Row], cells: Cells) -> bool:
    """Whether the columns with a number in the first row contain numbers below it too."""
    columns = [column for column, cell in enumerate(first) if isfinite(cells.number(cell))]
    return bool(below) and all(
        isfinite(cells.number(row[column])) or cells.is_missing(row[column])
        for _, row in below[:100]
        for column in columns
        if column < len(row)
    )


def _found_again(first: list[str], below: Sequence[Row]) -> list[str]:
    """The cells of the first row that occur again in their column, in a different row."""
    others = [row for _, row in below if row != first]
    return [
        cell
        for column, cell in enumerate(first)
        if cell and any(column < len(row) and row[column] == cell for row in others)
    ]
