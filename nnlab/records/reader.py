"""Reading a run folder: every file is checked, every fault reported with file and line."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from nnlab.config.plain_yaml import plain_yaml
from nnlab.config.resolved_spec import spec_sha256
from nnlab.config.type_checks import check
from nnlab.config.yaml_reader import MAX_BYTES, read_yaml
from nnlab.core.rows import Row
from nnlab.errors import RunError, SpecError, UsageError, reason_of
from nnlab.metric_columns import (
    FIRST_METRICS_COLUMNS,
    METRICS_COLUMNS,
    best_row,
    bounds_of,
    in_row_order,
    listed_metrics,
    measured_in,
)
from nnlab.records.annotations import read_annotations
from nnlab.records.diagnostics_reader import GradientNorms, Histograms, read_gradient_norms, read_histograms
from nnlab.records.formats import (
    CRASHED,
    STEPS_COLUMNS,
    is_crossval_folder,
    is_descent_folder,
    is_run_folder,
    is_sweep_folder,
)
from nnlab.records.json_files import SUMMARY_ROWS, read_summary
from nnlab.records.result_line import run_html, short_line
from nnlab.storage.checked_files import check_file, damaged, reading
from nnlab.storage.csv_tables import Table, read_table, rows_of
from nnlab.storage.layout import METRICS_FILE, SPEC_FILE, STEPS_FILE, SUMMARY_FILE
from nnlab.storage.lock import is_being_written
from nnlab.text import one_line, quote


@dataclass(frozen=True, eq=False)
class RunRecord:
    """One run as recorded in its folder; an empty cell of ``metrics`` is NaN."""

    path: Path
    spec: Mapping[str, Any]
    summary: Mapping[str, Any]
    metrics: Table

    def __repr__(self) -> str:
        return short_line(self.name, self.status, self.final, self._last_step)

    def _repr_html_(self) -> str:
        """Its metrics as a table."""
        summary = {**self.summary, "steps": self._last_step}
        return run_html(self.name, self.status, summary, self.final, self.best, self.path)

    @property
    def _last_step(self) -> int:
        """The steps in the summary; before a run has ended, the step of its last evaluation."""
        return max(int(self.summary["steps"]), int((self.final or {}).get("step") or 0))

    @property
    def name(self) -> str:
        """The experiment's name."""
        return str(self.spec["name"])

    @cached_property
    def status(self) -> str:
        """One of ``formats.STATUSES``, or ``crashed`` where it is running but its process has ended."""
        return run_status(self.path, self.summary)

    @cached_property
    def steps(self) -> Table:
        """Columns ``step`` and ``loss``, one entry for each update; raises RunError when the file is damaged."""
        path = self.path / STEPS_FILE
        steps = read_table(path, STEPS_COLUMNS, unfinished=self.summary["status"] == "running", gaps=False)
        found, expected = len(steps["step"]), self.summary["steps"]
        if self.status == "completed" and found != expected:
            damaged(path, f"holds {found} steps, but {SUMMARY_FILE} says that {expected} were completed")
        return steps

    @cached_property
    def gradient_norms(self) -> GradientNorms:
        """Steps and gradient norms by layer with parameters; raises RunError."""
        return read_gradient_norms(self.path)

    @cached_property
    def histograms(self) -> dict[str, Histograms]:
        """Histograms of the outputs by layer; raises RunError."""
        return read_histograms(self.path)

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """The tags that the user gave it; raises RunError when their file is damaged."""
        return read_annotations(self.path).tags

    @property
    def final(self) -> Row | None:
        """The evaluation of the saved weights, from the summary; the last one of a run that has not ended."""
        final: Row | None = self.summary["final"]
        return final or next(reversed(self.rows), None)

    @property
    def best(self) -> Row | None:
        """The best evaluation, from the summary; the best so far of a run that has not ended."""
        best: Row | None = self.summary["best"]
        return best or best_row(self.rows)

    @cached_property
    def metric_names(self) -> list[str]:
        """The metrics that its evaluations measured, the primary one first."""
        return measured_in(self.metrics)

    @cached_property
    def rows(self) -> list[Row]:
        """The evaluations, in order; None where a metric has no value."""
        return rows_of(self.metrics)


