"""CSV parsing: separator detection, skipped lines, limits on line length and columns."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from io import BytesIO, StringIO, TextIOWrapper
from itertools import chain, islice
from typing import IO, Any, Literal, Self, TextIO

from nnlab.core.decimals import BLOCK_BYTES
from nnlab.data.files.reading import file_name, opened, unpacked
from nnlab.data.tables.csv_encoding import LONGEST_LINE, Scan, scan
from nnlab.errors import DataError
from nnlab.text import quote

# In order of preference for equal fits: commas also occur in numbers and sentences.
SEPARATORS = "\t;|,"
WHITESPACE = "whitespace"
MOST_COLUMNS = 100_000
MOST_SAMPLE_LINES = 100
MISSING_VALUES = ("", "?", "NA", "N/A", "#N/A", "nan", "null", "none")
_SEP_LINE = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE)

Row = tuple[int, list[str]]
"""A row: the number of its first line, from 1, and its raw cells."""


@dataclass(frozen=True)
class CsvFormat:
    """The format of a CSV file, and its missing values (case-insensitive)."""

    encoding: str = "auto"
    separator: str = "auto"
    decimal: str = "."
    header: bool | Literal["auto"] = "auto"
    skip_rows: int = 0
    missing_values: tuple[str, ...] = MISSING_VALUES


@contextmanager
def scanned(path: Traversable, encoding: str) -> Iterator[tuple[IO[bytes], Scan]]:
    """The contents of a file, decompressed if gzipped, and the result of scanning them.

    Raises DataError when the file cannot be read or is not text in the given encoding.
    """
    with opened(path) as (file, size):
        stream, packed = unpacked(file)
        yield stream, scan(stream, size, file_name(path), encoding, packed=packed)


@contextmanager
def csv_rows(stream: IO[bytes], found: Scan, form: CsvFormat, name: str) -> Iterator["CsvRows"]:
    """The rows of a scanned file, blank lines included, after a ``sep=`` line and ``skip_rows`` lines."""
    text = TextIOWrapper(stream, found.codec, newline="")
    try:
        yield CsvRows(stream, text, found, form, name)
    except UnicodeDecodeError as error:  # the file changed after the scan
        raise DataError(f"{name}: {error}") from error
    finally:
        text.detach()


class _Lines:
    """The lines of a text; a row, with preceding blank lines, may have at most ``LONGEST_LINE`` characters."""

    def __init__(self, readline: Callable[[int], str]) -> None:
        self._readline = readline
        self.end_row()

    def end_row(self) -> None:
        """Start the next row."""
        self._left = LONGEST_LINE

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._readline(self._left + 1)
        if not line:
            raise StopIteration
        self._left -= len(line)
        if self._left < 0:
            raise csv.Error(f"expected at most {LONGEST_LINE} characters in a row, found more")
        return line


class CsvRows:
    """The rows of a text one by one, or the remaining rows as blocks of bytes."""

    def __init__(self, stream: IO[bytes], text: TextIO, found: Scan, form: CsvFormat, name: str) -> None:
        self._stream = stream
        self._found = found
        self._name = name
        self._lines = _Lines(text.readline)
        self._line = 1
        sample, declared = self._begin(form)
        separator = form.separator
        if separator == "auto":
            separator = declared or _best_separator(sample, form.decimal)
        self._separator = {"tab": "\t"}.get(separator, separator)
        bounded = found.quoted or not found.short_lines
        self._rows = self._read(chain(sample, self._lines if bounded else text), self._lines if bounded else None)

    def __iter__(self) -> Iterator[Row]:
        return self._rows

    def parse(self, text: str) -> Iterator[list[str]]:
        """Parse complete lines."""
        return csv.reader(StringIO(text, newline=""), **self._dialect())

    @property
    def separator(self) -> int | None:
        """The separator byte; None where rows must be read one by one."""
        found = self._found
        one_byte = len(self._separator) == 1 and self._separator.isascii()
        simple = found.short_lines and not found.lone_returns
        return ord(self._separator) if one_byte and simple and found.codec == "utf-8-sig" else None

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        """The remaining rows as blocks: the number of the first line, and the bytes of complete lines."""
        self._stream.seek(0)
        for _ in range(self._line - 1):
            self._stream.readline()
        while chunk := self._stream.read(BLOCK_BYTES):
            block = chunk + self._stream.readline()
            yield self._line, block if block.endswith(b"\n") else block + b"\n"
            self._line += block.count(b"\n")

    def single_lines(self, line: int, text: bytes) -> Iterator[Row] | None:
        """The rows of a block whose first line has the number ``line``; None unless each row is a single line."""
        try:
            found = list(self.parse(text.decode()))
        except csv.Error:  # also where a quoted cell continues in the next block
            return None
        return enumerate(found, line) if len(found) == text.count(b"\n") else None

    def rest(self, line: int, ahead: Iterable[bytes]) -> Iterator[Row]:
        """The rows of blocks that were read ``ahead``, from the one of line ``line``, and of the rest of the file."""
        self._line = line
        parts = chain((part for block in ahead for part in BytesIO(block)), self._stream)
        lines = _Lines(lambda most: next(parts, b"").decode())
        return self._read(lines, lines)

    def _begin(self, form: CsvFormat) -> tuple[list[str], str]:
        """Skip lines before the table; returns its first lines, and the separator of a ``sep=`` line."""
        try:
            first = next(self._lines, "")
            declared = _SEP_LINE.fullmatch(first)
            if declared or form.skip_rows:
                self._line += 1
            for _ in range(form.skip_rows - 1):
                self._lines.end_row()
                if next(self._lines, None) is None:
                    skipped = f"expected more than {form.skip_rows} lines, found {self._line - 1}"
                    raise DataError(f"{self._name}: data.skip_rows: {skipped}")
                self._line += 1
            sample = [] if self._line > 1 else [first]
            return sample + _sample(self._lines), declared[1] if declared else ""
        except csv.Error as error:
            raise DataError(f"{self._name}:{self._line}: {error}") from error

    def _dialect(self) -> dict[str, Any]:
        separator = " " if self._separator == WHITESPACE else self._separator
        return {"delimiter": separator, "skipinitialspace": True, "strict": True}

    def _read(self, lines: Iterable[str], bound: _Lines | None) -> Iterator[Row]:
        if self._separator == WHITESPACE:
            lines = _single_spaced(lines)
        reader = csv.reader(lines, **self._dialect())
        before = self._line - 1
        try:
            for row in reader:
                line, self._line = self._line, before + reader.line_num + 1
                if len(row) > MOST_COLUMNS:
                    raise DataError(f"{self._name}:{line}: expected at most {MOST_COLUMNS} columns, found {len(row)}")
                yield line, row
                if row and bound:
                    bound.end_row()
        except csv.Error as error:
            raise DataError(f"{self._name}:{self._line}: {error}") from error


def _sample(lines: _Lines) -> list[str]:
    """The first lines: at most ``MOST_SAMPLE_LINES``, and little more than ``LONGEST_LINE`` characters."""
    sample: list[str] = []
    characters = 0
    for line in islice(lines, MOST_SAMPLE_LINES):
        lines.end_row()
        sample.append(line)
        characters += len(line)
        if characters > LONGEST_LINE:
            break
    return sample


def _single_spaced(lines: Iterable[str]) -> Iterator[str]:
    return (" ".join(line.split()) + "\n" for line in lines)


def _best_separator(sample: list[str], decimal: str) -> str:
    """The separator with which most of the first rows have the same number of cells; then, the most cells."""
    candidates = [separator for separator in SEPARATORS if separator != decimal]
    best = max(candidates, key=lambda separator: _fit(sample, separator))
    spaced = _fit(list(_single_spaced(sample)), " ")
    # Some files align narrow columns with a second tab.
    doubled = best == "\t" and spaced[0] > _fit(sample, best)[0]
    return WHITESPACE if doubled or (_fit(sample, best)[1] < 2 <= spaced[1]) else best


def _fit(sample: list[str], separator: str) -> tuple[float, int]:
    """The fraction of rows with the most frequent number of cells (0 if that is 1), and that number."""
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
    """Advice for a file that seems to have a single column."""
    if form.separator != "auto":
        return f"data.separator is {quote(form.separator)}"
    return "detected separators are comma, semicolon, tab, | and spaces; set data.separator for others"
