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
from nnlab.data.tables.csv_blocks import BlockReader, NumberBlock, codes_in
from nnlab.data.tables.csv_cells import Cells
from nnlab.data.tables.csv_text import CsvRows, Row
from nnlab.data.tables.labels import MOST_LABELS, sorted_labels
from nnlab.data.tables.rows import MISSING, Codes, Rows, Source, one_hot
from nnlab.errors import DataError


def read_rows_of(ahead: Iterable[Row], rows: CsvRows, source: Source, cells: Cells, *, plain: bool) -> Rows:
    """The table of all rows: those read ``ahead`` and the remaining ones.

    ``plain``: everything in the file that ``float`` accepts is a decimal number. Raises DataError with several invalid
    cells at once.
    """
    reading = _Reading(source, cells, plain=plain)
    reading.add_rows(ahead)
    if rows.separator is None:
        reading.add_rows(rows)
    else:
        reading.add_blocks(rows, rows.separator)
    return reading.finish()


class _Reading:
    """Builds the arrays row by row.

    Rows of plain numbers and known categories take a fast path, in whole blocks where double quotes, if any, enclose
    whole cells within a line; all others are checked cell by cell.
    """

    def __init__(self, source: Source, cells: Cells, *, plain: bool) -> None:
        self._source = source
        self._cells = cells
        self._missing_numbers = cells.missing_numbers
        self._numbers, self._targets, self._categories = array("d"), array("d"), array("q")
        self._labels, self._parts = array("q"), array("q")
        self._label_codes, self._part_codes = Codes(exact=True), Codes(exact=True)
        self._codes = {column: Codes(source.known.get(column)) for column in source.categorical}
        self._checked = CheckedRows(source, cells, self._codes)
        self._read_numbers = cells.reader(plain=plain)
        self._pick = _picker(source.numbers)
        self._categories_of = [(column, self._codes[column].of) for column in source.categorical]

    def add_rows(self, rows: Iterable[Row]) -> None:
        """Add rows one by one, until there are too many problems."""
        for line, row in rows:
            if self._add(line, row):
                break

    def add_blocks(self, rows: CsvRows, separator: int) -> None:
        """Add the remaining rows, in blocks where they are plain decimal numbers."""
        blocks = BlockReader(self._source, self._cells, separator).parsed(rows)
        for line, text, numbers, ahead in blocks:
            if numbers is None or not self._add_block(line, numbers, rows):
                one_by_one = rows.single_lines(line, text)
                if one_by_one is None:
                    self.add_rows(rows.rest(line, [text, *ahead]))
                    break
                self.add_rows(one_by_one)
            if self._full:
                break

    def _add_block(self, line: int, block: NumberBlock, rows: CsvRows) -> bool:
        """Add the rows of a block; returns False if most need to be checked cell by cell."""
        source, plain = self._source, block.plain
        if 2 * np.count_nonzero(plain) < len(plain):
            return False
        coded = [(column, self._codes[column]) for column in source.categorical]
        coded += [] if source.label is None else [(source.label, self._label_codes)]
        coded += [] if source.part is None else [(source.part, self._part_codes)]
        codes = {column: codes_in(block, column, known) for column, known in coded}
        for found in codes.values():
            plain &= found != MISSING
        none = np.full(len(plain), MISSING, np.int64)
        categories = np.array([codes[column] for column in source.categorical], np.int64).reshape(-1, len(plain)).T
        labels = none if source.label is None else codes[source.label]
        parts = none if source.part is None else codes[source.part]
        features = len(source.numeric)
        arrays = (
            (self._numbers, block.numbers[:, :features]),
            (self._targets, block.numbers[:, features:]),
            (self._categories, categories),
            (self._labels, labels),
            (self._parts, parts),
        )
        start = 0
        for row in [*np.flatnonzero(~plain).tolist(), len(plain)]:
            if row > start:
                for kept, found in arrays:
                    kept.frombytes(np.ascontiguousarray(found[start:row]).reshape(-1).view(np.uint8).data)
            if row == len(plain) or self._full:
                break
            cells = block.text[block.starts[row, 0] : block.ends[row, -1]].decode()
            self._add(line + row, next(rows.parse(cells), []))
            start = row + 1
        return True

    def _add(self, line: int, row: list[str]) -> bool:
        """Add a row; returns whether there are too many problems."""
        try:
            numbers = self._read_numbers(self._pick(row))
            codes = [of[row[column].strip()] for column, of in self._categories_of]
            label = MISSING if self._source.label is None else self._label_codes.of[row[self._source.label].strip()]
            part = MISSING if self._source.part is None else self._part_codes.of[row[self._source.part].strip()]
        except (ValueError, KeyError, IndexError):
            self._add_checked(line, row)
        else:
            regular = isfinite(sum(numbers)) and len(row) == len(self._source.names)
            if regular and self._missing_numbers.isdisjoint(numbers):
                self._append(numbers, codes, label, part)
                return False
            self._add_checked(line, row)
        return self._full

    @property
    def _full(self) -> bool:
        return len(self._checked.problems) >= MOST_PROBLEMS or len(self._label_codes.texts) > MOST_LABELS

    def _append(self, numbers: list[float], codes: list[int], label: int, part: int) -> None:
        features = len(self._source.numeric)
        self._numbers.fromlist(numbers[:features])
        self._targets.fromlist(numbers[features:])
        if codes:
            self._categories.fromlist(codes)
        self._labels.append(label)
        self._parts.append(part)

    def _add_checked(self, line: int, row: list[str]) -> None:
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
        labels, parts = np.frombuffer(self._labels, np.int64), np.frombuffer(self._parts, np.int64)
        columns = {column: Column(source.names[column]) for column in source.numeric}
        targets = _table(self._targets, len(labels), len(source.targets))
        if not source.categorical:
            inputs = _table(self._numbers, len(labels), len(source.numeric))
        else:
            found = np.frombuffer(self._categories, np.int64).reshape(len(labels), len(source.categorical))
            ranks = {}
            for column in source.categorical:
                texts = self._codes[column].texts
                order = texts if column in source.known else sorted_labels(texts)
                columns[column] = Column(source.names[column], tuple(order))
                rank_of = {text: rank for rank, text in enumerate(order)}
                ranks[column] = np.array([rank_of[text] for text in texts], np.intp)
            inputs = one_hot(source, columns, self._numbers, found, ranks)
        return Rows(
            inputs,
            tuple(columns[column] for column in source.features),
            labels,
            tuple(self._label_codes.texts),
            parts,
            tuple(self._part_codes.texts),
            self._checked.dropped,
            notes=tuple(self._checked.notes()),
            targets=targets,
            target_names=tuple(source.names[column] for column in source.targets),
        )


def _table(numbers: "array[float]", rows: int, width: int) -> Array:
    """The numbers as (N, D), in the same memory."""
    return np.frombuffer(numbers, np.float64).reshape(rows, width)


def _picker(columns: Sequence[int]) -> Callable[[list[str]], Sequence[str]]:
    """A function that selects the cells of these columns from a row."""
    if not columns:
        return lambda row: ()
    first, last = columns[0], columns[-1]
    if list(columns) == list(range(first, last + 1)):
        return itemgetter(slice(first, last + 1))
    return itemgetter(*columns)