def run_status(path: Path, summary: Mapping[str, Any]) -> str:
    """The status in a run's summary; ``crashed`` where it is running but its process has ended."""
    status = str(summary["status"])
    return CRASHED if status == "running" and not is_being_written(path) else status


def read_run(folder: Path | str) -> RunRecord:
    """Read a run folder.

    A running or killed run may lack its final metrics and end within a line; any other fault raises RunError with the
    file, the line, what was expected and what was found.
    """
    path = Path(folder)
    _check_folder(path)
    summary = read_summary(path / SUMMARY_FILE)
    spec = read_recorded_spec(path / SPEC_FILE)
    if spec_sha256(spec) != summary["spec_sha256"]:
        damaged(path / SPEC_FILE, f"is not the spec of this run: its SHA-256 differs from the one in {SUMMARY_FILE}")
    unfinished = summary["status"] == "running"
    metrics = read_table(
        path / METRICS_FILE, FIRST_METRICS_COLUMNS, unfinished=unfinished, gaps=True, bounds_of=bounds_of
    )
    steps = metrics["step"]
    for column in METRICS_COLUMNS:
        metrics.setdefault(column, np.full(len(steps), np.nan))
    if summary["status"] == "completed" and (len(steps) == 0 or steps[-1] != summary["steps"]):
        found = f"ends at step {steps[-1]:.0f}" if len(steps) else "holds no evaluation"
        damaged(path / METRICS_FILE, f"{found}, but {SUMMARY_FILE} says that {summary['steps']} steps were completed")
    metrics = {column: metrics[column] for column in in_row_order(metrics, listed_metrics(spec))}
    record = RunRecord(path, spec, summary, metrics)
    _check_final(record)
    return record


def _check_final(record: RunRecord) -> None:
    """Raise RunError unless the final and best rows of the summary are rows of the metrics."""
    for key in SUMMARY_ROWS:
        row = record.summary[key]
        if row is not None and not any(row.items() <= other.items() for other in record.rows):
            damaged(record.path / SUMMARY_FILE, f"{key}: is not a row of {METRICS_FILE}")


def _check_folder(path: Path) -> None:
    try:
        path.stat()
        if not path.is_dir():
            damaged(path, "a file, not a run folder")
        if not is_run_folder(path):
            inside = any(is_run_folder(child) for child in islice(path.iterdir(), 1000))
            hint = f"; the folders in it are runs, {_name_one(path)}" if inside else ""
            damaged(path, f"not a run folder: it has neither {SPEC_FILE} nor {SUMMARY_FILE}{hint}")
        if is_descent_folder(path):
            damaged(path, "a descent, not a training run; use nnlab show or nnlab plot")
        if is_crossval_folder(path):
            damaged(path, f"a cross-validation; its folds are runs, {_name_one(path)}")
        if is_sweep_folder(path):
            damaged(path, f"a sweep; its trials are runs, {_name_one(path)}")
    except FileNotFoundError:
        pattern = any(character in str(path) for character in "*?[")
        damaged(path, "nothing matches this pattern" if pattern else "no such run folder")
    except (OSError, ValueError) as error:
        damaged(path, f"cannot be read: {reason_of(error)}")


def _name_one(parent: Path) -> str:
    return f"so name one of them (nnlab compare takes them all: {one_line(str(parent), 200)}/*)"


def read_recorded_spec(path: Path) -> Mapping[str, Any]:
    """The spec of a run as plain values; raises RunError."""
    check_file(path, MAX_BYTES)
    with reading(path):
        text = path.read_bytes().decode(errors="replace")
    try:
        spec = plain_yaml(text) or read_yaml(path).value
    except SpecError as error:
        more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
        raise RunError(one_line(f"{error.problems[0]}{more}", 500)) from None
    except UsageError as error:
        raise RunError(one_line(str(error), 500)) from None
    if not isinstance(spec, dict):
        damaged(path, f"must be a mapping, got {quote(spec)}", 1)
    for key, annotation in (("name", str), ("seed", int)):
        wrong = check(annotation, spec.get(key))[1]
        if wrong:
            damaged(path, f"{key}: {wrong[0][1]}")
    return spec
