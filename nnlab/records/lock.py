"""Who writes a run folder: a lock that ends with the process that holds it, however that ends."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnlab.errors import RunError
from nnlab.records import disk

LOCK_FILE = "lock"

if sys.platform == "win32":  # no flock there: writers are not kept apart

    def _try_lock(handle: int) -> bool:
        return True

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class RunLock:
    """Keeps other processes from writing a run folder; raises RunError when one already does."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK_FILE
        while True:
            handle = disk.attempt(os.open, self._path, os.O_RDWR | os.O_CREAT | disk.OWN_FILE, 0o666)
            if not _try_lock(handle):
                os.close(handle)
                raise RunError(f"{folder}: process {_holder(self._path)} is writing it; wait for it or stop it")
            if _is_at(handle, self._path):
                break
            os.close(handle)  # its holder let it go and removed it while this one opened it
        self._handle: int | None = handle
        try:
            disk.attempt(os.ftruncate, handle, 0)
            disk.write_all(handle, f"{os.getpid()}\n".encode())
        except OSError:
            self.release()
            raise

    def release(self) -> None:
        """Let others in; a second time does nothing."""
        handle, self._handle = self._handle, None
        if handle is not None:
            try:
                disk.attempt(os.unlink, self._path)
            except OSError:
                pass  # a lock file that nobody holds means nothing
            finally:
                os.close(handle)


@contextmanager
def writing(folder: Path) -> Iterator[RunLock]:
    """Keep others out of a folder while this is open; raises RunError when somebody is at it or the disk refuses."""
    try:
        lock = RunLock(folder)
    except OSError as error:
        raise RunError(f"{folder}: cannot be written: {error.strerror or error}") from None
    try:
        yield lock
    finally:
        lock.release()


def is_being_written(folder: Path) -> bool:
    """Whether a process holds the lock of a run folder."""
    if sys.platform == "win32":
        return (folder / LOCK_FILE).exists()
    try:
        handle = os.open(folder / LOCK_FILE, os.O_RDONLY | disk.OWN_FILE)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _holder(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[:20].strip() or "unknown"
    except OSError:
        return "unknown"
