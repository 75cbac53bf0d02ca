"""The trials that a search has asked for, and what their run folders say of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

from nnlab.core.statistics import mean_std
from nnlab.metric_columns import FIRST_METRICS_COLUMNS
from nnlab.records.formats import FINISHED
from nnlab.records.json_files import read_summary
from nnlab.records.sweep_folder import SweepFolder, trial_row
from nnlab.records.sweep_table import TrialRow
from nnlab.search.base import PointResult, Request
from nnlab.storage.csv_tables import read_table
from nnlab.storage.layout import METRICS_FILE, SUMMARY_FILE


@dataclass
class Trial:
    """A trial, as its folder and this session know it.

    ``message`` says why it failed, ``tries`` how often it was started for its present request.
    """

    request: Request
    offset: int
    row: TrialRow
    message: str = ""
    tries: int = 0

    @property
    def number(self) -> int:
        """Its number, counted from 1."""
        return self.row.number

    def has_reached(self, until: int | None) -> bool:
        """Whether its run has ended, or has made ``until`` updates."""
        return self.row.status in FINISHED or (until is not None and (self.row.steps or 0) >= until)

    def has_ended(self, until: int | None) -> bool:
        """Whether its run has ended, within ``until`` updates."""
        return self.row.status in FINISHED and (until is None or (self.row.steps or 0) <= until)

    def fail(self, message: str) -> None:
        """Mark it as failed."""
        self.row, self.message = replace(self.row, status="failed"), message

    def reload(self, folder: SweepFolder) -> None:
        """Read status, steps and metrics from its run folder; raises RunError."""
        self.row = trial_row(folder.path, self.row)

    def train_seconds(self, folder: SweepFolder) -> float:
        """How long its training took, in seconds; raises RunError."""
        return float(read_summary(folder.trial(self.number) / SUMMARY_FILE)["train_seconds"])

    def value(self, folder: SweepFolder, column: str, until: int | None) -> float | None:
        """A metric in its final row, or in the one after ``until`` updates where it was trained further.

        None where it diverged or failed before. Raises RunError.
        """
        if self.has_ended(until) or until is None:
            return self.row.metrics.get(column) if self.row.status == "completed" else None
        if not self.has_reached(until):
            return None
        path = folder.trial(self.number) / METRICS_FILE
        table = read_table(path, FIRST_METRICS_COLUMNS, unfinished=True, gaps=True)
        found = [float(value) for step, value in zip(table["step"], table[column], strict=True) if step == until]
        return found[0] if found and isfinite(found[0]) else None


def point_result(folder: SweepFolder, request: Request, trials: Sequence[Trial], goal: str | None) -> PointResult:
    """The result of a point for the search: the mean goal over its seeds, None where one of them has none."""
    diverged = any(trial.row.status == "diverged" and trial.has_ended(request.until) for trial in trials)
    values = [trial.value(folder, goal, request.until) for trial in trials] if goal else []
    known = [value for value in values if value is not None]
    mean = mean_std(known).mean if known and len(known) == len(trials) else None
    return PointResult(request.point, mean, diverged)
