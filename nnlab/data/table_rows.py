"""The cells of a CSV file as arrays: numbers, categories, labels; each bad cell named with line and column."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from operator import itemgetter

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.csv_cells import Cells
from nnlab.data.csv_text import Row
from nnlab.data.inputs import Column
from nnlab.data.labels import MOST_LABELS, plain_label, sorted_labels
from nnlab.data.reading import MOST_PROBLEMS, check_fits
from nnlab.errors import DataError, one_line, shown

MOST_CATEGORIES = 1000
MISSING = -1
_LABEL_HINT = "data.missing: drop leaves such rows out, data.missing_values says what counts as missing"
_MISSING_HINT = "data.missing: drop leaves such rows out, mean, median or a number stands in"


@dataclass(frozen=True)
class Rows:
    """Samples as a file has them: inputs (N, D) with NaN for missing values, codes (N,) into the texts beside them.

    A missing category makes all inputs of its column 0. ``dropped`` rows had a missing value. ``label`` is the name of
    that column.
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
    named: Sequence[int]
    label: int | None
    part: int | None
    missing: str | float
    known: dict[int, tuple[str, ...]]


class _Codes:
    """Numbers texts in the order in which they appear; unless ``exact``, spellings of one number share theirs."""

    def __init__(self, known: Sequence[str] | None = None, *, exact: bool = False) -> None:
        self._closed = known is not None
        self._exact = exact
        self.texts = list(known or ())
        self.of = {text: code for code, text in enumerate(self.texts)}

    def add(self, text: str) -> int:
        """The code of a text, a new one if need be; ``MISSING`` where it is not among the known ones."""
        key = text if self._exact else plain_label(text)
        code = self.of.get(key, MISSING)
        if code == MISSING and not self._closed:
            code = len(self.texts)
            self.texts.append(key)
            self.of[key] = code
        if code != MISSING:
            self.of[text] = code
        return code


def read_rows_of(rows: Iterator[Row], source: Source, cells: Cells, *, plain: bool) -> Rows:
    """All rows; ``plain`` when ``float`` reads nothing in the file that is no number to everybody.

    Raises DataError, with several bad cells at once.
    """
    return _Reading(source, cells, plain=plain).read(rows)


