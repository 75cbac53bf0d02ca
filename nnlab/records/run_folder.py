"""The run folder as it is written while a run goes on."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any, Self

from nnlab.core.arrays import Array
from nnlab.core.rows import Row
from nnlab.data.input_format import InputFormat
from nnlab.errors import RunError, reported_as
from nnlab.metrics import METRICS_COLUMNS, best_row, bounds_of
from nnlab.records.cleaning import check_own, clear_after
from nnlab.records.formats import (
    DIAGNOSTICS_COLUMNS,
    DIAGNOSTICS_FILE,
    ENVIRONMENT_FILE,
    HISTOGRAMS_COLUMNS,
    HISTOGRAMS_FILE,
    INPUTS_FILE,
    LOG_FILE,
    METRICS_FILE,
    MODEL_FILE,
    PLOTS_FOLDER,
    SNAPSHOTS_FOLDER,
    SPEC_FILE,
    STEPS_COLUMNS,
    STEPS_FILE,
    SUMMARY_FILE,
    csv_line,
    step_file,
)
from nnlab.storage.csv_tables import read_table, rows_of
from nnlab.storage.disk import atomic_write, make_folder, remove
from nnlab.storage.file_system import take_unsupported
from nnlab.storage.folder_names import plain_name
from nnlab.storage.folders import as_json, as_json_lines, create_folder
from nnlab.storage.growing_file import GrowingFile
from nnlab.storage.lock import LOCK_FILE, RunLock
from nnlab.storage.tensors import INPUTS_ENTRY, MAX_HEADER_BYTES, packed

# Steps are written in bundles: a line each would cost more than a step of a small network.
FLUSH_EVERY = 1000


# How much of a file a checkpoint counts on: its size in bytes and their SHA-256.
FileDigest = tuple[int, str]


class RunFolder:
    """Writes one run; as an observer of training it records steps and evaluations as they come.

    Raises RunError when the disk refuses.
    """

    def __init__(self, path: Path, lock: RunLock, digests: Mapping[str, FileDigest]) -> None:
        self.path = path
        self._lock = lock
        self._pending: list[str] = []
        self._rows: list[Row] = []
        self._step = 0
        self._started = perf_counter()
        self._summary: dict[str, Any] = {}
        self._digests = digests
        self._tables: dict[str, GrowingFile] = {}
        try:
            self._steps = self._table(STEPS_FILE, STEPS_COLUMNS)
            self._metrics = self._table(METRICS_FILE, METRICS_COLUMNS)
            for name in digests:
                self._table(name, ())
            log = path / LOG_FILE
            self._log = GrowingFile(log, kept=log.stat().st_size if log.exists() else 0)
        except BaseException:
            _close(self._tables.values())
            raise

    @classmethod
    def create(cls, root: Path, name: str) -> Self:
        """Make ``root/<UTC yyyymmdd-hhmmss>-<name>-<6 hex>``, never touching a folder that exists."""
        path = create_folder(root, plain_name(name))
        try:
            return cls.begin(path)
        except BaseException:
            with suppress(OSError):  # where more than the lock was written the folder stays
                remove(path / LOCK_FILE)
                path.rmdir()
            raise

    @classmethod
    def begin(cls, path: Path) -> Self:
        """Write into this folder, which is new, empty or was left before the run began."""
        with reported_as(RunError, f"{path}: cannot be created"):
            make_folder(path, exist_ok=True)
            check_own(path)
            return cls._cleared(path, RunLock(path), 0, {}, ())

    @classmethod
    def reopen(
        cls,
        path: Path,
        lock: RunLock,
        step: int,
        digests: Mapping[str, FileDigest],
        snapshots: Collection[int],
        tables: Mapping[str, bytes] | None = None,
    ) -> Self:
        """Write on in the folder of a run as it was after ``step`` updates, with the snapshots of these steps.

        What came later is cut off; ``tables`` are written first in place of those there.
        """
        with reported_as(RunError, f"{path}: cannot be written"):
            check_own(path)
            for name, contents in (tables or {}).items():
                atomic_write(path / name, contents)
            folder = cls._cleared(path, lock, step, digests, snapshots)
            folder._take_up(step)
        return folder

    @classmethod
    def _cleared(
        cls, path: Path, lock: RunLock, step: int, digests: Mapping[str, FileDigest], snapshots: Collection[int]
    ) -> Self:
        try:
            clear_after(path, step, digests, snapshots)
            return cls(path, lock, digests)
        except BaseException:
            lock.release()
            raise

    def _take_up(self, step: int) -> None:
        self.flush()
        table = read_table(self.path / METRICS_FILE, METRICS_COLUMNS, unfinished=False, gaps=True, bounds_of=bounds_of)
        self._rows = rows_of(table)
        self._step = step

    @property
    def plots(self) -> Path:
        """Where the pictures go."""
        return self.path / PLOTS_FOLDER

    def write_start(
        self, spec: str, environment: Mapping[str, Any], parameters: int, spec_sha256: str, before: float = 0.0
    ) -> None:
        """Record what is about to run, ``before`` seconds of which were run earlier.

        The summary says ``running`` until :meth:`finish`.
        """
        summary = {
            "status": "running",
            "steps": self._step,
            "parameters": parameters,
            "final": None,
            "best": None,
            "train_seconds": before,
            "spec_sha256": spec_sha256,
            "message": "",
        }
        files = {SPEC_FILE: spec.encode(), ENVIRONMENT_FILE: as_json(environment), SUMMARY_FILE: as_json(summary)}
        # A new run exists once it has a summary. One that goes on keeps the spec of its checkpoints to the last.
        for name in reversed(files) if (self.path / SUMMARY_FILE).exists() else files:
            atomic_write(self.path / name, files[name])
        self._summary = summary
        self._started = perf_counter()
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

    def file_digests(self) -> dict[str, FileDigest]:
        """Force the tables to the disk; their sizes and SHA-256."""
        self.flush()
        for file in self._tables.values():
            file.sync()
        return {name: (file.size, file.sha256()) for name, file in self._tables.items()}

    def best_of(self, steps: Collection[int]) -> int | None:
        """The step of the best evaluation among those after so many updates; None where none was evaluated."""
        best = best_row([row for row in self._rows if row["step"] in steps])
        return None if best is None else int(best["step"] or 0)

    def row(self, step: int) -> Row | None:
        """The evaluation after so many updates, or the last one."""
        last = self._rows[-1] if self._rows else None
        return next((row for row in self._rows if row["step"] == step), last)

    def write_model(self, arrays: Mapping[str, Array], spec_sha256: str, inputs: InputFormat) -> None:
        """Save the weights with what they expect of raw samples, which also gets a file of its own to read."""
        plain = inputs.as_plain()
        atomic_write(self.path / INPUTS_FILE, as_json_lines(plain))
        entry = json.dumps(plain)
        fits = len(entry) <= MAX_HEADER_BYTES // 2
        metadata = {"spec_sha256": spec_sha256} | ({INPUTS_ENTRY: entry} if fits else {})
        atomic_write(self.path / MODEL_FILE, packed(arrays, metadata))

    def write_snapshot(self, step: int, arrays: Mapping[str, Array], spec_sha256: str) -> None:
        """Save the weights after ``step`` updates beside those of other steps."""
        folder = self.path / SNAPSHOTS_FOLDER
        make_folder(folder, exist_ok=True)
        atomic_write(folder / step_file(step), packed(arrays, {"spec_sha256": spec_sha256}))

    def check_in_place(self) -> None:
        """Raise RunError where another program removed or changed a file that this one wrote."""
        self.flush()
        written = {SPEC_FILE: None, ENVIRONMENT_FILE: None} | {name: file.size for name, file in self._tables.items()}
        for name, size in written.items():
            path = self.path / name
            try:
                found = path.stat().st_size
            except FileNotFoundError:
                raise RunError(f"{path}: was removed while the run was being written") from None
            if size is not None and found != size:
                raise RunError(f"{path}: was changed while the run was being written: {size} bytes became {found}")

    def finish(
        self,
        status: str,
        seconds: float,
        message: str = "",
        restored: int | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Write the final summary with ``more`` in it, and give it back.

        Its ``final`` metrics are those of the saved weights: the last ones, or those of the step ``restored``.
        """
        self.flush()
        ended = self._summary | {
            "status": status,
            "steps": self._step,
            "final": self.row(self._step if restored is None else restored),
            "best": best_row(self._rows),
            "train_seconds": seconds,
            "message": message,
            **(more or {}),
        }
        atomic_write(self.path / SUMMARY_FILE, as_json(ended))
        self._summary = ended
        return ended

    @property
    def status(self) -> str | None:
        """What the summary on the disk says; None before there is one."""
        return self._summary.get("status")

    def fail(self, status: str, message: str) -> None:
        """Note in the summary how the run ended before its time, if it has begun and the disk still takes it."""
        if self.status != "running":
            return
        with suppress(OSError):
            self.finish(status, self._summary["train_seconds"] + perf_counter() - self._started, message)

    def close(self) -> None:
        """Close the files and let others write; what a full disk refuses has been reported before."""
        _close(self._files())
        self._lock.release()

    def take_unsupported(self) -> list[str]:
        """What the file system turned out not to support since this was last asked."""
        return take_unsupported(self.path)

    def _files(self) -> list[GrowingFile]:
        return [*self._tables.values(), self._log]

    def _table(self, name: str, columns: Sequence[str]) -> GrowingFile:
        """A CSV file; those that only some runs have are opened when first written to."""
        if name not in self._tables:
            kept = self._digests[name][0] if name in self._digests else 0
            self._tables[name] = GrowingFile(self.path / name, kept)
            if not kept:
                self._tables[name].write(",".join(columns) + "\n")
        return self._tables[name]


def _close(files: Iterable[GrowingFile]) -> None:
    for file in files:
        with suppress(OSError):
            file.close()
