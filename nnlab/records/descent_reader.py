"""Reading the folder of a descent: every fault reported with file and line."""

from array import array
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nnlab.config.descent import Descent, load_descent
from nnlab.config.yaml_reader import MAX_BYTES
from nnlab.core.arrays import Array
from nnlab.errors import MissingPlugin, RunError, UsageError
from nnlab.records.formats import path_columns
from nnlab.storage.checked_files import check_file, damaged, reading
from nnlab.storage.csv_tables import csv_rows, parse_float
from nnlab.storage.layout import LOG_FILE, PATH_FILE, SPEC_FILE
from nnlab.text import one_line, quote

# Positions (steps + 1, n), values and gradient norms.
PathTable = tuple[Array, Array, Array]


def read_descent(folder: Path) -> Descent:
    """The spec of a descent; raises RunError."""
    check_file(folder / SPEC_FILE, MAX_BYTES)
    try:
        return load_descent(folder / SPEC_FILE)
    except MissingPlugin:
        raise
    except UsageError as error:
        raise RunError(one_line(str(error), 500)) from None


def read_log(folder: Path) -> str:
    """The console output of a descent; raises RunError."""
    path = folder / LOG_FILE
    check_file(path, MAX_BYTES)
    with reading(path, UnicodeDecodeError):
        return path.read_text(encoding="utf-8")


def read_paths(folder: Path, start: Sequence[float], labels: Sequence[str]) -> dict[str, PathTable]:
    """The paths in path.csv by label, each one of ``labels`` and starting at ``start``; raises RunError.

    Empty where there are no labels.
    """
    path = folder / PATH_FILE
    variables = len(start) or 2
    columns = path_columns(variables)
    numbers: dict[str, array[float]] = {}
    width = len(columns) - 2
    with csv_rows(path, columns, unfinished=False, quoted=True) as (names, rows):
        if names != columns:
            damaged(path, f"expected the header {','.join(columns)}, found {quote(','.join(names), 80)}", 1)
        for line, (label, step, *cells) in rows:
            if label not in labels:
                known = quote(", ".join(labels), 200)
                damaged(path, f"optimizer: expected one of {known}, found {quote(label)}", line)
            found = numbers.setdefault(label, array("d"))
            if step != str(len(found) // width):
                damaged(path, f"step: expected {len(found) // width}, found {quote(step)}", line)
            try:
                found.extend(map(parse_float, cells))
            except ValueError:
                damaged(path, f"must be numbers, got {quote(','.join(cells), 80)}", line)
    if labels and not numbers:
        damaged(path, "holds no path")
    for label, found in numbers.items():
        first = list(found[:variables])
        if first != list(start):
            damaged(path, f"{label}: expected a path from {quote(start)}, found one from {quote(first)}")
    tables = {label: np.array(found).reshape(-1, width) for label, found in numbers.items()}
    return {label: (table[:, :variables], table[:, -2], table[:, -1]) for label, table in tables.items()}
