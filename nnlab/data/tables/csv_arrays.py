"""The cells of a CSV file as arrays; each bad cell is named with its line and column."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import isfinite, nan
from operator import itemgetter

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.files.reading import MOST_PROBLEMS
from nnlab.data.input_format import Column
from nnlab.data.tables.csv_cells import Cells
from nnlab.data.tables.csv_text import CsvRows, Row
from nnlab.data.tables.decimals import Block, read_block
from nnlab.data.tables.labels import MOST_LABELS, sorted_labels
from nnlab.data.tables.rows import MISSING, Codes, Rows, Source, SurprisingCells, UnknownCategories, counted, one_hot
from nnlab.errors import DataError
from nnlab.text import one_line, quote

MOST_CATEGORIES = 1000
NONE = "none"
"""Counts as missing by default, and is a category in many a table (no garage, no garden)."""
PAUSE = 15
"""How many blocks are read row by row after one in which few rows were plain."""
_LABEL_HINT = "data.missing: drop leaves such rows out, data.missing_values says what counts as missing"
_MISSING_HINT = "data.missing: drop leaves such rows out, mean, median or a number stands in"
_MISSING_TEXT_HINT = f"data.missing_values lists it, and without it none is a category; {_MISSING_HINT}"
_MISSING_NUMBER_HINT = f"data.missing_values lists it; {_MISSING_HINT}"


def read_rows_of(ahead: Iterable[Row], rows: CsvRows, source: Source, cells: Cells, *, plain: bool) -> Rows:
    """The rows that have been looked at and all that are left.

    ``plain`` when ``float`` reads nothing in the file that is no number to everybody. Raises DataError, with several
    bad cells at once.
    """
    reading = _Reading(source, cells, plain=plain)
    reading.take_rows(ahead)
    if rows.separator is None:
        reading.take_rows(rows)
    else:
        reading.take_blocks(rows, rows.separator)
    return reading.finish()


class _Reading:
    """The arrays while they grow.

    A row in which everything is as usual takes the short way, in files without quotes together with many others; any
    other row is looked at cell by cell.
    """

    def __init__(self, source: Source, cells: Cells, *, plain: bool) -> None:
        self._source = source
        self._cells = cells
        self._missing_numbers = cells.missing_numbers
        self._numbers, self._categories = array("d"), array("q")
        self._labels, self._parts = array("q"), array("q")
        self._label_codes, self._part_codes = Codes(exact=True), Codes(exact=True)
        self._codes = {column: Codes(source.known.get(column)) for column in source.categorical}
        self._incomplete = self._comments = 0
        self._unknown = UnknownCategories()
        self._surprising = SurprisingCells()
        self._problems: list[str] = []
        self._hints: set[str] = set()
        self._read_numbers = cells.reader(plain=plain)
        self._pick = _picker(source.numeric)
        self._categories_of = [(column, self._codes[column].of) for column in source.categorical]

    def take_rows(self, rows: Iterable[Row]) -> None:
        """Take in rows one by one, until there are too many problems."""
        for line, row in rows:
            if self._take(line, row):
                break

    def take_blocks(self, rows: CsvRows, separator: int) -> None:
        """Take in the rows that are left, many at once where they hold plain decimal numbers."""
        mark = ord("," if self._cells.comma else ".")
        pause = 0
        for line, text in rows.blocks():
            block = None if pause else read_block(text, separator, mark, len(self._source.names))
            pause = max(0, pause - 1)
            if block is None or not self._take_block(line, text, block, rows):
                pause = pause or (PAUSE if block else 0)
                self.take_rows((line + offset, row) for offset, row in enumerate(rows.parse(text.decode())))
            if self._full:
                break

    def _take_block(self, line: int, text: bytes, block: Block, rows: CsvRows) -> bool:
        """Take in the rows of a block, unless they are better read one by one since few hold plain numbers only."""
        source = self._source
        numbers = block.values[:, source.numeric]
        good: Array = np.asarray(block.valid[:, source.numeric].all(axis=1))
        for value in self._missing_numbers:
            good &= (numbers != value).all(axis=1)
        if 2 * np.count_nonzero(good) < len(good):
            return False
        every = [(column, self._codes[column]) for column in source.categorical]
        every += [] if source.label is None else [(source.label, self._label_codes)]
        every += [] if source.part is None else [(source.part, self._part_codes)]
        codes = {column: _codes_in(text, block, column, known) for column, known in every}
        for found in codes.values():
            good &= found != MISSING
        none = np.full(len(good), MISSING, np.int64)
        categories = np.array([codes[column] for column in source.categorical], np.int64).reshape(-1, len(good)).T
        labels = none if source.label is None else codes[source.label]
        parts = none if source.part is None else codes[source.part]
        start = 0
        for row in [*np.flatnonzero(~good).tolist(), len(good)]:
            self._numbers.frombytes(numbers[start:row].tobytes())
            self._categories.frombytes(categories[start:row].tobytes())
            self._labels.frombytes(labels[start:row].tobytes())
            self._parts.frombytes(parts[start:row].tobytes())
            if row == len(good) or self._full:
                break
            cells = text[block.starts[row, 0] : block.ends[row, -1]].decode()
            self._take(line + row, next(rows.parse(cells), []))
            start = row + 1
        return True

    def _take(self, line: int, row: list[str]) -> bool:
        """Take in a row; whether there are too many problems now."""
        try:
            numbers = self._read_numbers(self._pick(row))
            codes = [of[row[column].strip()] for column, of in self._categories_of]
            label = MISSING if self._source.label is None else self._label_codes.of[row[self._source.label].strip()]
            part = MISSING if self._source.part is None else self._part_codes.of[row[self._source.part].strip()]
        except (ValueError, KeyError, IndexError):
            self._take_carefully(line, row)
        else:
            usual = isfinite(sum(numbers)) and len(row) == len(self._source.names)
            if usual and self._missing_numbers.isdisjoint(numbers):
                self._append(numbers, codes, label, part)
                return False
            self._take_carefully(line, row)
        return self._full

    @property
    def _full(self) -> bool:
        return len(self._problems) >= MOST_PROBLEMS or len(self._label_codes.texts) > MOST_LABELS

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
        for column in missing:
            if cells[column].casefold() == NONE and column in self._codes and source.missing != "refuse":
                self._surprising.add_none(source.names[column])
        if missing and source.missing == "drop":
            self._incomplete += 1
            return
        numbers = [self._number(line, column, cells[column]) for column in source.numeric]
        codes = [self._category(line, column, cells[column]) for column in source.categorical]
        if MISSING in codes and source.missing == "drop":
            self._unknown.rows += 1
            return
        if source.label in missing:
            self._problem_in(line, source.label, "a label", cells[source.label], _LABEL_HINT)
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
        if self._cells.is_missing(cell):
            if self._source.missing == "refuse":
                hint = _MISSING_NUMBER_HINT if isfinite(value) else _MISSING_HINT
                self._problem_in(line, column, "a finite number", cell, hint)
            return nan
        if not isfinite(value):
            hint = f"data.categorical: [{self._source.names[column]}] reads text as categories"
            self._problem_in(line, column, "a finite number", cell, self._cells.looks_like(cell) or hint)
            return nan
        if value in self._missing_numbers:
            self._surprising.add_spelling(self._source.names[column], cell)
        return value

    def _category(self, line: int, column: int, cell: str) -> int:
        """The code of a category; ``MISSING`` for a missing one."""
        source, codes = self._source, self._codes[column]
        if self._cells.is_missing(cell):
            if source.missing == "refuse":
                hint = _MISSING_TEXT_HINT if cell.casefold() == NONE else _MISSING_HINT
                self._problem_in(line, column, "a category", cell, hint)
            else:
                self._surprising.add_zeros(source.names[column])
            return MISSING
        if column not in source.known and column not in source.named and isfinite(self._cells.number(cell)):
            hint = f"text stands above it; data.categorical: [{source.names[column]}] takes both for categories"
            self._problem_in(line, column, "text", cell, hint)
            return MISSING
        code = codes.add(cell)
        if code == MISSING:
            self._unknown.add(source.names[column], cell)
            if source.missing == "refuse":
                known = f"a category of the training samples ({', '.join(codes.texts[:20])})"
                self._problem_in(line, column, known, cell, _MISSING_HINT)
        if len(codes.texts) > MOST_CATEGORIES:
            self._problem_in(line, column, f"at most {MOST_CATEGORIES} categories", cell, "data.exclude leaves it out")
        return code

    def _problem_in(self, line: int, column: int | None, expected: str, cell: str, hint: str) -> None:
        """Note a bad cell; a hint is given once."""
        name = quote(self._source.names[column or 0])
        found = quote(cell) if cell else "nothing"
        once = f": {hint}" if hint not in self._hints else ""
        self._hints.add(hint)
        self._problem(line, f"{name}: expected {expected}, found {found}{one_line(once, 200)}")

    def _problem(self, line: int, message: str) -> None:
        self._problems.append(f"{self._source.name}:{line}: {message}")

    def finish(self) -> Rows:
        """The arrays; raises DataError where there were problems."""
        if self._problems:
            raise DataError("\n".join(self._problems[:MOST_PROBLEMS]))
        source = self._source
        labels = np.frombuffer(self._labels, np.int64) if self._labels else np.zeros(0, np.int64)
        parts = np.frombuffer(self._parts, np.int64) if self._parts else np.zeros(0, np.int64)
        columns = {column: Column(source.names[column]) for column in source.numeric}
        numbers = np.frombuffer(self._numbers or array("d"), np.float64).reshape(len(labels), len(source.numeric))
        notes = [f"comment lines skipped: {self._comments}"] if self._comments else []
        notes += [f"{counted(self._incomplete, 'row')} with missing values left out"] if self._incomplete else []
        notes += self._unknown.notes()
        notes += self._surprising.notes()
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
            inputs = one_hot(source, columns, numbers, found, ranks)
        return Rows(
            inputs,
            tuple(columns[column] for column in source.features),
            labels,
            tuple(self._label_codes.texts),
            parts,
            tuple(self._part_codes.texts),
            self._incomplete + self._unknown.rows,
            notes=tuple(notes),
        )


def _codes_in(text: bytes, block: Block, column: int, known: Codes) -> Array:
    """The codes of a column's cells, ``MISSING`` where they are not known yet."""
    cells = [
        text[start:end]
        for start, end in zip(block.starts[:, column].tolist(), block.ends[:, column].tolist(), strict=True)
    ]
    for cell in set(cells) - known.seen.keys():
        code = known.of.get(cell.decode().strip(), MISSING)
        if code != MISSING:
            known.seen[cell] = code
    return np.array([known.seen.get(cell, MISSING) for cell in cells], np.int64)


def _picker(columns: Sequence[int]) -> Callable[[list[str]], Sequence[str]]:
    """What takes the cells of the given columns out of a row."""
    if not columns:
        return lambda row: ()
    first, last = columns[0], columns[-1]
    if list(columns) == list(range(first, last + 1)):
        return itemgetter(slice(first, last + 1))
    return itemgetter(*columns)
