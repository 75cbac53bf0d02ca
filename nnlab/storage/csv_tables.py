"""Reading CSV files of a run folder: bounded line by line, every fault reported with file and line."""

import csv
from array import array
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from math import nan
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.decimals import BLOCK_BYTES, read_block
from nnlab.core.rows import MAX_STEPS, Bounds, Row
from nnlab.storage.checked_files import check_file, damaged, reading
from nnlab.text import one_line, quote

MAX_TABLE_BYTES = 2**30  # steps.csv of some 35 million updates
MAX_LINE_BYTES = 2**16
MAX_COLUMNS = 100
LONGEST_NUMBER = 100
# Arrays of a block's cells take 0.13 ms at least; up to this size reading it by lines is faster.
SHORT_BLOCK_BYTES = 2**11
SEPARATOR, POINT = b",."

Table = dict[str, Array]


class CsvRow(NamedTuple):
    """A line of a CSV file: its number in the file, counted from 1, and its cells."""

    line: int
    cells: list[str]


@contextmanager
def csv_rows(
    path: Path, columns: Sequence[str], *, unfinished: bool, quoted: bool = False
) -> Iterator[tuple[list[str], Iterator[CsvRow]]]:
    """The column names of a CSV file, which begin with ``columns``, and its rows, each with a cell per column.

    An ``unfinished`` file may be empty or end within a line: its writer is still running or was killed. ``quoted``
    cells may contain commas between double quotes, and must be UTF-8. Raises RunError.
    """
    check_file(path, MAX_TABLE_BYTES)
    with reading(path, UnicodeDecodeError), path.open("rb") as file:
        names = column_names(path, file.readline(MAX_LINE_BYTES), columns, unfinished=unfinished, quoted=quoted)
        yield names, _rows(path, file, len(names), unfinished, quoted)


def read_table(
    path: Path,
    columns: Sequence[str],
    *,
    unfinished: bool,
    gaps: bool,
    bounds_of: Callable[[str], Bounds] = lambda column: Bounds(),
) -> Table:
    """The columns of a CSV file of numbers; the first of its ``columns`` is the step, an increasing integer.

    With ``gaps``, cells after the first may be empty and become NaN. ``unfinished`` as for :func:`csv_rows`. The other
    numbers of a column are within its ``bounds_of``. Raises RunError.
    """
    check_file(path, MAX_TABLE_BYTES)
    numbers = array("d")
    with reading(path, UnicodeDecodeError), path.open("rb") as file:
        names = column_names(path, file.readline(MAX_LINE_BYTES), columns, unfinished=unfinished)
        for block in _blocks(file):
            first = len(numbers) // len(names) + 2
            found = block_numbers(path, block, names, gaps=gaps, unfinished=unfinished, first=first)
            numbers.frombytes(found.view(np.uint8).data)
    table = np.frombuffer(numbers, np.float64).reshape(-1, len(names))
    _check_steps(path, table[:, 0])
    for index, name in enumerate(names):
        column = table[:, index]
        bounds = bounds_of(name)
        if bounds != Bounds() and (wrong := (column < bounds.low) | (column > bounds.high)).any():
            place = int(wrong.argmax())
            damaged(path, f"{one_line(name)}: must be {bounds}, got {column[place]:g}", place + 2)
    return {name: table[:, index] for index, name in enumerate(names)}


def rows_of(table: Table) -> list[Row]:
    """A table of evaluations row by row; None where a metric has no value, and the step as an int."""
    lines = zip(*(column.tolist() for column in table.values()), strict=True)
    rows = [{name: None if cell != cell else cell for name, cell in zip(table, line, strict=True)} for line in lines]
    return [{**row, "step": int(row["step"] or 0)} for row in rows]


def column_names(
    path: Path, line: bytes, columns: Sequence[str], *, unfinished: bool = False, quoted: bool = False
) -> list[str]:
    """The column names in the first line of a CSV file, which begin with ``columns``; raises RunError."""
    if unfinished and not line.endswith(b"\n"):
        return list(columns)
    line = line.removeprefix(BOM_UTF8)
    names = _quoted_cells(path, 1, line) if quoted else _text(line).rstrip("\r\n").split(",")
    if len(names) > MAX_COLUMNS:
        damaged(path, f"has {len(names)} columns, but such a file has at most {MAX_COLUMNS}", 1)
    if names[: len(columns)] != list(columns) or len(set(names)) < len(names) or not line.endswith(b"\n"):
        damaged(path, f"expected the header {','.join(columns)}, found {_excerpt(line)}", 1)
    return names


