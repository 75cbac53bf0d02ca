"""Tables as arrays: numbers, and integer codes of categories and labels."""

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.files.reading import check_fits
from nnlab.data.input_format import Column
from nnlab.data.tables.labels import plain_label
from nnlab.text import quote

MISSING = -1
"""The code of a missing category or label."""

MOST_UNKNOWN_NAMED = 3
MOST_COLUMNS_NAMED = 5
ROWS_WIDENED = 4096

ROWS_AT_ONCE = 10_000
"""Rows of a table that are changed in place at once, in more than one pass: what one pass has read is in the cache."""


@dataclass(frozen=True)
class Rows:
    """The samples of a file: inputs (N, D) with NaN for missing values; ``labels`` and ``parts`` are codes (N,).

    The codes index ``label_texts`` and ``part_texts``. A missing or unknown category is encoded as all zeros.
    ``dropped`` counts the rows dropped for missing values; ``label`` is the name of the label column. In place of
    labels there may be ``targets`` (N, K), the numbers of the columns ``target_names``.
    """

    inputs: Array
    columns: tuple[Column, ...]
    labels: Array
    label_texts: tuple[str, ...]
    parts: Array
    part_texts: tuple[str, ...]
    dropped: int = 0
    label: str = ""
    notes: tuple[str, ...] = ()
    targets: Array = field(default_factory=lambda: np.zeros((0, 0)))
    target_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """The roles of the columns of a file, by column index.

    ``names`` is the header. ``features`` are the columns of ``numeric`` and ``categorical`` in input order; categorical
    columns in ``named`` may contain numbers; ``known`` holds complete lists of categories. ``missing`` is the spec's
    key. ``label`` and ``part`` (split column) may be None; ``targets`` are columns of numbers to predict.
    """

    name: str
    names: Sequence[str]
    features: Sequence[int]
    numeric: Sequence[int]
    categorical: Sequence[int]
    named: frozenset[int]
    label: int | None
    part: int | None
    missing: str | float
    known: dict[int, tuple[str, ...]]
    targets: Sequence[int] = ()

    @property
    def numbers(self) -> list[int]:
        """The columns of numbers: features, then targets."""
        return [*self.numeric, *self.targets]


class Codes:
    """Assigns integer codes to texts in order of appearance; unless ``exact``, 1 and 1.0 share a code."""

    def __init__(self, known: Sequence[str] | None = None, *, exact: bool = False) -> None:
        self._closed = known is not None
        self._exact = exact
        self.texts = list(known or ())
        self._of_plain = {text: code for code, text in enumerate(self.texts)}
        self.of: dict[str, int] = {}  # only added texts: another spelling may be a missing value
        self.seen: dict[bytes, int] = {}  # the same by the bytes of a cell

    def add(self, text: str) -> int:
        """The code of a text, new or existing; ``MISSING`` for a text outside a complete list."""
        key = text if self._exact else plain_label(text)
        code = self._of_plain.get(key, MISSING)
        if code == MISSING and not self._closed:
            code = len(self.texts)
            self.texts.append(key)
            self._of_plain[key] = code
        if code != MISSING:
            self.of[text] = code
        return code


class UnknownCategories:
    """Counts cells with unknown categories, and the rows dropped because of them."""

    def __init__(self) -> None:
        self.rows = 0
        self._cells = 0
        self._names: dict[str, None] = {}  # at most one more than are named

    def add(self, column: str, category: str) -> None:
        """Count a cell with an unknown category."""
        self._cells += 1
        if len(self._names) <= MOST_UNKNOWN_NAMED:
            self._names[f"{column}={category}"] = None

    def notes(self) -> Iterator[str]:
        """A note with some of the unknown categories, if any."""
        if not self._cells:
            return
        few = ", ".join([*map(quote, self._names)][:MOST_UNKNOWN_NAMED])
        more = ", ..." if len(self._names) > MOST_UNKNOWN_NAMED else ""
        kind = "an unknown category" if self._cells == 1 else "unknown categories"
        cells = f"{counted(self._cells, 'cell')} with {kind} ({few}{more})"
        if self.rows:
            yield f"{counted(self.rows, 'row')} dropped: {cells}"
        else:
            yield f"{cells}, encoded as all zeros"


class DoubtfulCells:
    """Counts cells whose reading is doubtful, by column.

    That is: numbers equal to one in ``missing_values`` but spelled differently, ``none`` read as a missing value, and
    missing categories.
    """

    def __init__(self) -> None:
        self._spelled: dict[str, tuple[str, int]] = {}
        self._none: Counter[str] = Counter()
        self._zeros: Counter[str] = Counter()

    def add_spelling(self, column: str, cell: str) -> None:
        """Count a number whose other spelling is a missing value."""
        first, count = self._spelled.get(column, (cell, 0))
        self._spelled[column] = first, count + 1

    def add_none(self, column: str) -> None:
        """Count a cell ``none`` in a text column, read as a missing value."""
        self._none[column] += 1

    def add_zeros(self, column: str) -> None:
        """Count a missing category."""
        self._zeros[column] += 1

    def notes(self) -> Iterator[str]:
        """One note per column and kind, for the first few columns."""
        for column, (cell, count) in islice(self._spelled.items(), MOST_COLUMNS_NAMED):
            yield (
                f"warning: feature {quote(column)}: {counted(count, 'cell')} such as {quote(cell)} are numbers; "
                "data.missing_values lists another spelling, but cells are compared as text"
            )
        for column, count in islice(self._none.items(), MOST_COLUMNS_NAMED):
            yield (
                f"feature {quote(column)}: {counted(count, 'cell')} 'none' read as missing; "
                "if it is a category, set data.missing_values without it, such as ['', '?', NA]"
            )
        for column, count in islice(self._zeros.items(), MOST_COLUMNS_NAMED):
            yield f"feature {quote(column)}: {counted(count, 'missing value')}, encoded as all zeros"


def counted(number: int, noun: str) -> str:
    """``1 row``, ``2 rows``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def one_hot(
    source: Source, columns: Mapping[int, Column], numbers: "array[float]", codes: Array, ranks: Mapping[int, Array]
) -> Array:
    """The inputs (N, D) in feature order: numbers unchanged, categories one-hot encoded.

    They take the memory of ``numbers`` (N, K), row after row, which grows: there is no second table.
    """
    rows, narrow, width = len(codes), len(source.numeric), sum(column.width for column in columns.values())
    check_fits(source.name, rows * width * 8)
    while left := rows * width - len(numbers):
        numbers.frombytes(bytes(8 * min(left, rows, ROWS_WIDENED)))
    inputs = np.frombuffer(numbers, np.float64).reshape(rows, width)
    given = np.frombuffer(numbers, np.float64)[: rows * narrow].reshape(rows, narrow)
    coded = {column: index for index, column in enumerate(source.categorical)}
    # From the end, where wide rows lie behind the narrow ones that are still to be read.
    for first in reversed(range(0, rows, ROWS_WIDENED)):
        part = slice(first, first + ROWS_WIDENED)
        numeric, wide, start = iter(given[part].T.copy()), inputs[part], 0
        wide[:] = 0
        for column in source.features:
            if column in ranks:
                of_column = codes[part, coded[column]]
                present = np.flatnonzero(of_column != MISSING)
                wide[present, start + ranks[column][of_column[present]]] = 1
            else:
                wide[:, start] = next(numeric)
            start += columns[column].width
    return inputs
