"""Samples of a table as arrays: numbers, and codes into the texts of categories and labels."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.files.reading import check_fits
from nnlab.data.input_format import Column
from nnlab.data.tables.labels import plain_label
from nnlab.text import quote

MISSING = -1
"""The code of a missing category, and of labels that there are none of."""

MOST_UNKNOWN_NAMED = 3
MOST_COLUMNS_NAMED = 5


@dataclass(frozen=True)
class Rows:
    """Samples as a file has them: inputs (N, D) with NaN for missing values, codes (N,) into the texts beside them.

    A missing or unknown category makes all inputs of its column 0. ``dropped`` rows had one, or another missing value.
    ``label`` is the name of that column.
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


@dataclass(frozen=True)
class Source:
    """Where the cells of a sample stand in a row: each column's place, and what it may hold.

    ``names`` are those of the header. ``features`` are those of ``numeric`` and ``categorical``, in the order of the
    inputs; of the latter, those ``named`` may also hold numbers, and the categories of those ``known`` are complete.
    ``missing`` is the key of the spec. ``label`` and ``part`` are None where there is none.
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


class Codes:
    """Numbers texts in the order in which they appear; unless ``exact``, spellings of one number share theirs."""

    def __init__(self, known: Sequence[str] | None = None, *, exact: bool = False) -> None:
        self._closed = known is not None
        self._exact = exact
        self.texts = list(known or ())
        self._of_plain = {text: code for code, text in enumerate(self.texts)}
        self.of: dict[str, int] = {}  # only texts that have been added: another spelling may count as missing
        self.seen: dict[bytes, int] = {}  # the same of cells as they stand in the file

    def add(self, text: str) -> int:
        """The code of a text, a new one if need be; ``MISSING`` where it is not among the known ones."""
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
    """Counts cells with categories that the training samples lack, and the rows left out for them."""

    def __init__(self) -> None:
        self.rows = 0
        self._cells = 0
        self._names: dict[str, None] = {}  # one more than are named, however many there are

    def add(self, column: str, category: str) -> None:
        """Count a cell."""
        self._cells += 1
        if len(self._names) <= MOST_UNKNOWN_NAMED:
            self._names[f"{column}={category}"] = None

    def notes(self) -> Iterator[str]:
        """What was found, with some of the categories; nothing where all are known."""
        if not self._cells:
            return
        few = ", ".join([*map(quote, self._names)][:MOST_UNKNOWN_NAMED])
        more = ", ..." if len(self._names) > MOST_UNKNOWN_NAMED else ""
        kind = "a category" if self._cells == 1 else "categories"
        cells = f"{counted(self._cells, 'cell')} with {kind} that the training samples lack ({few}{more})"
        if self.rows:
            yield f"{counted(self.rows, 'row')} left out: {cells}"
        else:
            yield f"{cells}; all inputs of such a cell are 0"


class SurprisingCells:
    """Counts cells that may not mean what they were read as, by column.

    Numbers equal to one in ``missing_values`` but spelled otherwise, ``none`` as a missing category, and categories
    that are missing and stay so.
    """

    def __init__(self) -> None:
        self._spelled: dict[str, tuple[str, int]] = {}
        self._none: Counter[str] = Counter()
        self._zeros: Counter[str] = Counter()

    def add_spelling(self, column: str, cell: str) -> None:
        """Count a number that is missing in another spelling."""
        first, count = self._spelled.get(column, (cell, 0))
        self._spelled[column] = first, count + 1

    def add_none(self, column: str) -> None:
        """Count a cell ``none`` that counts as missing where text is expected."""
        self._none[column] += 1

    def add_zeros(self, column: str) -> None:
        """Count a missing category."""
        self._zeros[column] += 1

    def notes(self) -> Iterator[str]:
        """A line for each column and surprise, for the first few columns."""
        for column, (cell, count) in islice(self._spelled.items(), MOST_COLUMNS_NAMED):
            yield (
                f"warning: feature {quote(column)}: {counted(count, 'cell')} such as {quote(cell)} count as numbers; "
                "data.missing_values lists another spelling, and cells are compared as text"
            )
        for column, count in islice(self._none.items(), MOST_COLUMNS_NAMED):
            yield (
                f"feature {quote(column)}: {counted(count, 'cell')} 'none' taken for missing; "
                "where it is a category, data.missing_values: ['', '?', NA] or the like leaves it out"
            )
        for column, count in islice(self._zeros.items(), MOST_COLUMNS_NAMED):
            yield f"feature {quote(column)}: {counted(count, 'missing value')}; all inputs of such a cell are 0"


def counted(number: int, noun: str) -> str:
    """A number of things, the noun in the plural unless it is 1."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def one_hot(
    source: Source, columns: Mapping[int, Column], numbers: Array, codes: Array, ranks: Mapping[int, Array]
) -> Array:
    """The inputs (N, D): numbers as they are, and 0 or 1 for each category, in the order of the features."""
    width = sum(column.width for column in columns.values())
    check_fits(source.name, len(codes) * width * 8)
    inputs = np.zeros((len(codes), width))
    start = 0
    coded = {column: index for index, column in enumerate(source.categorical)}
    counted = {column: index for index, column in enumerate(source.numeric)}
    for column in source.features:
        if column in ranks:
            of_column = codes[:, coded[column]]
            there = np.flatnonzero(of_column != MISSING)
            inputs[there, start + ranks[column][of_column[there]]] = 1
        else:
            inputs[:, start] = numbers[:, counted[column]]
        start += columns[column].width
    return inputs
