"""The lock of a run folder, which the system releases when its process ends.

``filelock.lock_descriptor`` locks a file that is opened here, without following a link: flock, on Windows LockFileEx.
Its classes with a path would open, truncate and remove the file themselves.
"""

import errno
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from nnlab.core.processes import is_alive
from nnlab.errors import RunError, reported_as
from nnlab.storage import disk
from nnlab.storage.file_system import NO_LOCKS, NOT_SUPPORTED, OWN_FILE, WINDOWS, note_unsupported
from nnlab.text import one_line

LOCK_FILE = "lock"
# On Windows no other process can read the first byte, which is locked, so the process number follows it.
LOCKED = " " if sys.platform == "win32" else ""
NO_LOCK_THERE = NOT_SUPPORTED | {errno.ENOLCK}
TRIES, PAUSE = 5, 0.01
MOST_RACES = 100
_CONTENTS = re.compile(rb" ?[1-9][0-9]{0,9}\n")  # of either system, since folders are copied


def _try_lock(handle: int) -> bool:
    """Take the lock of an open file; retry, since a process that only tests the lock holds it for a moment."""
    from filelock import lock_descriptor  # takes 15 ms, which only commands that write need to wait for

    for _ in range(TRIES - 1):
        if lock_descriptor(handle, blocking=False):
            return True
        sleep(PAUSE)
    return lock_descriptor(handle, blocking=False)


if sys.platform == "win32":

    def _is_locked(handle: int) -> bool:
        try:
            return not _try_lock(handle)
        except OSError as error:
            if error.errno not in NO_LOCK_THERE:
                raise
            return False

else:
    import fcntl

    def _is_locked(handle: int) -> bool:
        """Whether a process holds the lock; without locks, whether the process named in the file is running."""
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared, so that two tests do not block each other
        except BlockingIOError:
            return True
        except OSError as error:
            if error.errno not in NO_LOCK_THERE:
                raise
            process = _process_in(handle)
            return process.isdecimal() and is_alive(int(process))
        return False


class RunLock:
    """Excludes other processes from writing a run folder; raises RunError when one already writes it.

    A file system without locks is noted, and no process is excluded.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK_FILE
        handle = self._locked(folder)
        self._handle: int | None = handle
        try:
            disk.attempt(os.ftruncate, handle, 0)
            disk.write_all(handle, f"{LOCKED}{os.getpid()}\n".encode())
        except OSError:
            self.release()
            raise

    def _locked(self, folder: Path) -> int:
        for left in reversed(range(MOST_RACES)):
            handle = disk.open_own(self._path, os.O_RDWR | os.O_CREAT)
            try:
                held = _try_lock(handle)
            except OSError as error:
                if error.errno in NO_LOCK_THERE:
                    break
                os.close(handle)
                raise
            if not held:
                process = one_line(_process_in(handle)) or "unknown"
                os.close(handle)
                raise RunError(f"{folder}: process {process} is writing it; wait for it or stop it")
            if _is_at(handle, self._path):
                return handle
            if left:  # its holder released and removed it while this process opened it
                os.close(handle)
        note_unsupported(folder, NO_LOCKS)
        return handle

    def release(self) -> None:
        """Release and remove the lock; a second call does nothing."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        if WINDOWS:  # where an open file cannot be removed
            os.close(handle)
        try:
            disk.attempt(os.unlink, self._path)
        except OSError:
            pass  # a lock file without a holder has no effect
        finally:
            if not WINDOWS:
                os.close(handle)


@contextmanager
def writing(folder: Path) -> Iterator[RunLock]:
    """Hold the lock of a folder during the body; raises RunError when another process holds it or the disk refuses."""
    with reported_as(RunError, f"{folder}: cannot be written"):
        lock = RunLock(folder)
    try:
        yield lock
    finally:
        lock.release()


def is_being_written(folder: Path) -> bool:
    """Whether a process holds the lock of a run folder."""
    try:
        handle = os.open(folder / LOCK_FILE, os.O_RDONLY | OWN_FILE)
    except OSError:
        return False
    try:
        return _is_locked(handle)
    finally:
        os.close(handle)


def is_lock(path: Path) -> bool:
    """Whether a file holds a process number and nothing else, as a lock does."""
    try:
        handle = os.open(path, os.O_RDONLY | OWN_FILE)
    except OSError:
        return False
    try:
        return _CONTENTS.fullmatch(os.read(handle, 20)) is not None
    except OSError:
        return False
    finally:
        os.close(handle)


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _process_in(handle: int) -> str:
    """The process number in an open lock file; empty where there is none."""
    try:
        os.lseek(handle, len(LOCKED), os.SEEK_SET)
        return os.read(handle, 20).decode(errors="replace").strip()
    except OSError:
        return ""
