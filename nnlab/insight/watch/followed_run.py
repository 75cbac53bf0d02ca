"""One run while it is written: what its files say now, read without touching it."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic, time
from typing import Any

import numpy as np

from nnlab.core.rows import SPLITS, Row
from nnlab.errors import RunError
from nnlab.insight.watch.curve import Curve
from nnlab.insight.watch.folder_place import FolderPlace
from nnlab.insight.watch.growing_files import GrowingLines, GrowingTable, ReplacedFiles, within
from nnlab.insight.watch.pace import Pace
from nnlab.insight.watch.planned_length import PlannedLength
from nnlab.metric_columns import FIRST_METRICS_COLUMNS, best_row, bounds_of, in_row_order, listed_metrics, names_in
from nnlab.records.formats import CRASHED, DIAGNOSTICS_COLUMNS, STEPS_COLUMNS
from nnlab.records.json_files import read_environment, read_summary
from nnlab.records.reader import read_recorded_spec
from nnlab.storage.csv_tables import Table, parse_float, rows_of
from nnlab.storage.layout import (
    DIAGNOSTICS_FILE,
    ENVIRONMENT_FILE,
    METRICS_FILE,
    SPEC_FILE,
    STEPS_FILE,
    SUMMARY_FILE,
)
from nnlab.storage.lock import is_being_written

SECONDS_OF_READING = 0.5
"""A look reads no longer than this: of a file with millions of steps the rest follows at the next look."""

MOST_LAYERS = 1000
INTERVALS_OF_LAYERS = 256
SECONDS_BETWEEN_LIVENESS = 2.0

NOT_BEGUN = "not begun"
GONE = "deleted"
"""Statuses of a folder that no summary has: it has none yet, and it was deleted or moved elsewhere."""


class FollowedRun:
    """A run folder, looked at again and again.

    Curves and numbers are of what was recorded until the last :meth:`look`: steps and evaluations reach the files in
    bundles, at the latest at each evaluation. ``problem`` says why a file cannot be read, else it is empty.
    """

    def __init__(self, path: Path) -> None:
        self._place = FolderPlace(path)
        self.problem = ""
        self._begin(path)

    def _begin(self, path: Path) -> None:
        self.status = NOT_BEGUN
        self.summary: Mapping[str, Any] = {}
        self.spec: Mapping[str, Any] = {}
        self.environment: Mapping[str, Any] = {}
        spec, summary, environment = (path / name for name in (SPEC_FILE, SUMMARY_FILE, ENVIRONMENT_FILE))
        self._spec_file = ReplacedFiles(lambda: read_recorded_spec(spec), spec)
        self._summary_file = ReplacedFiles(lambda: read_summary(summary), summary)
        self._environment_file = ReplacedFiles(lambda: read_environment(environment), environment)
        self._begin_tables(path)
        self._asked_at = -SECONDS_BETWEEN_LIVENESS
        self._alive = self._grew = self._looked = False

    def _begin_tables(self, path: Path) -> None:
        self.step = 0
        self.objective = Curve()
        self.measured: dict[str, Curve] = {}
        self.newest: Row | None = None
        self.best: Row | None = None
        self.gradient_norms: dict[str, Curve] = {}
        self.pace = Pace()
        self._steps = GrowingTable(path / STEPS_FILE, STEPS_COLUMNS, gaps=False)
        self._metrics = GrowingTable(path / METRICS_FILE, FIRST_METRICS_COLUMNS, gaps=True)
        self._diagnostics = GrowingLines(path / DIAGNOSTICS_FILE)

    @property
    def path(self) -> Path:
        """Where the folder is now."""
        return self._place.path

    def look(self, *, whole: bool = False) -> None:
        """Read what is new: at most for half a second, or all of it."""
        before = self.path
        if not self._place.find():
            self.status = GONE
            return
        if self.path != before:
            self._begin(self.path)
        try:
            self._read(whole=whole)
            self.problem = ""
        except RunError as error:
            self.problem = str(error)
        self.status = self._status()

    def _read(self, *, whole: bool) -> None:
        self.spec = self._spec_file.get() or {}
        self.summary = self._summary_file.get() or {}
        self.environment = self._environment_file.get() or {}
        grew = False
        until = monotonic() + SECONDS_OF_READING
        while self._read_tables():
            grew = True
            if not whole and monotonic() > until:
                break
        self._grew = grew and self._looked
        self._looked = True

    def _read_tables(self) -> bool:
        """Read one block of each table; whether there was anything new."""
        steps, rows, layers = self._steps.look(), self._metrics.look(), self._diagnostics.look()
        files = (self._steps.lines, self._metrics.lines, self._diagnostics)
        if any(file.restarts for file in files):
            self._begin_tables(self.path)
            return True
        if self.pace.empty and self._environment_file.changed_at is not None:
            resumed_after = self.summary.get("steps", 0) if self.summary.get("status") == "running" else 0
            self.pace.see(self._environment_file.changed_at, resumed_after)
        if steps:
            self.objective.extend(steps["step"], steps["loss"])
            self.step = max(self.step, int(steps["step"][-1]))
            if self._steps.lines.changed_at is not None:
                self.pace.see(self._steps.lines.changed_at, self.step)
        if rows:
            self._add_rows(rows)
        if layers:
            self._add_layers(layers)
        return bool(steps or rows or layers)

    def _add_rows(self, table: Table) -> None:
        table = within(table, bounds_of)
        table = {column: table[column] for column in in_row_order(table, listed_metrics(self.spec))}
        rows = rows_of(table)
        self.newest = rows[-1]
        self.best = best_row([row for row in (self.best, *rows) if row is not None])
        self.step = max(self.step, int(self.newest["step"] or 0))
        for name in names_in(table):
            for split in SPLITS:
                if (column := f"{split}_{name}") in table and not np.isnan(table[column]).all():
                    self.measured.setdefault(column, Curve()).extend(table["step"], table[column])

    def _add_layers(self, block: bytes) -> None:
        header = ",".join(DIAGNOSTICS_COLUMNS)
        added: dict[str, tuple[list[float], list[float]]] = {}
        for line in block.decode("utf-8", "replace").splitlines():
            step, _, rest = line.partition(",")
            layer, _, norm = rest.partition(",")
            norm = norm.partition(",")[0]
            if line == header or not norm:
                continue
            with suppress(ValueError):
                steps, norms = added.setdefault(layer, ([], []))
                norms.append(parse_float(norm))
                steps.append(parse_float(step))
        for layer, (steps, norms) in added.items():
            if layer in self.gradient_norms or len(self.gradient_norms) < MOST_LAYERS:
                curve = self.gradient_norms.setdefault(layer, Curve(INTERVALS_OF_LAYERS))
                curve.extend(np.array(steps), np.array(norms[: len(steps)]))

    def _status(self) -> str:
        """The status in the summary; whether the process is alive is asked only where nothing was written just now."""
        status = str(self.summary.get("status", NOT_BEGUN))
        if status not in ("running", NOT_BEGUN) or self._grew:
            return "running" if self._grew and status == NOT_BEGUN else status
        if monotonic() - self._asked_at >= SECONDS_BETWEEN_LIVENESS:
            self._asked_at, self._alive = monotonic(), is_being_written(self.path)
        if self._alive:
            return "running" if self.spec else NOT_BEGUN
        return CRASHED if self.spec or status == "running" else NOT_BEGUN

    @property
    def name(self) -> str:
        """The experiment's name; that of the folder before there is a spec."""
        return str(self.spec.get("name") or self.path.name)

    @property
    def message(self) -> str:
        """Why a run diverged or failed; empty otherwise."""
        return str(self.summary.get("message") or "")

    @property
    def metric_names(self) -> list[str]:
        """The metrics that were measured, the primary one first."""
        return names_in(self.measured)

    @property
    def planned(self) -> PlannedLength:
        """How long the training is to be."""
        return PlannedLength(self.spec, self.environment)

    @property
    def speed(self) -> float | None:
        """Steps per second: over the last minute of a running training, of the whole training once it has ended."""
        seconds = self.summary.get("train_seconds") or 0.0
        if self.status == "running":
            return self.pace.per_second
        return self.step / seconds if self.summary and self.step and seconds > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """About how long a running training still takes; None where it is not known."""
        speed, total = self.speed, self.planned.total
        if self.status != "running" or not speed or total is None:
            return None
        return max((total - self.step) / speed - min(self.seconds_idle or 0.0, self.pace.longest_pause), 0.0)

    @property
    def seconds_idle(self) -> float | None:
        """How long ago the last steps were recorded; None before there are any."""
        changed = self._steps.lines.changed_at if self.step else None
        return None if changed is None else max(time() - changed, 0.0)

    @property
    def seconds_trained(self) -> float | None:
        """How long the training has taken, or has been running; None before there are steps."""
        if self.status != "running":
            return float(self.summary["train_seconds"]) if self.summary else None
        begun = self._environment_file.changed_at
        earlier = self.summary.get("train_seconds") or 0.0
        return None if begun is None else max(time() - begun, 0.0) + earlier
