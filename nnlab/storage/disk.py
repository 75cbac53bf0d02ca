"""Writing to the disk: every operation that changes the files of a run goes through ``attempt``."""

import errno
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from time import sleep
from typing import Any, TypeVar

from nnlab.core.processes import is_alive
from nnlab.storage.file_system import (
    BINARY,
    NO_FSYNC,
    NOT_SUPPORTED,
    OWN_FILE,
    SHARING_VIOLATIONS,
    check_single_link,
    is_link,
    note_unsupported,
    with_length,
)

T = TypeVar("T")

TEMPORARY = ".tmp"
# As _write_beside names them, or as version 0.1.0 did, without the process.
_TEMPORARY_NAME = re.compile(r"\.(?:(?P<process>[0-9a-f]{1,8})-[0-9a-f]{6}|.+\.[0-9a-f]{8})\.tmp")
PAUSES = (0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.5)  # about two seconds

try:
    fcntl: Any = import_module("fcntl")
except ImportError:  # Windows
    fcntl = None
# On macOS fsync leaves the data in the drive's cache.
FULL_SYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)


def attempt(operation: Callable[..., T], *arguments: object) -> T:
    """Run one operation; fault injection makes the n-th one fail or kills the process in it."""
    return operation(*arguments)


def attempt_patiently(operation: Callable[..., T], *arguments: object) -> T:
    """Like :func:`attempt`, retried for about two seconds on a sharing violation of Windows."""
    for pause in PAUSES:
        try:
            return attempt(operation, *arguments)
        except OSError as error:
            if getattr(error, "winerror", None) not in SHARING_VIOLATIONS:
                raise
            sleep(pause)
    return attempt(operation, *arguments)


def make_folder(path: Path, *, exist_ok: bool = False) -> None:
    """Make a folder and its parents; it must not exist unless ``exist_ok``."""
    if exist_ok and path.is_dir():
        return
    if not path.parent.is_dir():
        make_folder(path.parent, exist_ok=True)
    try:
        attempt(os.mkdir, path)
    except FileExistsError:
        if not (exist_ok and path.is_dir()):  # made by another process meanwhile
            raise


def atomic_write(path: Path, contents: bytes | Iterable[bytes | memoryview], *, synced: bool = True) -> None:
    """Write a whole file atomically: a reader sees the old or the new one, even after a power failure.

    ``contents`` are all bytes of it, or parts that follow each other.
    The new file is written under a temporary name in the same folder, synced and renamed; then the folder is synced.
    Where it is not ``synced``, a power failure may damage it. Raises OSError that names ``path``; the old file is then
    unchanged.
    """
    try:
        _write_beside(path, [contents] if isinstance(contents, bytes) else contents, synced=synced)
        if synced:
            sync_folder(path.parent)
    except OSError as error:
        error.filename = str(path)
        raise with_length(error, path) from None


def write_output(path: Path, contents: bytes) -> None:
    """Write a user's output file: links are followed, pipes and devices are written to.

    Other files are written as by ``atomic_write``. Raises OSError that names the path.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    if stat.S_ISREG(mode):
        atomic_write(path.resolve(), contents)
        return
    handle = attempt(os.open, path, os.O_WRONLY | BINARY)
    try:
        write_all(handle, contents)
    finally:
        attempt(os.close, handle)


def _write_beside(path: Path, parts: Iterable[bytes | memoryview], *, synced: bool) -> None:
    # A short name, since Windows allows 260 characters for a path; the process number identifies leftovers.
    temporary = path.with_name(f".{os.getpid():x}-{secrets.token_hex(3)}{TEMPORARY}")
    handle = attempt(os.open, temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, 0o666)
    try:
        try:
            for part in parts:
                write_all(handle, part)
            if synced:
                sync(handle, path.parent)
        finally:
            attempt(os.close, handle)
        attempt_patiently(os.replace, temporary, path)
    except BaseException:
        with suppress(OSError):  # a full disk needs the space for the summary
            temporary.unlink()
        raise


def remove_temporaries(folder: Path) -> None:
    """Remove the temporary files of processes killed in ``atomic_write``; files of running processes are kept."""
    for path in folder.glob(f".*{TEMPORARY}"):
        name = _TEMPORARY_NAME.fullmatch(path.name)
        if name and not (name["process"] and is_alive(int(name["process"], 16))):
            remove(path)


def remove(path: Path) -> None:
    """Remove a file if it exists."""
    with suppress(FileNotFoundError):
        attempt_patiently(os.unlink, path)


def open_own(path: Path, flags: int) -> int:
    """Open a file of a run folder for writing in place.

    Raises OSError for a symbolic link and RunError for a second hard link: writing would change another file.
    """
    if not hasattr(os, "O_NOFOLLOW") and is_link(path):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    handle = attempt(os.open, path, flags | OWN_FILE, 0o666)
    try:
        check_single_link(path, os.fstat(handle))
    except BaseException:
        os.close(handle)
        raise
    return handle


def sync(handle: int, folder: Path) -> None:
    """Force an open file to the disk; a file system without fsync is noted for its ``folder``, not an error."""
    try:
        if FULL_SYNC is not None and _full_sync(handle):
            return
        attempt(os.fsync, handle)
    except OSError as error:
        if error.errno not in NOT_SUPPORTED:
            raise
        note_unsupported(folder, NO_FSYNC)


def _full_sync(handle: int) -> bool:
    """Flush the drive's cache too; False where the file system cannot, as on network drives."""
    try:
        attempt(fcntl.fcntl, handle, FULL_SYNC)
    except OSError as error:
        if error.errno not in NOT_SUPPORTED | {errno.ENOTTY, errno.ENODEV}:
            raise
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Force the entries of a folder to the disk, on POSIX systems."""
    if os.name != "posix":
        return
    handle = attempt(os.open, folder, os.O_RDONLY)
    try:
        sync(handle, folder)
    finally:
        attempt(os.close, handle)


def write_all(handle: int, contents: bytes | memoryview) -> None:
    """Write every byte; the system may write fewer at a time."""
    left = memoryview(contents)
    while left:
        left = left[attempt(os.write, handle, left) :]
