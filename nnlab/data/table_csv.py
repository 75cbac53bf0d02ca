"""A CSV file with a header row as a labelled dataset."""

import csv
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from math import isfinite, nan
from pathlib import Path
from typing import TextIO

import numpy as np

from nnlab.data.dataset import Dataset, Split
from nnlab.data.labels import classes_of
from nnlab.data.reading import MOST_PROBLEMS, checksum, file_name, opened
from nnlab.errors import DataError, shown
from nnlab.registry import near_name

DELIMITERS = ",;\t"


def read_csv(path: Path, label: str | None, features: Sequence[str] | None) -> Dataset:
    """All rows as training samples with float64 inputs (N, D).

    The label is the last column unless ``label`` names it, ``features`` are all others unless named. The file is
    UTF-8 with a header row, separated by commas, semicolons or tabs. Raises DataError naming file, line and column;
    several bad cells are reported at once.
    """
    name = file_name(path)
    with opened(path) as (file, _):
        digest = checksum(file)
        text = TextIOWrapper(file, "utf-8-sig", newline="")
        try:
            delimiter = _delimiter(text)
            text.seek(0)
            train, class_names = _read_rows(_records(text, delimiter, name), name, label, features)
        except UnicodeDecodeError as error:
            raise DataError(f"{name}:{_undecodable_line(path)}: expected UTF-8 text, found other bytes") from error
    return Dataset(train, None, class_names, {path.name: digest})


def _delimiter(text: TextIO) -> str:
    """The delimiter that cuts the header and the first row into the same number of cells, and into the most."""
    start = list(islice(text, 100))

    def fit(delimiter: str) -> tuple[bool, int]:
        rows = csv.reader(start, delimiter=delimiter, skipinitialspace=True)
        try:
            widths = [len(row) for row in islice(filter(None, rows), 2)]
        except csv.Error:  # reported when the rows are read
            return False, 0
        return len(set(widths)) == 1 and widths[0] > 1, max(widths, default=0)

    return max(DELIMITERS, key=fit)


def _records(text: TextIO, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, as stripped cells, each with the number of its first line."""
    reader = csv.reader(text, delimiter=delimiter, skipinitialspace=True, strict=True)
    line = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if len(cells) > 1 or any(cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{name}:{line}: {error}") from error


def _undecodable_line(path: Path) -> int:
    """The number of the first line that is not UTF-8."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 1


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
            numbers = [float(cells[column]) for column in self.features]
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
        return float(cell)
    except ValueError:
        return nan


def _read_rows(
    records: Iterator[tuple[int, list[str]]], name: str, label: str | None, features: Sequence[str] | None
) -> tuple[Split, tuple[str, ...]]:
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
    if problems:
        raise DataError("\n".join(problems[:MOST_PROBLEMS]))
    if not labels:
        raise DataError(f"{name}: expected samples below the header row, found none")
    classes, class_names = classes_of(list(codes), f"{name}: {shown(columns.names[columns.label])}")
    split = Split(
        np.frombuffer(inputs).reshape(-1, len(columns.features)),
        np.array(classes, np.intp)[np.frombuffer(labels, np.int64)],
    )
    return split, class_names