class _Reading:
    """The arrays while they grow.

    A row in which everything is as usual takes the short way; any other is looked at cell by cell.
    """

    def __init__(self, source: Source, cells: Cells, *, plain: bool) -> None:
        self._source = source
        self._cells = cells
        self._numbers, self._categories = array("d"), array("q")
        self._labels, self._parts = array("q"), array("q")
        self._label_codes, self._part_codes = _Codes(exact=True), _Codes(exact=True)
        self._codes = {column: _Codes(source.known.get(column)) for column in source.categorical}
        self._dropped = self._comments = 0
        self._problems: list[str] = []
        self._hints: set[str] = set()
        self._plain = plain

    def read(self, rows: Iterator[Row]) -> Rows:
        """Take in all rows and give the arrays."""
        source = self._source
        width, label, part = len(source.names), source.label, source.part
        categories = [(column, self._codes[column].of) for column in source.categorical]
        labels, parts = self._label_codes.of, self._part_codes.of
        pick = _picker(source.numeric)
        read_numbers = self._cells.reader(plain=self._plain)
        for line, row in rows:
            try:
                numbers = read_numbers(pick(row))
                codes = [of[row[column].strip()] for column, of in categories]
                label_code = MISSING if label is None else labels[row[label].strip()]
                part_code = MISSING if part is None else parts[row[part].strip()]
            except (ValueError, KeyError, IndexError):
                self._take_carefully(line, row)
            else:
                if isfinite(sum(numbers)) and len(row) == width:
                    self._append(numbers, codes, label_code, part_code)
                else:
                    self._take_carefully(line, row)
            if len(self._problems) >= MOST_PROBLEMS or len(self._label_codes.texts) > MOST_LABELS:
                break
        if self._problems:
            raise DataError("\n".join(self._problems[:MOST_PROBLEMS]))
        return self._rows()

    def _append(self, numbers: list[float], codes: list[int], label: int, part: int) -> None:
        self._numbers.fromlist(numbers)
        if codes:
            self._categories.fromlist(codes)
        self._labels.append(label)
        self._parts.append(part)

    def _take_carefully(self, line: int, row: list[str]) -> None:
        source = self._source
        cells = [cell.strip() for cell in row]
        width = len(source.names)
        if not any(cells):
            return
        if len(cells) > width and not any(cells[width:]):
            del cells[width:]
        if len(cells) != width:
            if cells[0].startswith("#"):
                self._comments += 1
            else:
                self._problem(line, f"expected {width} cells as in the header, found {len(cells)}")
            return
        if cells == list(source.names):
            self._problem(line, "expected a sample, found the names of the columns again; remove this row")
            return
        problems = len(self._problems)
        missing = [column for column in self._used() if self._cells.is_missing(cells[column])]
        if missing and source.missing == "drop":
            self._dropped += 1
            return
        numbers = [self._number(line, column, cells[column]) for column in source.numeric]
        codes = [self._category(line, column, cells[column]) for column in source.categorical]
        if MISSING in codes and source.missing == "drop":
            self._dropped += 1
            return
        if source.label in missing:
            self._problem_in(
                line, source.label, "a label", cells[source.label], "data.missing: drop leaves such rows out"
            )
        if len(self._problems) > problems:
            return
        label = self._label_codes.add(cells[source.label]) if source.label is not None else MISSING
        part = self._part_codes.add(cells[source.part]) if source.part is not None else MISSING
        self._append(numbers, codes, label, part)

    def _used(self) -> Iterator[int]:
        """The columns in which a value may be missing."""
        source = self._source
        yield from source.numeric
        yield from source.categorical
        if source.label is not None:
            yield source.label

    def _number(self, line: int, column: int, cell: str) -> float:
        """The number in a cell; NaN for a missing one."""
        value = self._cells.number(cell)
        if isfinite(value):
            return value
        like = self._cells.looks_like(cell)
        if not self._cells.is_missing(cell):
            hint = f"data.categorical: [{self._source.names[column]}] reads text as categories"
            self._problem_in(line, column, "a finite number", cell, like or hint)
        elif self._source.missing == "refuse":
            self._problem_in(line, column, "a finite number", cell, _MISSING_HINT)
        return nan

    def _category(self, line: int, column: int, cell: str) -> int:
        """The code of a category; ``MISSING`` for a missing one."""
        source, codes = self._source, self._codes[column]
        if self._cells.is_missing(cell):
            if source.missing == "refuse":
                self._problem_in(line, column, "a category", cell, _MISSING_HINT)
            return MISSING
        if column not in source.known and column not in source.named and isfinite(self._cells.number(cell)):
            hint = f"text stands above it; data.categorical: [{source.names[column]}] takes both for categories"
            self._problem_in(line, column, "text", cell, hint)
            return MISSING
        code = codes.add(cell)
        if code == MISSING and source.missing == "refuse":
            known = f"a category of the training samples ({', '.join(codes.texts)})"
            self._problem_in(line, column, known, cell, _MISSING_HINT)
        if len(codes.texts) > MOST_CATEGORIES:
            self._problem_in(line, column, f"at most {MOST_CATEGORIES} categories", cell, "data.exclude leaves it out")
        return code

    def _problem_in(self, line: int, column: int | None, expected: str, cell: str, hint: str) -> None:
        """Note a bad cell; a hint is given once."""
        name = shown(self._source.names[column or 0])
        found = shown(cell) if cell else "nothing"
        once = f": {hint}" if hint not in self._hints else ""
        self._hints.add(hint)
        self._problem(line, f"{name}: expected {expected}, found {found}{one_line(once, 200)}")

    def _problem(self, line: int, message: str) -> None:
        self._problems.append(f"{self._source.name}:{line}: {message}")

    def _rows(self) -> Rows:
        source = self._source
        labels = np.frombuffer(self._labels, np.int64) if self._labels else np.zeros(0, np.int64)
        parts = np.frombuffer(self._parts, np.int64) if self._parts else np.zeros(0, np.int64)
        columns = {column: Column(source.names[column]) for column in source.numeric}
        numbers = np.frombuffer(self._numbers or array("d"), np.float64).reshape(len(labels), len(source.numeric))
        notes = [f"{self._comments} comment lines are skipped"] if self._comments else []
        if not source.categorical:
            inputs = numbers
        else:
            found = np.frombuffer(self._categories or array("q"), np.int64).reshape(
                len(labels), len(source.categorical)
            )
            ranks = {}
            for column in source.categorical:
                texts = self._codes[column].texts
                order = texts if column in source.known else sorted_labels(texts)
                columns[column] = Column(source.names[column], tuple(order))
                place = {text: rank for rank, text in enumerate(order)}
                ranks[column] = np.array([place[text] for text in texts], np.intp)
            inputs = _one_hot(source, columns, numbers, found, ranks)
        return Rows(
            inputs,
            tuple(columns[column] for column in source.features),
            labels,
            tuple(self._label_codes.texts),
            parts,
            tuple(self._part_codes.texts),
            self._dropped,
            notes=tuple(notes),
        )


def _one_hot(
    source: Source, columns: dict[int, Column], numbers: Array, codes: Array, ranks: dict[int, Array]
) -> Array:
    """The inputs (N, D): numbers as they are, and 0 or 1 for each category, in the order of the features."""
    width = sum(column.width for column in columns.values())
    check_fits(source.name, len(codes) * width * 8)
    inputs = np.zeros((len(codes), width))
    start = 0
    for column in source.features:
        if column in ranks:
            of_column = codes[:, list(source.categorical).index(column)]
            there = np.flatnonzero(of_column != MISSING)
            inputs[there, start + ranks[column][of_column[there]]] = 1
        else:
            inputs[:, start] = numbers[:, list(source.numeric).index(column)]
        start += columns[column].width
    return inputs


def _picker(columns: Sequence[int]) -> Callable[[list[str]], Sequence[str]]:
    """What takes the cells of the given columns out of a row."""
    if not columns:
        return lambda row: ()
    first, last = columns[0], columns[-1]
    if list(columns) == list(range(first, last + 1)):
        return itemgetter(slice(first, last + 1))
    return itemgetter(*columns)