def block_numbers(
    path: Path, block: bytes, names: Sequence[str], *, gaps: bool, unfinished: bool = False, first: int = 2
) -> Array:
    """The numbers in a block of whole lines, row after row; ``first`` is the number of its first line in the file.

    With ``gaps``, empty cells become NaN. Only an ``unfinished`` file may end within a line. Raises RunError.
    """
    plain = _plain_numbers(block, len(names), gaps) if len(block) > SHORT_BLOCK_BYTES else None
    if plain is not None:
        return plain
    rows = _rows(path, BytesIO(block), len(names), unfinished, quoted=False, first=first)
    return np.array([number for row in rows for number in _numbers(path, row, names, gaps)], np.float64)


def parse_float(cell: str) -> float:
    """The number in a cell; raises ValueError. Unlike ``float`` it takes neither 1_000 nor other scripts' digits."""
    if "_" in cell or not cell.isascii():
        raise ValueError(cell)
    return float(cell)


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """The rest of a file in blocks of whole lines; one without a line break at its end is cut off or too long."""
    while block := file.read(BLOCK_BYTES):
        yield block if block.endswith(b"\n") else block + file.readline(MAX_LINE_BYTES)


def _plain_numbers(text: bytes, width: int, gaps: bool) -> Array | None:
    """The numbers of a block of finite ones in lines of ``width`` cells; None for any other, which is read by lines."""
    if not text.endswith(b"\n") or (block := read_block(text, SEPARATOR, POINT, width)) is None:
        return None
    numbers, others = block.values.reshape(-1), ~block.valid
    if gaps:
        numbers[block.empty.reshape(-1)] = nan
        others &= ~block.empty
    places = np.flatnonzero(others)
    starts, ends = (array.reshape(-1)[places].tolist() for array in (block.starts, block.ends))
    if any(end - start > LONGEST_NUMBER for start, end in zip(starts, ends, strict=True)):
        return None
    cells = [text[start:end].rstrip(b"\r") for start, end in zip(starts, ends, strict=True)]
    if b"".join(cells).translate(None, b"0123456789.e+-"):
        return None
    try:
        numbers[places] = list(map(float, cells))
    except ValueError:
        return None
    return numbers


def _rows(path: Path, file: BinaryIO, width: int, unfinished: bool, quoted: bool, first: int = 2) -> Iterator[CsvRow]:
    for number, line in enumerate(iter(partial(file.readline, MAX_LINE_BYTES), b""), start=first):
        cells = _quoted_cells(path, number, line) if quoted else _text(line).rstrip("\r\n").split(",")
        if not line.endswith(b"\n"):
            if unfinished and len(line) < MAX_LINE_BYTES:
                return
            damaged(path, f"the line is cut off: {_excerpt(line)}", number)
        if len(cells) != width:
            damaged(path, f"expected {width} cells, found {len(cells)}: {_excerpt(line)}", number)
        yield CsvRow(number, cells)


def _quoted_cells(path: Path, number: int, line: bytes) -> list[str]:
    try:
        return next(csv.reader([line.decode().rstrip("\r\n")], strict=True), [])
    except csv.Error as error:
        damaged(path, f"cannot be read: {error}", number)


def _check_steps(path: Path, steps: Array) -> None:
    wrong = ~((steps >= 0) & (steps <= MAX_STEPS) & (steps == np.floor(steps)))
    wrong[1:] |= ~(steps[1:] > steps[:-1])
    if wrong.any():
        index = int(wrong.argmax())
        last = f" above {steps[index - 1]:.0f}" if index else ""
        damaged(path, f"step: must be a whole number{last}, got {steps[index]:g}", index + 2)


def _numbers(path: Path, row: CsvRow, names: Sequence[str], gaps: bool) -> list[float]:
    numbers: list[float] = []
    try:
        for cell in row.cells:
            numbers.append(nan if gaps and not cell else parse_float(cell))  # noqa: PERF401 - its length tells the column
    except ValueError:
        column = len(numbers)
        damaged(path, f"{names[column]}: must be a number, got {quote(row.cells[column][:200], 80)}", row.line)
    return numbers


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _excerpt(raw: bytes) -> str:
    return quote(_text(raw[:200].rstrip(b"\r\n")), 80)
