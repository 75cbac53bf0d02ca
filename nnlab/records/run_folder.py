"""The run folder as it is written while a run goes on."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TextIO

import numpy as np
from safetensors.numpy import save

from nnlab.core.arrays import Array
from nnlab.errors import RunError
from nnlab.records.formats import (
    DIAGNOSTICS_COLUMNS,
    DIAGNOSTICS_FILE,
    ENVIRONMENT_FILE,
    HISTOGRAMS_COLUMNS,
    HISTOGRAMS_FILE,
    LOG_FILE,
    METRICS_COLUMNS,
    METRICS_FILE,
    MODEL_FILE,
    PLOTS_FOLDER,
    SNAPSHOTS_FOLDER,
    SPEC_FILE,
    STEPS_COLUMNS,
    STEPS_FILE,
    SUMMARY_FILE,
    Row,
    best_row,
    csv_line,
    snapshot_file,
)
from nnlab.records.writing import as_json, create_folder, folder_name, replace_file

# Steps are written in bundles: a line each would cost more than a step of a small network.
FLUSH_EVERY = 1000


class RunFolder:
    """Writes one run; as an observer of training it records steps and evaluations as they come.

    Raises RunError when the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pending: list[str] = []
        self._rows: list[Row] = []
        self._step = 0
        self._summary: dict[str, Any] = {"status": "running", "train_seconds": 0.0}
        self._tables: dict[str, TextIO] = {}
        self._steps = self._open(STEPS_FILE)
        self._metrics = self._open(METRICS_FILE)
        self._log = self._open(LOG_FILE)
        self._steps.write(",".join(STEPS_COLUMNS) + "\n")
        self._metrics.write(",".join(METRICS_COLUMNS) + "\n")

    @classmethod
    def create(cls, root: Path, name: str) -> Self:
        """Make ``root/<UTC yyyymmdd-hhmmss>-<name>-<6 hex>``, never touching a folder that exists."""
        return cls.begin(create_folder(root, folder_name(name)))

    @classmethod
    def begin(cls, path: Path) -> Self:
        """Write into this folder, which is new or empty."""
        try:
            (path / PLOTS_FOLDER).mkdir(parents=True)
            return cls(path)
        except OSError as error:
            raise RunError(f"{path}: cannot be created: {error.strerror or error}") from None

    @property
    def plots(self) -> Path:
        """Where the pictures go."""
        return self.path / PLOTS_FOLDER

    def write_start(self, spec: str, environment: Mapping[str, Any], parameters: int, spec_sha256: str) -> None:
        """Record what is about to run; the summary says ``running`` until :meth:`finish`."""
        self._summary = {
            "status": "running",
            "steps": 0,
            "parameters": parameters,
            "final": None,
            "best": None,
            "train_seconds": 0.0,
            "spec_sha256": spec_sha256,
            "message": "",
        }
        replace_file(self.path / SPEC_FILE, spec.encode())
        replace_file(self.path / ENVIRONMENT_FILE, as_json(environment))
        replace_file(self.path / SUMMARY_FILE, as_json(self._summary))
        self.flush()

    def on_step(self, step: int, objective: float) -> None:
        """Record the objective of one update."""
        self._step = step
        self._pending.append(csv_line([step, objective]))
        if len(self._pending) >= FLUSH_EVERY:
            self.flush()

    def on_evaluation(self, row: Row) -> None:
        """Record one evaluation."""
        self._rows.append(row)
        self._metrics.write(csv_line([row[column] for column in METRICS_COLUMNS]))
        self.flush()

    def write_diagnostics(self, step: int, layer: str, values: list[float | None]) -> None:
        """Record one line of diagnostics.csv."""
        self._table(DIAGNOSTICS_FILE, DIAGNOSTICS_COLUMNS).write(f"{step},{layer},{csv_line(values)}")

    def write_histogram(self, step: int, layer: str, edges: list[float], counts: list[int]) -> None:
        """Record the histogram of a layer's outputs."""
        table = self._table(HISTOGRAMS_FILE, HISTOGRAMS_COLUMNS)
        for left, right, count in zip(edges, edges[1:], counts, strict=False):
            table.write(f"{step},{layer},{csv_line([left, right, count])}")

    def log(self, text: str) -> None:
        """Record a line that the console showed."""
        self._log.write(text + "\n")

    def flush(self) -> None:
        """Hand everything recorded so far to the operating system."""
        self._steps.write("".join(self._pending))
        self._pending.clear()
        for file in self._files():
            file.flush()

    def write_model(self, arrays: Mapping[str, Array], spec_sha256: str) -> None:
        """Save the weights."""
        self._write_arrays(self.path / MODEL_FILE, arrays, spec_sha256)

    def write_snapshot(self, step: int, arrays: Mapping[str, Array], spec_sha256: str) -> None:
        """Save the weights after ``step`` updates beside those of other steps."""
        folder = self.path / SNAPSHOTS_FOLDER
        folder.mkdir(exist_ok=True)
        self._write_arrays(folder / snapshot_file(step), arrays, spec_sha256)

    def finish(self, status: str, seconds: float, message: str = "", restored: int | None = None) -> dict[str, Any]:
        """Write the final summary and give it back.

        Its ``final`` metrics are those of the saved weights: the last ones, or those of the step ``restored``.
        """
        self.flush()
        last = self._rows[-1] if self._rows else None
        self._summary |= {
            "status": status,
            "steps": self._step,
            "final": next((row for row in self._rows if row["step"] == restored), last),
            "best": best_row(self._rows),
            "train_seconds": seconds,
            "message": message,
        }
        replace_file(self.path / SUMMARY_FILE, as_json(self._summary))
        return self._summary

    def fail(self, status: str, message: str) -> None:
        """Note in the summary how the run ended before its time, as far as the disk still takes it."""
        with suppress(OSError):
            self.finish(status, self._summary["train_seconds"], message)

    def close(self) -> None:
        """Close the files; what a full disk refuses has been reported before."""
        for file in self._files():
            with suppress(OSError):
                file.close()

    def _files(self) -> list[TextIO]:
        return [self._steps, self._metrics, self._log, *self._tables.values()]

    @staticmethod
    def _write_arrays(path: Path, arrays: Mapping[str, Array], spec_sha256: str) -> None:
        """Safetensors scrambles arrays that are not C-contiguous, so they are made so first."""
        contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        replace_file(path, save(contiguous, metadata={"spec_sha256": spec_sha256}))

    def _table(self, name: str, columns: Sequence[str]) -> TextIO:
        """A CSV file that only some runs have, opened when first written to."""
        if name not in self._tables:
            self._tables[name] = self._open(name)
            self._tables[name].write(",".join(columns) + "\n")
        return self._tables[name]

    def _open(self, name: str) -> TextIO:
        return (self.path / name).open("w", encoding="utf-8", newline="\n")
