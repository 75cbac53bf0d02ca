"""A CSV file with a header row as a labelled dataset."""

import csv
from array import array
from codecs import getincrementaldecoder
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from io import TextIOWrapper
from itertools import islice
from math import isfinite, nan
from pathlib import Path
from typing import Self, TextIO

import numpy as np

from nnlab.data.dataset import Dataset, Split
from nnlab.data.inputs import Column
from nnlab.data.labels import MOST_LABELS, check_spellings, classes_of, plain_number
from nnlab.data.reading import CHUNK, MOST_PROBLEMS, checksum, file_name, opened
from nnlab.errors import DataError, shown
from nnlab.registry import near_name

DELIMITERS = ",;\t"
MOST_COLUMNS = 100_000
MOST_LETTERS = 2 << 20
"""How long a row may be."""


def read_csv(path: Path, label: str | None, features: Sequence[str] | None) -> Dataset:
    """All rows as training samples with float64 inputs (N, D).

    The label is the last column unless ``label`` names it, ``features`` are all others unless named. The file is
    UTF-8 with a header row, separated by commas, semicolons or tabs. Raises DataError naming file, line and column;
    several bad cells are reported at once.
    """
    name = file_name(path)
    with opened(path) as (file, _):
        text = TextIOWrapper(file, "utf-8-sig", newline="")
        try:
            delimiter = max(DELIMITERS, key=lambda delimiter: _fit(text, delimiter))
            train, class_names, columns = _read_rows(_records(text, delimiter, name), name, label, features)
        except UnicodeDecodeError as error:
            raise DataError(f"{name}:{_undecodable_line(path)}: expected UTF-8 text, found other bytes") from error
        text.detach()
        file.seek(0)
        digest = checksum(file)
    return Dataset(train, None, class_names, {path.name: digest}, columns=columns)


class _Lines:
    """The lines of a text; a row, with the blank lines before it, takes at most ``MOST_LETTERS`` letters of them."""

    def __init__(self, text: TextIO) -> None:
        text.seek(0)
        self._text = text
        self.end_row()

    def end_row(self) -> None:
        """What follows belongs to another row."""
        self._left = MOST_LETTERS

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._left + 1)
        if not line:
            raise StopIteration
        self._left -= len(line)
        if self._left < 0:
            raise csv.Error(f"expected at most {MOST_LETTERS} letters in a row, found more")
        return line


def _fit(text: TextIO, delimiter: str) -> tuple[bool, int]:
    """How well a delimiter fits: best is the one that cuts header and first row into equally many cells, and most."""
    rows = csv.reader(islice(_Lines(text), 100), delimiter=delimiter, skipinitialspace=True)
    try:
        widths = [len(row) for row in islice(filter(None, rows), 2)]
    except csv.Error:  # reported when the rows are read
        return False, 0
    return len(set(widths)) == 1 and widths[0] > 1, max(widths, default=0)


