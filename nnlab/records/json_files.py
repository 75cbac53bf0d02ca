"""Reading the JSON files of a run folder: every fault reported with its file."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, Le

from nnlab.config.type_checks import check
from nnlab.core.rows import MAX_STEPS
from nnlab.data.input_format import GROUND, InputFormat
from nnlab.errors import RunError
from nnlab.metric_columns import FIRST_METRICS_COLUMNS, bounds_of
from nnlab.records.formats import STATUSES
from nnlab.storage.checked_files import (
    MOST_SECONDS,
    check_file,
    damaged,
    parsed_json,
    reading,
)
from nnlab.storage.layout import INPUTS_FILE, MODEL_FILE
from nnlab.storage.tensors import INPUTS_ENTRY, read_metadata
from nnlab.text import one_line, quote

MAX_SUMMARY_BYTES = 2**20
MAX_INPUTS_BYTES = 2**26  # 100,000 columns with long names

# Keys of every summary besides its status and two rows of metrics.
_SUMMARY_TYPES: Mapping[str, Any] = {
    "steps": Annotated[int, Ge(0), Le(MAX_STEPS)],
    "parameters": Annotated[int, Ge(0)],
    "train_seconds": Annotated[float, Ge(0), Le(MOST_SECONDS)],
    "spec_sha256": str,
}
SUMMARY_ROWS = ("final", "best")


def read_status(path: Path, limit: int = MAX_SUMMARY_BYTES) -> Mapping[str, Any]:
    """The summary of a run, a cross-validation, descent or sweep, with only its status checked; raises RunError."""
    summary = read_json(path, limit)
    status = summary.get("status")
    if status not in STATUSES:
        damaged(path, f"status: must be one of {', '.join(STATUSES)}, got {quote(status)}")
    return summary


def read_summary(path: Path) -> Mapping[str, Any]:
    """The summary of a run, checked to have every key with its type; raises RunError."""
    summary = read_status(path)
    if summary["status"] == "running":
        summary = {**dict.fromkeys(SUMMARY_ROWS), **summary}
    missing = [key for key in (*_SUMMARY_TYPES, *SUMMARY_ROWS) if key not in summary]
    if missing:
        damaged(path, f"lacks {', '.join(missing)}")
    for key, annotation in _SUMMARY_TYPES.items():
        wrong = check(annotation, summary[key])[1]
        if wrong:
            damaged(path, f"{key}: {wrong[0][1]}")
    for key in SUMMARY_ROWS:
        _check_row(path, key, summary[key])
    return summary


def _check_row(path: Path, key: str, row: object) -> None:
    if row is None:
        return
    if not isinstance(row, dict):
        damaged(path, f"{key}: must be an object or null, got {quote(row)}")
    missing = [column for column in FIRST_METRICS_COLUMNS if column not in row]
    if missing:
        damaged(path, f"{key}: lacks {', '.join(missing)}")
    for column, value in row.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            damaged(path, f"{key}.{one_line(column)}: must be a number or null, got {quote(value)}")
        bounds = bounds_of(column)
        if value is not None and not bounds.low <= value <= bounds.high and value == value:
            damaged(path, f"{key}.{column}: must be {bounds}, got {quote(value)}")


def read_environment(path: Path) -> Mapping[str, Any]:
    """The environment of a run; raises RunError."""
    return read_json(path)


def read_inputs(run: Path) -> InputFormat | None:
    """The input format of the model of a run; None where it was not recorded. Raises RunError.

    It is in the metadata of the model, or only in inputs.json where it is too long for that.
    """
    model, file = run / MODEL_FILE, run / INPUTS_FILE
    recorded = read_metadata(model).get(INPUTS_ENTRY)
    if recorded is None and not file.exists():
        return None
    place = file if recorded is None else model
    try:
        found = read_json(file, MAX_INPUTS_BYTES) if recorded is None else parsed_json(recorded)
        inputs = InputFormat.from_plain(found)
        return replace(inputs, ground=_ground(file)) if len(inputs.shape) == 3 and inputs.ground is None else inputs
    except ValueError as error:
        damaged(place, f"inputs: {one_line(str(error), 200)}")


def _ground(file: Path) -> float | None:
    """The ground of the training images in inputs.json; None where it cannot be read, since nothing depends on it."""
    try:
        ground = read_json(file, MAX_INPUTS_BYTES).get(GROUND)
    except RunError:
        return None
    return float(ground) if isinstance(ground, int | float) and 0 <= ground <= 1 else None


def read_json(path: Path, limit: int = MAX_SUMMARY_BYTES) -> dict[str, Any]:
    """The object in a JSON file; raises RunError."""
    check_file(path, limit)
    try:
        with reading(path):
            found = parsed_json(path.read_bytes())
    except json.JSONDecodeError as error:
        damaged(path, f"not JSON: {error.msg} at column {error.colno}", error.lineno)
    except ValueError as error:
        damaged(path, f"not JSON: {one_line(str(error), 200)}")
    if not isinstance(found, dict):
        damaged(path, f"must be an object, got {quote(found)}")
    return found
