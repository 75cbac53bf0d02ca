"""The trash folder of removed runs, which can be restored or purged."""

import os
import secrets
import shutil
from pathlib import Path

from nnlab.errors import RunError, reason_of, reported_as
from nnlab.records.formats import is_fold_folder, is_trial_folder, kind_of, runs_within
from nnlab.storage import disk
from nnlab.storage.file_system import WINDOWS
from nnlab.storage.lock import LOCK_FILE, RunLock, is_being_written

TRASH_FOLDER = ".trash"
# Prefix of a run that is being purged: a half-deleted run must not be restored.
PURGING = ".purging-"


class Trash:
    """The removed runs of a folder of runs.

    Raises RunError where a folder cannot be read or written.
    """

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self.folder = runs / TRASH_FOLDER
        if self.folder.is_symlink():
            raise RunError(f"{self.folder}: is a link, which may lead elsewhere; remove it manually")

    def held(self) -> list[Path]:
        """The runs in the trash, sorted by name."""
        return [path for path in self._entries() if not path.name.startswith(PURGING)]

    def find(self, name: str) -> Path:
        """The run with this name; raises RunError."""
        held = self.held()
        for path in held:
            if path.name == name:
                return path
        raise RunError(f"{self.folder}: contains no run called {name}; there {_are(held)}")

    def take(self, run: Path) -> Path:
        """Move a run to the trash under its lock and return its new path."""
        check_removable(run)
        target = self._free(run.name)
        with reported_as(RunError, f"{run}: cannot be moved to the trash"):
            disk.make_folder(self.folder, exist_ok=True)
            self._move(run, target)
        return target

    def restore(self, run: Path) -> Path:
        """Restore a run and return its path."""
        if run.is_symlink() or not run.is_dir():
            raise RunError(
                f"{run}: is a link or a file, not a folder, and cannot be restored; delete it with nnlab runs purge"
            )
        target = self._runs / run.name
        if os.path.lexists(target):
            raise RunError(f"{target}: already exists, so the run in the trash cannot be restored; rename one of them")
        with reported_as(RunError, f"{run}: cannot be restored"):
            self._move(run, target)
        return target

    def purge(self, run: Path) -> None:
        """Delete a run in the trash permanently."""
        if is_written(run):
            raise RunError(f"{run}: is being written; stop its process")
        with reported_as(RunError, f"{run}: cannot be deleted"):
            if run.is_symlink() or not run.is_dir():
                disk.attempt(os.unlink, run)
                return
            going = run if run.name.startswith(PURGING) else self.folder / f"{PURGING}{secrets.token_hex(4)}"
            if going != run:
                disk.attempt_patiently(os.rename, run, going)
            disk.attempt_patiently(shutil.rmtree, going)

    def purge_leftovers(self) -> None:
        """Delete the leftovers of interrupted purges, and the trash folder if it is empty."""
        for path in self._entries():
            if path.name.startswith(PURGING):
                self.purge(path)
        if self.folder.exists() and not self._entries():
            with reported_as(RunError, f"{self.folder}: cannot be deleted"):
                disk.attempt(os.rmdir, self.folder)

    def _entries(self) -> list[Path]:
        try:
            return sorted(self.folder.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RunError(f"{self.folder}: cannot be read: {reason_of(error)}") from None

    def _free(self, name: str) -> Path:
        """An unused path for this name in the trash, with a number if necessary."""
        path, number = self.folder / name, 1
        while os.path.lexists(path):
            number += 1
            path = self.folder / f"{name}.{number}"
        return path

    def _move(self, run: Path, target: Path) -> None:
        lock = RunLock(run)
        try:
            if WINDOWS:  # a folder with an open file cannot be moved, which excludes writers
                lock.release()
            disk.attempt_patiently(os.rename, run, target)
            disk.remove(target / LOCK_FILE)
        finally:
            lock.release()
        for folder in (self._runs, self.folder):
            disk.sync_folder(folder)


def trash_of(run: Path) -> Trash:
    """The trash of the folder that contains a run."""
    return Trash(run.parent)


def check_removable(path: Path) -> None:
    """Raise RunError unless a path is a run, cross-validation, descent or sweep that can be moved to the trash."""
    if path.is_symlink():
        raise RunError(f"{path}: is a link, which cannot be moved to the trash; remove it manually")
    if not path.is_dir():
        raise RunError(f"{path}: no such run folder")
    if path.parent.name == TRASH_FOLDER:
        raise RunError(f"{path}: is in the trash already; delete it permanently with nnlab runs purge")
    if path.name.startswith(PURGING):
        raise RunError(f"{path}: is named like a run that is being deleted; rename it first")
    if is_fold_folder(path):
        raise RunError(f"{path}: is a fold of a cross-validation; remove {path.parent} as a whole")
    if is_trial_folder(path):
        raise RunError(f"{path}: is a trial of a sweep; remove {path.parent} as a whole")
    if kind_of(path) is None:
        raise RunError(f"{path}: is not a run folder and was not removed")
    if is_written(path):
        raise RunError(f"{path}: is being written; stop its process or wait for it")


def is_written(path: Path) -> bool:
    """Whether a process is writing a run, any fold of a cross-validation or any trial of a sweep."""
    return is_being_written(path) or any(map(is_being_written, runs_within(path)))


def _are(held: list[Path]) -> str:
    return f"are {', '.join(path.name for path in held[:10])}{', ...' if held[10:] else ''}" if held else "are none"
