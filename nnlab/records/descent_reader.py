"""A descent's folder as it is read: every fault reported with its file and line."""

import csv
from array import array
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from nnlab.config.descent import Descent, load_descent
from nnlab.config.tree import MAX_BYTES
from nnlab.core.arrays import Array
from nnlab.errors import RunError, UsageError, one_line, quote
from nnlab.records.formats import LOG_FILE, PATH_FILE, SPEC_FILE, path_columns
from nnlab.storage.checked_files import MAX_LINE_BYTES, MAX_TABLE_BYTES, check_file, damaged

# Positions (steps + 1, n), values and gradient norms.
PathTable = tuple[Array, Array, Array]


def read_descent(folder: Path) -> Descent:
    """The spec of a descent; raises RunError."""
    check_file(folder / SPEC_FILE, MAX_BYTES)
    try:
        return load_descent(folder / SPEC_FILE)
    except UsageError as error:
        raise RunError(one_line(str(error), 500)) from None


def read_log(folder: Path) -> str:
    """What the console said of each path; raises RunError."""
    path = folder / LOG_FILE
    check_file(path, MAX_BYTES)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        damaged(path, f"cannot be read: {getattr(error, 'strerror', None) or error}")


def read_paths(folder: Path, start: Sequence[float], labels: Sequence[str]) -> dict[str, PathTable]:
    """What path.csv tells of each rule, by its label, which is one of ``labels``: a path from ``start``.

    No path where there are no labels. Raises RunError.
    """
    path = folder / PATH_FILE
    check_file(path, MAX_TABLE_BYTES)
    numbers: dict[str, array[float]] = {}
    variables = len(start) or 2
    columns = path_columns(variables)
    width = len(columns) - 2
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(iter(partial(file.readline, MAX_LINE_BYTES), ""))
            if (header := next(rows, [])) != columns:
                damaged(path, f"expected the header {','.join(columns)}, found {quote(','.join(header), 80)}", 1)
            for row in rows:
                if row and row[0] not in labels:
                    known = quote(", ".join(labels), 200)
                    damaged(path, f"optimizer: expected one of {known}, found {quote(row[0])}", rows.line_num)
                if len(row) != len(columns):
                    damaged(path, f"expected {len(columns)} cells, found {len(row)}", rows.line_num)
                label, step, *cells = row
                found = numbers.setdefault(label, array("d"))
                if step != str(len(found) // width):
                    damaged(path, f"step: expected {len(found) // width}, found {quote(step)}", rows.line_num)
                try:
                    found.extend([float(cell) for cell in cells])
                except ValueError:
                    damaged(path, f"must be numbers, got {quote(','.join(cells), 80)}", rows.line_num)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        damaged(path, f"cannot be read: {getattr(error, 'strerror', None) or error}")
    if labels and not numbers:
        damaged(path, "holds no path")
    for label, found in numbers.items():
        if list(found[:variables]) != list(start):
            damaged(
                path, f"{label}: expected a path from {quote(start)}, found one from {quote(list(found[:variables]))}"
            )
    tables = {label: np.array(found).reshape(-1, width) for label, found in numbers.items()}
    return {label: (table[:, :variables], table[:, -2], table[:, -1]) for label, table in tables.items()}
