"""The folder of a sweep: its spec, a table of its trials, its summary and a run folder for each trial."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from nnlab.config.yaml_reader import MAX_BYTES
from nnlab.core.arrays import Array
from nnlab.errors import RunError, reported_as
from nnlab.records.formats import (
    CRASHED,
    FINISHED,
    TRIAL_STATUSES,
    is_sweep_folder,
    trial_folders,
)
from nnlab.records.json_files import read_summary
from nnlab.records.result_line import sweep_line
from nnlab.records.sweep_summary import new_summary, read_sweep_summary
from nnlab.records.sweep_table import SweepColumns, TrialRow, is_metric, read_trials, trials_csv
from nnlab.storage.checked_files import check_file, damaged, reading
from nnlab.storage.disk import atomic_write, remove_temporaries
from nnlab.storage.file_system import is_link
from nnlab.storage.folder_names import plain_name
from nnlab.storage.folders import as_json, create_folder
from nnlab.storage.layout import (
    BEST_FILE,
    PLOTS_FOLDER,
    SUMMARY_FILE,
    SWEEP_FILE,
    TRIALS_FILE,
    trial_folder,
)
from nnlab.storage.lock import RunLock, is_being_written


class SweepFolder:
    """Writes a sweep: its table and summary are replaced as a whole, so that a reader never sees half of one.

    It is locked until it is closed. Raises RunError when the disk refuses or another process writes it; the files are
    then as they were before.
    """

    def __init__(self, path: Path, lock: RunLock, columns: SweepColumns, summary: Mapping[str, Any]) -> None:
        self.path = path
        self.columns = columns
        self.summary: dict[str, Any] = {**summary, "keys": list(columns.keys)}
        self._lock = lock

    @classmethod
    def create(cls, root: Path, name: str, sweep_yaml: str, sha256: str, columns: SweepColumns, **summary: Any) -> Self:
        """Make ``root/<UTC yyyymmdd-hhmmss>-<name>-sweep-<6 hex>``, never touching a folder that exists.

        ``summary`` holds what is known from the start: ``trials``, ``search``, ``goal``.
        """
        path = create_folder(root, f"{plain_name(name)}-sweep")
        with reported_as(RunError, f"{path}: cannot be written"):
            folder = cls(path, RunLock(path), columns, {**new_summary(sha256), **summary})
        try:
            folder._write(SWEEP_FILE, sweep_yaml.encode())
            folder.write_trials(())
        except BaseException:
            folder.close()
            with suppress(OSError):  # a folder with anything in it is kept
                path.rmdir()
            raise
        return folder

    @classmethod
    def reopen(cls, path: Path, columns: SweepColumns, sha256: str) -> Self:
        """Take the lock of a sweep to resume it, with the status ``running``.

        A summary that is missing, since the sweep was killed before it had one, starts empty. Raises RunError also
        where the folder is that of another sweep (by the SHA-256), or where a trial or ``plots`` is a link.
        """
        if not is_sweep_folder(path):
            raise RunError(f"{path}: is not the folder of a sweep, so there is nothing to resume")
        with reported_as(RunError, f"{path}: cannot be written"):
            lock = RunLock(path)
            try:
                _check_own(path)
                remove_temporaries(path)
                known = read_sweep_summary(path) if (path / SUMMARY_FILE).exists() else new_summary(sha256)
                if known["sweep_sha256"] != sha256:
                    damaged(path / SWEEP_FILE, f"is not this sweep: its SHA-256 differs from the one in {SUMMARY_FILE}")
            except BaseException:
                lock.release()
                raise
        return cls(path, lock, columns, {**new_summary(sha256), **known, "status": "running", "message": ""})

    def trial(self, number: int) -> Path:
        """The run folder of a trial, counted from 1."""
        return self.path / trial_folder(number)

    def write_trials(self, rows: Iterable[TrialRow], **summary: Any) -> None:
        """Replace trials.csv by these rows, and the summary with their number by status and ``summary`` in it."""
        rows = list(rows)
        self._write(TRIALS_FILE, trials_csv(self.columns, rows))
        found = Counter(row.status for row in rows)
        self.update(counts={status: found[status] for status in TRIAL_STATUSES if found[status]}, **summary)

    def write_best(self, yaml: str) -> None:
        """Write best.yaml, the spec of the best point's first trial."""
        self._write(BEST_FILE, yaml.encode())

    def update(self, **summary: Any) -> None:
        """Write the summary with these values in it."""
        updated = self.summary | summary
        self._write(SUMMARY_FILE, as_json(updated))
        self.summary = updated

    def close(self) -> None:
        """Release the lock."""
        self._lock.release()

    def _write(self, name: str, contents: bytes) -> None:
        with reported_as(RunError, f"{self.path / name}: cannot be written"):
            atomic_write(self.path / name, contents)


