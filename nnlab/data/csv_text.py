"""The text of a CSV file as rows of cells: separators, lines to skip, and bounds on both."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import chain, islice
from pathlib import Path
from typing import IO, Literal, Self, TextIO

from nnlab.data.csv_encoding import LONGEST_LINE, Scan, scan
from nnlab.data.reading import file_name, opened, unpacked
from nnlab.errors import DataError, shown

# Where two cut equally well, the first of them: commas also stand in numbers and sentences.
SEPARATORS = "\t;|,"
WHITESPACE = "whitespace"
MOST_COLUMNS = 100_000
MOST_SAMPLE_LINES = 100
MISSING_VALUES = ("", "?", "NA", "N/A", "#N/A", "nan", "null", "none")
_SEP_LINE = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE)

Row = tuple[int, list[str]]
"""The number of a row's first line, from 1, and its cells as they stand."""


@dataclass(frozen=True)
class CsvFormat:
    """How a file's bytes become rows of cells, and which cells (in any case) are missing values."""

    encoding: str = "auto"
    separator: str = "auto"
    decimal: str = "."
    header: bool | Literal["auto"] = "auto"
    skip_rows: int = 0
    missing_values: tuple[str, ...] = MISSING_VALUES


@contextmanager
def scanned(path: Path, encoding: str) -> Iterator[tuple[IO[bytes], Scan]]:
    """The contents of a file, unpacked where they are gzip data, and what a pass over them found.

    Raises DataError when it cannot be read or is no text of the given encoding.
    """
    with opened(path) as (file, size):
        stream, packed = unpacked(file)
        yield stream, scan(stream, size, file_name(path), encoding, packed=packed)


@contextmanager
def csv_rows(stream: IO[bytes], found: Scan, form: CsvFormat, name: str) -> Iterator[Iterator[Row]]:
    """The rows of a scanned file, blank lines included, after a ``sep=`` line and ``skip_rows`` lines."""
    text = TextIOWrapper(stream, found.codec, newline="")
    try:
        yield _rows(text, found, form, name)
    except UnicodeDecodeError as error:  # the file has changed since it was scanned
        raise DataError(f"{name}: {error}") from error
    finally:
        text.detach()


class _Lines:
    """The lines of a text; a row, with the blank lines before it, takes at most ``LONGEST_LINE`` letters of them."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self.end_row()

    def end_row(self) -> None:
        """What follows belongs to another row."""
        self._left = LONGEST_LINE

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._left + 1)
        if not line:
            raise StopIteration
        self._left -= len(line)
        if self._left < 0:
            raise csv.Error(f"expected at most {LONGEST_LINE} letters in a row, found more")
        return line


def _rows(text: TextIO, found: Scan, form: CsvFormat, name: str) -> Iterator[Row]:
    careful = _Lines(text)
    line = 1
    try:
        first = next(careful, "")
        told = _SEP_LINE.fullmatch(first)
        if told or form.skip_rows:
            line += 1
        for _ in range(form.skip_rows - 1):
            careful.end_row()
            if next(careful, None) is None:
                raise DataError(f"{name}: data.skip_rows: {form.skip_rows} lines are skipped, but there are {line - 1}")
            line += 1
        sample = [] if line > 1 else [first]
        sample += _sample(careful)
        separator = form.separator
        if separator == "auto":
            separator = told[1] if told else _best_separator(sample, form.decimal)
        separator = {"tab": "\t"}.get(separator, separator)
        bounded = found.quoted or not found.short_lines
        lines: Iterable[str] = chain(sample, careful if bounded else text)
        spaced = separator == WHITESPACE
        if spaced:
            lines = _single_spaced(lines)
        reader = csv.reader(lines, delimiter=" " if spaced else separator, skipinitialspace=True, strict=True)
        before = line - 1
        for row in reader:
            if len(row) > MOST_COLUMNS:
                raise DataError(f"{name}:{line}: expected at most {MOST_COLUMNS} columns, found {len(row)}")
            yield line, row
            if row and bounded:
                careful.end_row()
            line = before + reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{name}:{line}: {error}") from error


def _sample(lines: _Lines) -> list[str]:
    """The first lines, of which at most ``MOST_SAMPLE_LINES`` and ``LONGEST_LINE`` letters are looked at."""
    sample: list[str] = []
    letters = 0
    for line in islice(lines, MOST_SAMPLE_LINES):
        lines.end_row()
        sample.append(line)
        letters += len(line)
        if letters > LONGEST_LINE:
            break
    return sample


def _single_spaced(lines: Iterable[str]) -> Iterator[str]:
    return (" ".join(line.split()) + "\n" for line in lines)


def _best_separator(sample: list[str], decimal: str) -> str:
    """The separator that cuts most of the first rows into equally many cells, and then the one with most cells."""
    candidates = [separator for separator in SEPARATORS if separator != decimal]
    best = max(candidates, key=lambda separator: _fit(sample, separator))
    if _fit(sample, best)[1] > 1 or _fit(list(_single_spaced(sample)), " ")[1] < 2:
        return best
    return WHITESPACE


def _fit(sample: list[str], separator: str) -> tuple[float, int]:
    """Which share of the rows has the most frequent number of cells (0 where that is 1), and that number."""
    reader = csv.reader(sample, delimiter=separator, skipinitialspace=True)
    widths: Counter[int] = Counter()
    try:
        for row in reader:
            if any(row) and not row[0].startswith("#"):
                widths[len(row)] += 1
    except csv.Error:  # reported when the rows are read
        pass
    if not widths:
        return 0.0, 0
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    return (count / widths.total() if width > 1 else 0.0), width


def separator_hint(form: CsvFormat) -> str:
    """What to try when a file seems to have one column only."""
    if form.separator != "auto":
        return f"data.separator is {shown(form.separator)}"
    return "columns are separated by comma, semicolon, tab, | or spaces; data.separator names another"
