"""trials.csv of a sweep: one row for each trial with its status, settings and final metrics."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from nnlab.config.scalars import scalar
from nnlab.core.rows import MAX_STEPS, MOST_TRIALS, Row
from nnlab.metric_columns import bounds_of, metric_of, metrics_columns, names_in
from nnlab.records.formats import TRIAL_STATUSES, text_cell
from nnlab.storage.checked_files import check_file, damaged, parsed_json
from nnlab.storage.csv_tables import CsvRow, csv_rows, parse_float
from nnlab.text import one_line, quote

MAX_TRIALS_BYTES = 2**27


@dataclass(frozen=True)
class SweepColumns:
    """The columns of trials.csv that follow from the sweep: its keys, whether ``seed`` is one, and the goal's metric.

    ``seeds`` where each point is trained with several seeds; a seed that is swept itself is one of the ``keys``.
    """

    keys: tuple[str, ...]
    seeds: bool = False
    goal: str | None = None


@dataclass(frozen=True)
class TrialRow:
    """One trial: its settings by swept key, and the steps and ``final`` metrics in the summary of its run.

    ``status`` is one of ``formats.TRIAL_STATUSES``; ``seed`` is None unless points are trained with several seeds.
    """

    number: int
    status: str
    settings: Mapping[str, Any]
    seed: int | None = None
    steps: int | None = None
    metrics: Row = field(default_factory=dict)


def trials_csv(columns: SweepColumns, rows: Iterable[TrialRow]) -> bytes:
    """trials.csv: ``trial,status,<swept keys>[,seed],<goal>,steps,<other final metrics that any trial has>``."""
    rows = sorted(rows, key=lambda row: row.number)
    further = _further_metrics(columns, rows)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_header(columns, further))
    for row in rows:
        cells: list[object] = [row.number, row.status]
        cells += [setting_cell(row.settings[key]) if key in row.settings else "" for key in columns.keys]
        cells += [_integer_cell(row.seed)] * columns.seeds
        cells += [_number_cell(row.metrics.get(columns.goal))] if columns.goal else []
        cells += [_integer_cell(row.steps), *(_number_cell(row.metrics.get(name)) for name in further)]
        writer.writerow(cells)
    return text.getvalue().encode()


def read_trials(path: Path, keys: Sequence[str], goal: str | None) -> tuple[SweepColumns, list[TrialRow]]:
    """The columns and rows of trials.csv, for these swept keys and this goal; raises RunError with file and line."""
    check_file(path, MAX_TRIALS_BYTES)
    with csv_rows(path, ("trial", "status"), unfinished=False, quoted=True) as (names, lines):
        columns = SweepColumns(tuple(keys), "seed" in names[2 + len(keys) :], goal)
        further = names[len(_header(columns, ())) :]
        wrong = [name for name in further if not is_metric(name)]
        if names != _header(columns, further) or wrong:
            found = quote(",".join(names), 200)
            damaged(path, f"expected the header {','.join(_header(columns, ()))},<metrics>, found {found}", 1)
        rows: list[TrialRow] = []
        for line in lines:
            row = _row(path, line, columns, further)
            if rows and row.number <= rows[-1].number:
                damaged(path, f"trial: must be above {rows[-1].number}, got {row.number}", line.line)
            rows.append(row)
    return columns, rows


def setting_cell(value: object) -> str:
    """A swept value as YAML that reads back equal and that no spreadsheet reads as a formula.

    Text that YAML would read as something else, and text that begins like a formula, is in double quotes.
    """
    if isinstance(value, str):
        plain = (
            value.isprintable() and text_cell(value) == value and value[:1] not in "[{\"'" and value == value.strip()
        )
        return value if plain and isinstance(scalar(value), str) else json.dumps(value)
    if value is None or isinstance(value, bool | list | tuple | Mapping):
        return json.dumps(value)
    return repr(value).replace("inf", ".inf").replace("nan", ".nan") if isinstance(value, float) else str(value)


def parse_setting(cell: str) -> Any:
    """The value in a cell of :func:`setting_cell`; raises ValueError."""
    return parsed_json(cell) if cell[:1] in {"[", "{", '"'} else scalar(cell)


def is_metric(name: str) -> bool:
    """Whether a column of an evaluation is one of trials.csv: a metric, or the objective."""
    return name == "objective" or metric_of(name) is not None


def _further_metrics(columns: SweepColumns, rows: Sequence[TrialRow]) -> list[str]:
    measured = dict.fromkeys(name for row in rows for name, value in row.metrics.items() if value is not None)
    every = dict.fromkeys((*metrics_columns(names_in(measured)), *measured))
    return [name for name in every if name in measured and name != columns.goal and is_metric(name)]


def _header(columns: SweepColumns, further: Sequence[str]) -> list[str]:
    keys = [text_cell(one_line(key, 200)) for key in columns.keys]
    goal = [columns.goal] if columns.goal else []
    return ["trial", "status", *keys, *["seed"] * columns.seeds, *goal, "steps", *further]


def _integer_cell(value: int | None) -> str:
    return "" if value is None else str(value)


def _number_cell(value: float | None) -> str:
    return "" if value is None else repr(value)


def _row(path: Path, line: CsvRow, columns: SweepColumns, further: Sequence[str]) -> TrialRow:
    cells = iter(line.cells)
    number = _integer(path, line.line, "trial", next(cells), 1, MOST_TRIALS)
    status = next(cells)
    if status not in TRIAL_STATUSES:
        damaged(path, f"status: must be one of {', '.join(TRIAL_STATUSES)}, got {quote(status)}", line.line)
    settings = {}
    for key in columns.keys:
        if cell := next(cells):
            try:
                settings[key] = parse_setting(cell)
            except ValueError:
                _not(path, line.line, key, "a value as YAML", cell)
    seed = _optional_integer(path, line.line, "seed", next(cells), 2**64) if columns.seeds else None
    metrics = {columns.goal: _metric(path, line.line, columns.goal, next(cells))} if columns.goal else {}
    steps = _optional_integer(path, line.line, "steps", next(cells), MAX_STEPS)
    metrics |= {name: _metric(path, line.line, name, cell) for name, cell in zip(further, cells, strict=True)}
    measured = {name: value for name, value in metrics.items() if value is not None}
    return TrialRow(number, status, settings, seed, steps, measured)


def _optional_integer(path: Path, line: int, name: str, cell: str, high: int) -> int | None:
    return _integer(path, line, name, cell, 0, high) if cell else None


def _integer(path: Path, line: int, name: str, cell: str, low: int, high: int) -> int:
    number = int(cell) if cell.isascii() and cell.isdigit() and len(cell) <= 20 else -1
    if not low <= number <= high:
        _not(path, line, name, f"a whole number from {low} to {high}", cell)
    return number


def _metric(path: Path, line: int, name: str, cell: str) -> float | None:
    if not cell:
        return None
    try:
        value = parse_float(cell)
    except ValueError:
        _not(path, line, name, "a number", cell)
    bounds = bounds_of(name)
    if value < bounds.low or value > bounds.high:
        _not(path, line, name, str(bounds), cell)
    return value


def _not(path: Path, line: int, name: str, expected: str, cell: str) -> NoReturn:
    damaged(path, f"{one_line(name)}: must be {expected}, got {quote(cell[:200], 80)}", line)