@dataclass(frozen=True, eq=False)
class SweepRecord:
    """A sweep as recorded in its folder: the text of sweep.yaml, its summary and the rows of trials.csv, by number."""

    path: Path
    yaml: str
    summary: Mapping[str, Any]
    columns: SweepColumns
    trials: Sequence[TrialRow]

    def __repr__(self) -> str:
        return sweep_line(self.path.name, self.status, self.summary)

    @cached_property
    def status(self) -> str:
        """Its status; ``crashed`` where it is running but its process has ended."""
        status = str(self.summary["status"])
        return CRASHED if status == "running" and not is_being_written(self.path) else status

    @property
    def maximize(self) -> bool:
        """Whether a higher goal is better."""
        return bool(self.summary["goal"] and self.summary["goal"]["maximize"])

    @cached_property
    def arrays(self) -> dict[str, Array]:
        """The columns of trials.csv, an entry for each trial.

        Metrics, steps and seeds are float64, NaN where there is none. A swept key is float64 where all its values are
        numbers, else an array of objects, None where a trial lacks it.
        """
        rows = self.trials
        found: dict[str, Array] = {
            "trial": np.array([row.number for row in rows], dtype=np.int64),
            "status": np.array([row.status for row in rows], dtype=object),
        }
        for key in self.columns.keys:
            found[key] = _array([row.settings.get(key) for row in rows])
        if self.columns.seeds:
            found["seed"] = _floats([row.seed for row in rows])
        names = dict.fromkeys(name for row in rows for name in row.metrics)
        for name in dict.fromkeys((*filter(None, [self.columns.goal]), *names)):
            found[name] = _floats([row.metrics.get(name) for row in rows])
        return found | {"steps": _floats([row.steps for row in rows])}

    def trial(self, number: int) -> Path:
        """The run folder of a trial, counted from 1."""
        return self.path / trial_folder(number)


def read_sweep(path: Path | str) -> SweepRecord:
    """Read the folder of a sweep; any fault raises RunError with the file and what was expected and found."""
    folder = Path(path)
    summary = read_sweep_summary(folder)
    file = folder / SWEEP_FILE
    check_file(file, MAX_BYTES)
    with reading(file, UnicodeDecodeError):
        text = file.read_bytes().decode()
    goal = summary["goal"] and summary["goal"]["column"]
    columns, trials = read_trials(folder / TRIALS_FILE, summary["keys"], goal)
    if len(trials) > summary["trials"] and summary["status"] != "running":  # the table is replaced before the summary
        damaged(folder / TRIALS_FILE, f"has {len(trials)} trials, but {SUMMARY_FILE} says {summary['trials']}")
    best = summary["best"]
    if best and all(row.number != best["trial"] for row in trials):
        damaged(folder / SUMMARY_FILE, f"best.trial: {TRIALS_FILE} has no trial {best['trial']}")
    return SweepRecord(folder, text, summary, columns, trials)


def trial_row(folder: Path, row: TrialRow, *, spec_sha256: str | None = None, stopped: bool = False) -> TrialRow:
    """The row of a trial with status, steps and metrics from its run folder.

    It is waiting where its run has not begun, interrupted where its run was killed or paused; ``stopped`` where its
    search ended it early. Raises RunError for a damaged summary, and where the run is not of the spec with this
    SHA-256.
    """
    path = folder / trial_folder(row.number) / SUMMARY_FILE
    if not path.exists():
        return replace(row, status="waiting", steps=None, metrics={})
    summary = read_summary(path)
    if spec_sha256 not in (None, summary["spec_sha256"]):
        damaged(path, "spec_sha256: the run is not that of this trial's spec")
    status = summary["status"]
    if status not in (*FINISHED, "failed"):
        status = "stopped" if stopped else "interrupted"
    final = {name: value for name, value in (summary["final"] or {}).items() if is_metric(name) and value is not None}
    return replace(row, status=status, steps=summary["steps"], metrics=final)


def rebuilt(record: SweepRecord) -> list[TrialRow]:
    """The rows of a sweep from the run folders of its trials, which a killed sweep may not have recorded yet."""
    return [trial_row(record.path, row, stopped=row.status == "stopped") for row in record.trials]


def _check_own(path: Path) -> None:
    """Raise RunError where a sweep would write outside its folder."""
    for place in (*trial_folders(path), path / PLOTS_FOLDER):
        if is_link(place):
            raise RunError(f"{place}: is a link, but a sweep writes into its own folder only")


def _array(values: Sequence[Any]) -> Array:
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return np.array(values, dtype=np.float64)
    found = np.empty(len(values), dtype=object)
    for index, value in enumerate(values):  # NumPy would take lists of equal length for a matrix
        found[index] = value
    return found


def _floats(values: Sequence[float | None]) -> Array:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
