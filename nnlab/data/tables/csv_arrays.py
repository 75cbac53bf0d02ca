"""The cells of a CSV file as arrays."""

from array import array
from collections.abc import Callable, Iterable, Sequence
from math import isfinite
from operator import itemgetter

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.files.reading import MOST_PROBLEMS
from nnlab.data.input_format import Column
from nnlab.data.tables.checked_rows import CheckedRows
from nnlab.data.tables.csv_cells import Cells
from nnlab.data.tables.csv_text import CsvRows, Row
from nnlab.data.tables.decimals import Block, read_block
from nnlab.data.tables.labels import MOST_LABELS, sorted_labels
from nnlab.data.tables.rows import MISSING, Codes, Rows, Source, one_hot
from nnlab.errors import DataError

# Blocks that are read row by row after one in which few rows were plain.
PAUSE = 15


def read_rows_of(ahead: Iterable[Row], rows: CsvRows, source: Source, cells: Cells, *, plain: bool) -> Rows:
    """The rows read ``ahead`` and those that follow.

    ``plain`` when all that ``float`` accepts in the file is a decimal number. Raises DataError, with several bad cells
    at once.
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

    Rows of plain numbers and known categories are read fast, in files without quotes many at once; any other row is
    checked cell by cell.
    """

    def __init__(self, source: Source, cells: Cells, *, plain: bool) -> None:
        self._source = source
        self._cells = cells
        self._missing_numbers = cells.missing_numbers
        self._numbers, self._categories = array("d"), array("q")
        self._labels, self._parts = array("q"), array("q")
        self._label_codes, self._part_codes = Codes(exact=True), Codes(exact=True)
        self._codes = {column: Codes(source.known.get(column)) for column in source.categorical}
        self._checked = CheckedRows(source, cells, self._codes)
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
        """Take in the rows of a block, unless most of them have to be checked cell by cell."""
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
            self._take_checked(line, row)
        else:
            usual = isfinite(sum(numbers)) and len(row) == len(self._source.names)
            if usual and self._missing_numbers.isdisjoint(numbers):
                self._append(numbers, codes, label, part)
                return False
            self._take_checked(line, row)
        return self._full

    @property
    def _full(self) -> bool:
        return len(self._checked.problems) >= MOST_PROBLEMS or len(self._label_codes.texts) > MOST_LABELS

    def _append(self, numbers: list[float], codes: list[int], label: int, part: int) -> None:
        self._numbers.fromlist(numbers)
        if codes:
            self._categories.fromlist(codes)
        self._labels.append(label)
        self._parts.append(part)

    def _take_checked(self, line: int, row: list[str]) -> None:
        sample = self._checked.read(line, row)
        if sample is not None:
            label = self._label_codes.add(sample.label) if self._source.label is not None else MISSING
            part = self._part_codes.add(sample.part) if self._source.part is not None else MISSING
            self._append(sample.numbers, sample.codes, label, part)

    def finish(self) -> Rows:
        """The arrays; raises DataError where there were problems."""
        if self._checked.problems:
            raise DataError("\n".join(self._checked.problems[:MOST_PROBLEMS]))
        source = self._source
        labels = np.frombuffer(self._labels, np.int64) if self._labels else np.zeros(0, np.int64)
        parts = np.frombuffer(self._parts, np.int64) if self._parts else np.zeros(0, np.int64)
        columns = {column: Column(source.names[column]) for column in source.numeric}
        numbers = np.frombuffer(self._numbers or array("d"), np.float64).reshape(len(labels), len(source.numeric))
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
            self._checked.left_out,
            notes=tuple(self._checked.notes()),
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
    """A function that takes the cells of these columns out of a row."""
    if not columns:
        return lambda row: ()
    first, last = columns[0], columns[-1]
    if list(columns) == list(range(first, last + 1)):
        return itemgetter(slice(first, last + 1))
    return itemgetter(*columns)
