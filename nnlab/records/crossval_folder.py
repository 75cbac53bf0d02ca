"""The folder of a cross-validation: its spec, its summary, and in it one run folder for each fold."""

from pathlib import Path
from typing import Any, Self

from nnlab.errors import RunError
from nnlab.records.disk import atomic_write
from nnlab.records.entries import spread
from nnlab.records.formats import SPEC_FILE, SUMMARY_FILE, fold_folder
from nnlab.records.reader import read_run
from nnlab.records.writing import as_json, create_folder, folder_name

# What is averaged over the folds, in this order.
MEASURES = (
    "validation_accuracy",
    "validation_loss",
    "test_accuracy",
    "test_loss",
    "train_accuracy",
    "train_loss",
    "objective",
)


class CrossvalFolder:
    """Writes a cross-validation; after every fold the summary is up to date.

    Mean and sample standard deviation are over the folds that were completed. Raises RunError when the disk refuses.
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
        self._write(SPEC_FILE, spec.encode())
        self._write(SUMMARY_FILE, as_json(self.summary))

    @classmethod
    def create(cls, root: Path, name: str, folds: int, spec: str, spec_sha256: str) -> Self:
        """Make ``root/<UTC yyyymmdd-hhmmss>-<name>-crossval-<6 hex>``, never touching a folder that exists."""
        return cls(create_folder(root, f"{folder_name(name)}-crossval"), folds, spec, spec_sha256)

    def fold(self, number: int) -> Path:
        """Where the run of a fold goes, counted from 1."""
        return self.path / fold_folder(number)

    def add(self, number: int) -> None:
        """Take in the run of a fold, however it ended."""
        run = read_run(self.fold(number)).summary
        self.summary["runs"].append(
            {"folder": fold_folder(number)}
            | {key: run[key] for key in ("status", "steps", "train_seconds", "final", "best", "message")}
        )
        self.summary["train_seconds"] += run["train_seconds"]
        rows = [run["final"] for run in self.summary["runs"] if run["status"] == "completed"]
        for name in MEASURES:
            values = [row[name] for row in rows if row[name] is not None]
            if values:
                self.summary["metrics"][name] = spread(values)._asdict()
        self._write(SUMMARY_FILE, as_json(self.summary))

    def finish(self, status: str, message: str = "") -> None:
        """Write how it ended."""
        self.summary |= {"status": status, "message": message}
        self._write(SUMMARY_FILE, as_json(self.summary))

    def _write(self, name: str, contents: bytes) -> None:
        try:
            atomic_write(self.path / name, contents)
        except OSError as error:
            raise RunError(f"{self.path / name}: cannot be written: {error.strerror or error}") from error
