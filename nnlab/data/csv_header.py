"""The columns of a CSV file: their names, whether the first row holds them, and which are features and label."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from math import isfinite

from nnlab.data.csv_cells import Cells, normalised
from nnlab.data.csv_text import CsvFormat, Row, separator_hint
from nnlab.errors import DataError, shown
from nnlab.registry import near_name

MOST_AHEAD_ROWS, MOST_AHEAD_CELLS = 1000, 200_000
"""How much of the table is looked at before it is read."""

_LABEL_NAMES = ("label", "class", "target", "labels", "classes", "クラス", "ラベル")
_LIKELY_LABEL_NAMES = (
    *_LABEL_NAMES,
    "species",
    "category",
    "kind",
    "type",
    "diagnosis",
    "outcome",
    "y",
    "品種",
    "種類",
)
_ONLY_LABELS = frozenset(_LABEL_NAMES)
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

    def column(self, wanted: str, where: str) -> int:
        """The place of a column; raises DataError, which begins with ``where`` and names a near one."""
        name = normalised(wanted)
        if name in self.names:
            return self.names.index(name)
        known = [other for other in self.names if other]
        near = near_name(name, known)
        hint = f"did you mean {shown(near)}?" if near else f"the columns are {shown(', '.join(known), limit=200)}"
        raise DataError(f"{where}: no column {shown(wanted)}; {hint}")

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
        raise DataError(f"{where}: expected a header row with every name once, found {shown(twice)} twice")
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
            f"{name}:{line}: expected a header row, found the single cell {shown(title)}: if it is a title and the "
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
        found = f"the numbers {shown(', '.join(cell for cell in first if isfinite(cells.number(cell))))}"
    else:
        again = _found_again(first, below)
        if again and (numbers or 2 * len(again) >= len(filled)):
            found = f"{shown(again[0])}, which is also a value in its column"
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
                f"{name}:{line}: expected a sample, as data.header is false, found {shown(cell)} above numbers: "
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


@dataclass(frozen=True)
class Selection:
    """Which columns hold what, by their places; ``assumed`` when the label is the last column for want of a name."""

    features: tuple[int, ...]
    label: int
    split: int | None = None
    assumed: bool = False


def select(
    head: Head,
    name: str,
    form: CsvFormat,
    label: str | None,
    features: Sequence[str] | None,
    exclude: Sequence[str],
    split_column: str | None,
) -> Selection:
    """The columns that a spec names; the label is the last of them by default, the features are all others."""
    names, where = head.names, f"{name}:{head.line}"
    excluded = {head.column(column, f"{where}: data.exclude") for column in exclude if normalised(column)}
    if any(not normalised(column) for column in exclude):
        excluded |= {column for column, other in enumerate(names) if not other}
    split = None if split_column is None else head.column(split_column, f"{where}: data.split_column")
    if split is not None:
        excluded.add(split)
    rest = [column for column in range(len(names)) if column not in excluded]
    if not rest:
        raise DataError(f"{where}: data.exclude: expected at least a feature and the label to be left, found none")
    label_column = rest[-1] if label is None else head.column(label, f"{where}: data.label")
    if label_column in excluded:
        raise DataError(f"{where}: data.label: {shown(names[label_column])} is excluded or the split column")
    if features is None:
        feature_columns = [column for column in rest if column != label_column]
    else:
        feature_columns = [head.column(feature, f"{where}: data.features") for feature in features]
    unnamed = next((column for column in (*feature_columns, label_column) if not names[column]), None)
    if unnamed is not None:
        raise DataError(
            f"{where}: column {unnamed + 1} has no name: give it one, or leave it out with exclude: [''] under data"
        )
    if not feature_columns:
        raise DataError(
            f"{where}: expected at least one feature beside the label {shown(names[label_column])}, found none "
            f"({separator_hint(form)})"
        )
    if label_column in feature_columns or split in feature_columns or len(set(feature_columns)) < len(feature_columns):
        raise DataError(
            f"{where}: data.features: expected each column once and not the label {shown(names[label_column])}"
            + ("" if split is None else f" or the split column {shown(names[split])}")
        )
    if label is None:
        _refuse_doubtful_label(head, label_column, rest, where)
    return Selection(tuple(feature_columns), label_column, split, assumed=label is None)


def _refuse_doubtful_label(head: Head, chosen: int, rest: Sequence[int], where: str) -> None:
    """Raise DataError when no label is named, and another column than the last is called so."""
    called = [column for column in rest if head.names[column].casefold() in _LABEL_NAMES]
    if called and chosen not in called:
        last, other = shown(head.names[chosen]), shown(head.names[called[0]])
        raise DataError(
            f"{where}: no label is named, and the last column is {last} while there is a column {other}: "
            f"add label: {other} to data (or label: {last})"
        )


def likely_label(head: Head, chosen: int, cells: Cells) -> str:
    """The name of another column that looks like classes; empty where none does."""
    others = [column for column in range(head.width) if column != chosen and head.names[column]]
    for column in sorted(others, key=lambda column: head.names[column].casefold() not in _LIKELY_LABEL_NAMES):
        values = Counter(cell for cell in head.cells(column) if not cells.is_missing(cell))
        whole = all(cells.number(value).is_integer() or not isfinite(cells.number(value)) for value in values)
        if whole and 2 <= len(values) <= max(2, min(20, values.total() // 4)):
            return head.names[column]
    return ""
