"""The folder of a cross-validation: its spec, its summary and a run folder for each fold."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from annotated_types import Ge

from nnlab.config.type_checks import check
from nnlab.core.rows import CHOOSING_SPLITS
from nnlab.core.statistics import mean_std
from nnlab.errors import RunError, reported_as
from nnlab.metric_columns import names_in
from nnlab.records.json_files import read_status
from nnlab.records.reader import read_run
from nnlab.storage.checked_files import damaged
from nnlab.storage.disk import atomic_write, make_folder, remove_temporaries
from nnlab.storage.folder_names import plain_name
from nnlab.storage.folders import as_json, create_folder
from nnlab.storage.layout import SPEC_FILE, SUMMARY_FILE, fold_folder
from nnlab.storage.lock import RunLock

# Keys that the summary repeats of each run.
_OF_A_RUN = ("status", "steps", "train_seconds", "final", "best", "message")


class CrossvalFolder:
    """Writes a cross-validation; its summary is updated after each fold.

    Mean and sample standard deviation are over the folds that were completed. It is locked
    until it is closed. Raises RunError when the disk refuses or another process writes it.
    """

    def __init__(self, path: Path, folds: int, spec: str, spec_sha256: str) -> None:
        self.path = path
        self.summary: dict[str, Any] = {
            "status": "running",
            "folds": folds,
            "metrics": {},
            "runs": [],
            "train_seconds": 0.0,
            "spec_sha256": spec_sha256,
            "message": "",
        }
        with reported_as(RunError, f"{path}: cannot be written"):
            self._lock = RunLock(path)
            remove_temporaries(path)
        self._write(SPEC_FILE, spec.encode())
        self._write(SUMMARY_FILE, as_json(self.summary))

    @classmethod
    def create(cls, root: Path, name: str, folds: int, spec: str, spec_sha256: str) -> Self:
        """Make ``root/<UTC yyyymmdd-hhmmss>-<name>-crossval-<6 hex>``, never touching a folder that exists."""
        path = create_folder(root, f"{plain_name(name)}-crossval")
        with reported_as(RunError, f"{path}: cannot be written"):
            make_folder(path / fold_folder(1))  # which identifies it as a cross-validation from the start
        return cls(path, folds, spec, spec_sha256)

    def fold(self, number: int) -> Path:
        """The run folder of a fold, counted from 1."""
        return self.path / fold_folder(number)

    def add(self, number: int) -> None:
        """Add the run of a fold, whatever its status, to the summary."""
        self.summary |= _added_up([*self.summary["runs"], _fold_entry(self.path, fold_folder(number))])
        self._write(SUMMARY_FILE, as_json(self.summary))

    def finish(self, status: str, message: str = "") -> None:
        """Write the final status."""
        self.summary |= {"status": status, "message": message}
        self._write(SUMMARY_FILE, as_json(self.summary))

    def close(self) -> None:
        """Release the lock."""
        self._lock.release()

    def _write(self, name: str, contents: bytes) -> None:
        with reported_as(RunError, f"{self.path / name}: cannot be written"):
            atomic_write(self.path / name, contents)


def read_crossval_summary(folder: Path) -> Mapping[str, Any]:
    """The summary, with ``status``, ``folds``, ``spec_sha256`` and ``message`` checked; raises RunError."""
    path = folder / SUMMARY_FILE
    summary = read_status(path)
    for key, annotation in (("folds", Annotated[int, Ge(2)]), ("spec_sha256", str), ("message", str)):
        wrong = check(annotation, summary.get(key))[1]
        if wrong:
            damaged(path, f"{key}: {wrong[0][1]}")
    return summary


def read_crossval(folder: Path, folds: Iterable[str] | None = None) -> dict[str, Any]:
    """The summary of a cross-validation with its numbers recomputed from the run folders of its folds.

    ``folds`` are the names of those that count; by default all, of a finished one. Raises RunError.
    """
    summary = read_crossval_summary(folder)
    names = [fold_folder(number) for number in range(1, summary["folds"] + 1)] if folds is None else folds
    return {**summary, **_added_up([_fold_entry(folder, name) for name in names])}


def _fold_entry(folder: Path, name: str) -> dict[str, Any]:
    run = read_run(folder / name).summary
    return {"folder": name} | {key: run.get(key) for key in _OF_A_RUN}


def _added_up(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The part of a summary that aggregates the folds."""
    rows = [run["final"] or {} for run in runs if run["status"] == "completed"]
    names = names_in(column for row in rows for column in row)
    columns = [*(f"{split}_{name}" for split in CHOOSING_SPLITS for name in names), "objective"]
    values = {column: [row[column] for row in rows if row.get(column) is not None] for column in columns}
    return {
        "metrics": {name: mean_std(found)._asdict() for name, found in values.items() if found},
        "runs": list(runs),
        "train_seconds": float(sum(run["train_seconds"] for run in runs)),
    }