def _records(text: TextIO, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, as stripped cells, each with the number of its first line."""
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    line = 1
    try:
        for row in reader:
            if len(row) > MOST_COLUMNS:
                raise DataError(f"{name}:{line}: expected at most {MOST_COLUMNS} columns, found {len(row)}")
            cells = [cell.strip() for cell in row]
            if len(cells) > 1 or any(cells):
                yield line, cells
                lines.end_row()
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{name}:{line}: {error}") from error


def _undecodable_line(path: Path) -> int:
    """The number of the first line that is not UTF-8."""
    decoder = getincrementaldecoder("utf-8")()
    number = 1
    with path.open("rb") as file:
        for chunk in iter(partial(file.read, CHUNK), b""):
            try:
                number += decoder.decode(chunk).count("\n")
            except UnicodeDecodeError as error:
                return number + error.object.count(b"\n", 0, error.start)
    return number


@dataclass(frozen=True)
class _Columns:
    """What the header says: all names, and where the features and the label stand."""

    names: list[str]
    features: list[int]
    label: int

    def numbers(self, cells: list[str]) -> list[float] | None:
        """The features of a row, or None when there is any problem in it."""
        if len(cells) != len(self.names) or not cells[self.label]:
            return None
        try:
            numbers = [float(plain_number(cells[column])) for column in self.features]
        except ValueError:
            return None
        return numbers if all(map(isfinite, numbers)) else None

    def problems(self, cells: list[str]) -> Iterator[str]:
        """What is wrong in a row, cell by cell."""
        if len(cells) != len(self.names):
            yield f"expected {len(self.names)} cells as in the header, found {len(cells)}"
            return
        for column in self.features:
            if not isfinite(_value(cells[column])):
                found = shown(cells[column]) if cells[column] else "nothing"
                yield f"{shown(self.names[column])}: expected a finite number, found {found}"
        if not cells[self.label]:
            yield f"{shown(self.names[self.label])}: expected a label, found nothing"


def _read_header(
    records: Iterator[tuple[int, list[str]]], name: str, label: str | None, features: Sequence[str] | None
) -> _Columns:
    line, names = next(records, (1, []))
    where = f"{name}:{line}"
    if not names:
        raise DataError(f"{name}: expected a header row and samples, found an empty file")
    # 0, 1, 2 may be names, but not alone, and 5.1 is none.
    numbers = [value for value in map(_value, names) if isfinite(value)]
    fraction = next((value for value in numbers if not value.is_integer()), None)
    if len(numbers) == len(names) or fraction is not None:
        found = "only numbers" if fraction is None else f"the number {fraction}"
        raise DataError(f"{where}: expected a header row with the names of the columns, found {found}")
    twice = next((column for column, count in Counter(names).items() if column and count > 1), None)
    if twice is not None:
        raise DataError(f"{where}: expected a header row with every name once, found {shown(twice)} twice")
    label_column = len(names) - 1 if label is None else _column(names, label, f"{where}: data.label")
    if features is None:
        feature_columns = [column for column in range(len(names)) if column != label_column]
    else:
        feature_columns = [_column(names, feature, f"{where}: data.features") for feature in features]
    unnamed = next((column for column in (*feature_columns, label_column) if not names[column]), None)
    if unnamed is not None:
        raise DataError(f"{where}: column {unnamed + 1} has no name: give it one, or list data.features without it")
    if not feature_columns:
        raise DataError(
            f"{where}: expected at least one feature beside the label {shown(names[label_column])}, "
            f"found none (columns are separated by comma, semicolon or tab)"
        )
    if label_column in feature_columns or len(set(feature_columns)) < len(feature_columns):
        raise DataError(
            f"{where}: data.features: expected each column once and not the label {shown(names[label_column])}"
        )
    return _Columns(names, feature_columns, label_column)


def _column(names: list[str], wanted: str, where: str) -> int:
    if wanted and wanted in names:
        return names.index(wanted)
    near = near_name(wanted, names)
    hint = f"did you mean {shown(near)}?" if near else f"the columns are {shown(', '.join(names), limit=200)}"
    raise DataError(f"{where}: no column {shown(wanted)}; {hint}")


def _value(cell: str) -> float:
    """The number in a cell; NaN when there is none."""
    try:
        return float(plain_number(cell))
    except ValueError:
        return nan


def _read_rows(
    records: Iterator[tuple[int, list[str]]], name: str, label: str | None, features: Sequence[str] | None
) -> tuple[Split, tuple[str, ...], tuple[Column, ...]]:
    columns = _read_header(records, name, label, features)
    inputs = array("d")
    labels = array("q")
    codes: dict[str, int] = {}
    problems: list[str] = []
    for line, cells in records:
        numbers = columns.numbers(cells)
        if numbers is None:
            problems += (f"{name}:{line}: {problem}" for problem in columns.problems(cells))
            if len(problems) >= MOST_PROBLEMS:
                break
        else:
            inputs.extend(numbers)
            labels.append(codes.setdefault(cells[columns.label], len(codes)))
            if len(codes) > MOST_LABELS:
                break
    if problems:
        raise DataError("\n".join(problems[:MOST_PROBLEMS]))
    if not labels:
        raise DataError(f"{name}: expected samples below the header row, found none")
    where = f"{name}: {shown(columns.names[columns.label])}"
    check_spellings(len(codes), where)
    classes, class_names = classes_of(list(codes), where)
    split = Split(
        np.frombuffer(inputs).reshape(-1, len(columns.features)),
        np.array(classes, np.intp)[np.frombuffer(labels, np.int64)],
    )
    return split, class_names, tuple(Column(columns.names[column]) for column in columns.features)
