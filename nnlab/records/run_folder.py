"""The run folder as it is written during a run."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any, Self

from nnlab.errors import RunError, reported_as
from nnlab.metric_columns import METRICS_COLUMNS, best_row
from nnlab.records.checkpoint import Checkpoint, write_checkpoint
from nnlab.records.cleaning import check_own, clear_after
from nnlab.records.reader import RunRecord
from nnlab.records.run_files import RunFiles
from nnlab.records.run_tables import FileDigest, RunInMemory, close_files
from nnlab.storage.disk import atomic_write, make_folder, remove
from nnlab.storage.file_system import take_unsupported
from nnlab.storage.folder_names import plain_name
from nnlab.storage.folders import as_json, create_folder
from nnlab.storage.growing_file import GrowingFile
from nnlab.storage.layout import (
    ENVIRONMENT_FILE,
    LOG_FILE,
    PLOTS_FOLDER,
    SPEC_FILE,
    SUMMARY_FILE,
)
from nnlab.storage.lock import LOCK_FILE, RunLock


class RunFolder(RunFiles):
    """Writes one run: its tables, spec, environment, summary, log and weights.

    The folder is locked until it is closed. Every file is forced to the disk when it is written. With ``together`` they
    are forced to it all at once, before the first checkpoint of a training under way and before the last summary, and
    there is no summary until then: a run of which a power failure may have left damaged files has not begun yet.
    Raises RunError when the disk refuses to open it.
    """

    def __init__(
        self,
        path: Path,
        lock: RunLock,
        digests: Mapping[str, FileDigest],
        columns: Sequence[str] = METRICS_COLUMNS,
        *,
        together: bool = False,
    ) -> None:
        super().__init__(path, digests, columns, together=together)
        self._lock = lock
        self._started = perf_counter()
        self._summary: dict[str, Any] = {}
        log = path / LOG_FILE
        try:
            self._log = GrowingFile(log, kept=log.stat().st_size if log.exists() else 0)
        except BaseException:
            super().close()
            raise

    @classmethod
    def create(cls, root: Path, name: str, columns: Sequence[str] = METRICS_COLUMNS) -> Self:
        """Make ``root/<UTC yyyymmdd-hhmmss>-<name>-<6 hex>``, never touching a folder that exists."""
        path = create_folder(root, plain_name(name))
        try:
            return cls.begin(path, columns)
        except BaseException:
            with suppress(OSError):  # a folder with more than the lock in it is kept
                remove(path / LOCK_FILE)
                path.rmdir()
            raise

    @classmethod
    def begin(cls, path: Path, columns: Sequence[str] = METRICS_COLUMNS, *, together: bool = False) -> Self:
        """Write a new run into this folder: a new one, an empty one, or one of a run killed before it began."""
        with reported_as(RunError, f"{path}: cannot be created"):
            make_folder(path, exist_ok=True)
            check_own(path)
            return cls._cleared(path, RunLock(path), 0, {}, (), columns, together=together)

    @classmethod
    def reopen(
        cls,
        path: Path,
        lock: RunLock,
        step: int,
        digests: Mapping[str, FileDigest],
        snapshots: Collection[int],
        tables: Mapping[str, bytes] | None = None,
        columns: Sequence[str] = METRICS_COLUMNS,
    ) -> Self:
        """Continue in the folder of a run as it was after ``step`` updates, with the snapshots of these steps.

        Later records are cut off; before that, ``tables`` replace the files on the disk.
        """
        with reported_as(RunError, f"{path}: cannot be written"):
            check_own(path)
            for name, contents in (tables or {}).items():
                atomic_write(path / name, contents)
            folder = cls._cleared(path, lock, step, digests, snapshots, columns)
            folder.read_back(step)
        return folder

    @classmethod
    def _cleared(
        cls,
        path: Path,
        lock: RunLock,
        step: int,
        digests: Mapping[str, FileDigest],
        snapshots: Collection[int],
        columns: Sequence[str],
        *,
        together: bool = False,
    ) -> Self:
        try:
            clear_after(path, step, digests, snapshots)
            return cls(path, lock, digests, columns, together=together)
        except BaseException:
            lock.release()
            raise

    @property
    def plots(self) -> Path:
        """The folder for pictures."""
        return self.path / PLOTS_FOLDER

    def write_start(
        self, spec: str, environment: Mapping[str, Any], parameters: int, spec_sha256: str, before: float = 0.0
    ) -> None:
        """Write the spec, the environment and a summary with the status ``running``.

        ``before`` is the time trained earlier, in seconds.
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
        if self._files.together:
            del files[SUMMARY_FILE]
        # A new run exists once it has a summary. A resumed one replaces the spec of its checkpoints last.
        for name in reversed(files) if (self.path / SUMMARY_FILE).exists() else files:
            self._files.write(self.path / name, files[name])
        self._summary = summary
        self._started = perf_counter()
        self.flush()

    def log(self, text: str) -> None:
        """Record a line of console output."""
        self._log.write(text + "\n")

    def flush(self) -> None:
        """Hand everything recorded so far to the operating system."""
        super().flush()
        self._log.flush()

    def write_checkpoint(self, checkpoint: Checkpoint, *, ending: bool) -> None:
        """Save a checkpoint whose metadata gets the digests of the tables; ``ending``: the last summary follows.

        Raises OSError when the disk refuses.
        """
        if self._files.together and not ending:
            self._sync()
            atomic_write(self.path / SUMMARY_FILE, as_json(self._summary))
        synced = not self._files.together
        metadata = {**checkpoint.metadata, "marks": self.file_digests(synced=synced)}
        self._files.add(write_checkpoint(self.path, replace(checkpoint, metadata=metadata), synced=synced))

    def check_in_place(self) -> None:
        """Raise RunError where another program removed or changed a file of the run."""
        written = {SPEC_FILE: None, ENVIRONMENT_FILE: None} | self.file_sizes()
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
        """Write the final summary with ``more`` in it, and return it.

        Its ``final`` metrics are those of the saved weights: the last ones, or those of the step ``restored``.
        """
        self.flush()
        self._sync()
        ended = self._summary | {
            "status": status,
            "steps": self._step,
            "final": self.row(self._step if restored is None else restored),
            "best": best_row(self.rows),
            "train_seconds": seconds,
            "message": message,
            **(more or {}),
        }
        atomic_write(self.path / SUMMARY_FILE, as_json(ended))
        self._summary = ended
        return ended

    @property
    def status(self) -> str | None:
        """The status in the summary; None before there is one."""
        return self._summary.get("status")

    def fail(self, status: str, message: str) -> None:
        """Write the status of an aborted run into its summary, if it has begun and the disk allows."""
        if self.status != "running":
            return
        with suppress(OSError):
            self.finish(status, self._summary["train_seconds"] + perf_counter() - self._started, message)

    def _sync(self) -> None:
        """Force to the disk what was not yet."""
        if self._files.together:
            self._files.sync(self.path / name for name in self.file_sizes())
        else:
            self.sync_tables()

    def record(self, spec: Mapping[str, Any]) -> RunRecord:
        """The run as recorded so far, from memory; ``spec`` is the resolved spec."""
        return RunInMemory(self.path, spec, self._summary, self.metrics, tables=self)

    def close(self) -> None:
        """Close the files and release the lock; an error of a full disk has been reported before."""
        super().close()
        close_files([self._log])
        self._lock.release()

    def take_unsupported(self) -> list[str]:
        """Return and clear the messages about what the file system does not support."""
        return take_unsupported(self.path)
