"""The files of a run folder, opened and read with care: regular, of bounded size, every fault with file and line."""

import json
import stat
from array import array
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from math import nan
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.memory import readable_bytes
from nnlab.core.rows import MAX_STEPS, Row
from nnlab.errors import RunError, one_line, quote

MAX_TABLE_BYTES = 2**30  # steps.csv of some 35 million updates
MAX_LINE_BYTES = 2**16
MAX_COLUMNS = 100
MAX_JSON_DEPTH = 32
MOST_SECONDS = 1e10  # 300 years

Table = dict[str, Array]


def damaged(path: Path, message: str, line: int | None = None) -> NoReturn:
    """Raise RunError for ``path``, or for one line of it."""
    place = one_line(str(path), 300)
    raise RunError(f"{place}{'' if line is None else f':{line}'}: {message}")


def check_file(path: Path, limit: int) -> None:
    """Refuse what is not a regular file of at most ``limit`` bytes, so that no pipe or device is waited for."""
    try:
        information = path.stat()
    except FileNotFoundError:
        damaged(path, "missing")
    except OSError as error:
        damaged(path, f"cannot be read: {error.strerror or error}")
    if not stat.S_ISREG(information.st_mode):
        damaged(path, "must be a file")
    if information.st_size > limit:
        found, most = readable_bytes(information.st_size), readable_bytes(limit)
        damaged(path, f"{found} is more than the {most} that such a file may have")


def parsed_json(raw: str | bytes) -> Any:
    """What a JSON text says; raises ValueError where it is none, or nested deeper than anything written here.

    Whole numbers too long for any count become floats, as JSON itself makes no difference.
    """
    try:
        found = json.loads(raw, parse_int=lambda digits: int(digits) if len(digits) < 20 else float(digits))
    except RecursionError:
        raise ValueError("nested too deep") from None
    level = [found]
    for _ in range(MAX_JSON_DEPTH):
        level = [inner for value in level for inner in _within(value)]
    if level:
        raise ValueError("nested too deep")
    return found


def _within(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def read_table(path: Path, columns: Sequence[str], *, unfinished: bool, gaps: bool) -> Table:
    """The columns of a CSV file of numbers whose header begins with ``columns`` and whose first column is the step.

    With ``gaps``, cells after the first may be empty and become NaN. An ``unfinished`` file may be empty or end
    within a line, since its writer is at work or was killed. Raises RunError.
    """
    numbers = array("d")
    names: list[str] = list(columns)
    for place, names, cells in _lines(path, columns, unfinished):
        numbers.extend(_numbers(path, place, names, cells, gaps))
    table = np.array(numbers, dtype=np.float64).reshape(-1, len(names))
    _check_steps(path, table[:, 0])
    for index, name in enumerate(names):
        column = table[:, index]
        if name.endswith("_accuracy") and (wrong := (column < 0) | (column > 1)).any():
            place = int(wrong.argmax())
            damaged(path, f"{one_line(name)}: must be from 0 to 1, got {column[place]:g}", place + 2)
    return {name: table[:, index] for index, name in enumerate(names)}


def rows_of(table: Table) -> list[Row]:
    """A table of evaluations line by line; None where a metric has no value, and the step as a whole number."""
    lines = zip(*(column.tolist() for column in table.values()), strict=True)
    rows = [{name: None if cell != cell else cell for name, cell in zip(table, line, strict=True)} for line in lines]
    return [{**row, "step": int(row["step"] or 0)} for row in rows]


def _lines(path: Path, columns: Sequence[str], unfinished: bool) -> Iterator[tuple[int, list[str], list[bytes]]]:
    """Number, column names and cells of each line of a CSV file after its header."""
    check_file(path, MAX_TABLE_BYTES)
    try:
        with path.open("rb") as file:
            names = _header(path, file.readline(MAX_LINE_BYTES), columns, unfinished)
            for place, line in enumerate(iter(partial(file.readline, MAX_LINE_BYTES), b""), start=2):
                if not line.endswith(b"\n"):
                    if unfinished:
                        break
                    damaged(path, f"the line is cut off: {_text(line)}", place)
                cells = line.rstrip(b"\r\n").split(b",")
                if len(cells) != len(names):
                    damaged(path, f"expected {len(names)} cells, found {len(cells)}: {_text(line.rstrip())}", place)
                yield place, names, cells
    except OSError as error:
        damaged(path, f"cannot be read: {error.strerror or error}")


def _header(path: Path, line: bytes, columns: Sequence[str], unfinished: bool) -> list[str]:
    if unfinished and not line.endswith(b"\n"):
        return list(columns)
    names = line.removeprefix(BOM_UTF8).rstrip(b"\r\n").decode("utf-8", "replace").split(",")
    if len(names) > MAX_COLUMNS:
        damaged(path, f"has {len(names)} columns, but such a file has at most {MAX_COLUMNS}", 1)
    if names[: len(columns)] != list(columns) or len(set(names)) < len(names) or not line.endswith(b"\n"):
        damaged(path, f"expected the header {','.join(columns)}, found {_text(line.rstrip())}", 1)
    return names


def _check_steps(path: Path, steps: Array) -> None:
    wrong = ~((steps >= 0) & (steps <= MAX_STEPS) & (steps == np.floor(steps)))
    wrong[1:] |= ~(steps[1:] > steps[:-1])
    if wrong.any():
        index = int(wrong.argmax())
        last = f" above {steps[index - 1]:.0f}" if index else ""
        damaged(path, f"step: must be a whole number{last}, got {steps[index]:g}", index + 2)


def _numbers(path: Path, place: int, names: Sequence[str], cells: Sequence[bytes], gaps: bool) -> list[float]:
    numbers: list[float] = []
    try:
        for cell in cells:
            numbers.append(_number(cell, gaps))  # noqa: PERF401 - its length tells which cell is wrong
    except ValueError as error:
        damaged(path, f"{names[len(numbers)]}: must be a number, got {error}", place)
    return numbers


def _number(cell: bytes, gaps: bool) -> float:
    """The number in a cell; raises ValueError with the cell's text."""
    if gaps and not cell:
        return nan
    try:
        if b"_" not in cell:  # Python reads 1_000 as a number, a CSV file does not
            return float(cell)
    except ValueError:
        pass
    raise ValueError(_text(cell))


def _text(raw: bytes) -> str:
    return quote(raw[:200].decode("utf-8", "replace"), 80)
