"""Validation of CSV rows cell by cell; errors name line and column."""

from collections.abc import Iterator, Mapping
from math import isfinite, nan
from typing import NamedTuple

from nnlab.data.tables.csv_cells import Cells
from nnlab.data.tables.rows import MISSING, Codes, DoubtfulCells, Source, UnknownCategories, counted
from nnlab.text import one_line, quote

MOST_CATEGORIES = 1000
# Missing by default, but a category in many tables (no garage, no garden).
NONE = "none"

_LABEL_HINT = "data.missing: drop removes such rows; data.missing_values lists the missing values"
_TARGET_HINT = "data.missing: drop removes such rows"
_MISSING_HINT = "data.missing: drop removes such rows; mean, median or a number imputes them"
_MISSING_TEXT_HINT = f"data.missing_values lists it (without it, none is a category); {_MISSING_HINT}"
_MISSING_NUMBER_HINT = f"data.missing_values lists it; {_MISSING_HINT}"


class Sample(NamedTuple):
    """A row: numbers, category codes, label text and split text."""

    numbers: list[float]
    codes: list[int]
    label: str
    part: str


class CheckedRows:
    """Reads rows cell by cell and collects ``problems``, one line per invalid cell."""

    def __init__(self, source: Source, cells: Cells, codes: Mapping[int, Codes]) -> None:
        self.problems: list[str] = []
        self._source = source
        self._cells = cells
        self._missing_numbers = cells.missing_numbers
        self._codes = codes
        self._incomplete = self._comments = 0
        self._unknown = UnknownCategories()
        self._doubtful = DoubtfulCells()
        self._hints: set[str] = set()

    def read(self, line: int, row: list[str]) -> Sample | None:
        """The sample in a row; None for rows that are blank, dropped or invalid."""
        source = self._source
        cells = [cell.strip() for cell in row]
        width = len(source.names)
        if not any(cells):
            return None
        if len(cells) > width and not any(cells[width:]):
            del cells[width:]
        if len(cells) != width:
            if cells[0].startswith("#"):
                self._comments += 1
            else:
                self._problem(line, f"expected {width} cells as in the header, found {len(cells)}")
            return None
        if cells == list(source.names):
            self._problem(line, "expected a sample, found the header again; remove this row")
            return None
        problems = len(self.problems)
        missing = [column for column in self._used() if self._cells.is_missing(cells[column])]
        for column in missing:
            if cells[column].casefold() == NONE and column in self._codes and source.missing != "refuse":
                self._doubtful.add_none(source.names[column])
        if missing and source.missing == "drop":
            self._incomplete += 1
            return None
        numbers = [self._number(line, column, cells[column]) for column in source.numeric]
        numbers += [self._target(line, column, cells[column]) for column in source.targets]
        codes = [self._category(line, column, cells[column]) for column in source.categorical]
        if MISSING in codes and source.missing == "drop":
            self._unknown.rows += 1
            return None
        if source.label in missing:
            self._problem_in(line, source.label, "a label", cells[source.label], _LABEL_HINT)
        if len(self.problems) > problems:
            return None
        label = "" if source.label is None else cells[source.label]
        part = "" if source.part is None else cells[source.part]
        return Sample(numbers, codes, label, part)

    @property
    def dropped(self) -> int:
        """The number of rows dropped for a missing value or an unknown category."""
        return self._incomplete + self._unknown.rows

    def notes(self) -> list[str]:
        """Notes on skipped, dropped and doubtful cells."""
        notes = [f"comment lines skipped: {self._comments}"] if self._comments else []
        notes += [f"{counted(self._incomplete, 'row')} with missing values dropped"] if self._incomplete else []
        notes += self._unknown.notes()
        notes += self._doubtful.notes()
        return notes

    def _used(self) -> Iterator[int]:
        """The columns that are checked for missing values."""
        source = self._source
        yield from source.numbers
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
            hint = f"data.categorical: [{self._source.names[column]}] makes the column categorical"
            self._problem_in(line, column, "a finite number", cell, self._cells.looks_like(cell) or hint)
            return nan
        if value in self._missing_numbers:
            self._doubtful.add_spelling(self._source.names[column], cell)
        return value

    def _target(self, line: int, column: int, cell: str) -> float:
        """The number to predict; a missing one is a problem, since it cannot be imputed."""
        value = self._cells.number(cell)
        if self._cells.is_missing(cell):
            self._problem_in(line, column, "a target, a finite number", cell, _TARGET_HINT)
        elif not isfinite(value):
            hint = self._cells.looks_like(cell) or "data.label in place of data.target predicts classes"
            self._problem_in(line, column, "a target, a finite number", cell, hint)
        elif value in self._missing_numbers:
            self._doubtful.add_spelling(self._source.names[column], cell)
        return value

    def _category(self, line: int, column: int, cell: str) -> int:
        """The code of a category; ``MISSING`` for a missing one."""
        source, codes = self._source, self._codes[column]
        if self._cells.is_missing(cell):
            if source.missing == "refuse":
                hint = _MISSING_TEXT_HINT if cell.casefold() == NONE else _MISSING_HINT
                self._problem_in(line, column, "a category", cell, hint)
            else:
                self._doubtful.add_zeros(source.names[column])
            return MISSING
        if column not in source.known and column not in source.named and isfinite(self._cells.number(cell)):
            hint = f"the rows above are text; data.categorical: [{source.names[column]}] reads both as categories"
            self._problem_in(line, column, "text", cell, hint)
            return MISSING
        code = codes.add(cell)
        if code == MISSING:
            self._unknown.add(source.names[column], cell)
            if source.missing == "refuse":
                known = f"a category of the training samples ({', '.join(codes.texts[:20])})"
                self._problem_in(line, column, known, cell, _MISSING_HINT)
        if len(codes.texts) > MOST_CATEGORIES:
            self._problem_in(
                line, column, f"at most {MOST_CATEGORIES} categories", cell, "exclude the column with data.exclude"
            )
        return code

    def _problem_in(self, line: int, column: int | None, expected: str, cell: str, hint: str) -> None:
        """Record an invalid cell; each hint is given once."""
        name = quote(self._source.names[column or 0])
        found = quote(cell) if cell else "nothing"
        once = f": {hint}" if hint not in self._hints else ""
        self._hints.add(hint)
        self._problem(line, f"{name}: expected {expected}, found {found}{one_line(once, 200)}")

    def _problem(self, line: int, message: str) -> None:
        self.problems.append(f"{self._source.name}:{line}: {message}")
