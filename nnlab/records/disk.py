"""The one way to the disk: every operation that changes the files of a run goes through ``attempt``."""

import hashlib
import os
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

TEMPORARY = ".tmp"
CHUNK = 1 << 20
# A file that is opened again in a folder that may be a stranger's: no link is followed, no pipe is waited for.
OWN_FILE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def attempt(operation: Callable[..., T], *arguments: object) -> T:
    """Do one operation; tests make the n-th one fail, or end the process in the middle of it."""
    return operation(*arguments)


def make_folder(path: Path, *, exist_ok: bool = False) -> None:
    """Make a folder, with those above it; it must not exist yet, unless that is ``exist_ok``."""
    if exist_ok and path.is_dir():
        return
    if not path.parent.is_dir():
        make_folder(path.parent, exist_ok=True)
    try:
        attempt(os.mkdir, path)
    except FileExistsError:
        if not (exist_ok and path.is_dir()):  # by another process, a moment ago
            raise


def atomic_write(path: Path, contents: bytes) -> None:
    """Write a whole file so that a reader sees the old or the new one, never half of it, even after a power cut.

    The new one is written under a name of its own in the same folder, forced to the disk and renamed; then the folder
    is forced to the disk too. Raises OSError that names ``path``, and the old file is still there.
    """
    try:
        _write_beside(path, contents)
        sync_folder(path.parent)
    except OSError as error:
        error.filename = str(path)
        raise


def write_output(path: Path, contents: bytes) -> None:
    """Write what a user asked for in a file of any name: links are followed, pipes and devices are written into.

    Other files are written as by ``atomic_write``. Raises OSError that names the path.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    if stat.S_ISREG(mode):
        atomic_write(path.resolve(), contents)
        return
    handle = attempt(os.open, path, os.O_WRONLY)
    try:
        write_all(handle, contents)
    finally:
        attempt(os.close, handle)


def _write_beside(path: Path, contents: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{TEMPORARY}")
    handle = attempt(os.open, temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        try:
            write_all(handle, contents)
            attempt(os.fsync, handle)
        finally:
            attempt(os.close, handle)
        attempt(os.replace, temporary, path)
    except BaseException:
        with suppress(OSError):  # on a full disk the room is needed for the summary
            temporary.unlink()
        raise


def remove_temporaries(folder: Path) -> None:
    """Remove what a process that was killed in the middle of ``atomic_write`` left behind."""
    for path in folder.glob(f".*{TEMPORARY}"):
        remove(path)


def remove(path: Path) -> None:
    """Remove a file, if it is there."""
    with suppress(FileNotFoundError):
        attempt(os.unlink, path)


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk, where the system knows such a thing."""
    if os.name != "posix":
        return
    handle = attempt(os.open, folder, os.O_RDONLY)
    try:
        attempt(os.fsync, handle)
    finally:
        attempt(os.close, handle)


def write_all(handle: int, contents: bytes | memoryview) -> None:
    """Write every byte; the system may take fewer at a time."""
    left = memoryview(contents)
    while left:
        left = left[attempt(os.write, handle, left) :]


class GrowingFile:
    """A text file that only grows, with its size and the SHA-256 of what it holds.

    Opened with ``kept``, it begins with so many bytes of what is there already; whatever follows them is cut off.
    """

    def __init__(self, path: Path, kept: int = 0) -> None:
        self.size = kept
        self._pending: list[str] = []
        self._hash = hashlib.sha256()
        if kept:
            _take_in(self._hash, path, kept)
        self._handle: int | None = attempt(os.open, path, os.O_WRONLY | os.O_CREAT | OWN_FILE, 0o666)
        attempt(os.ftruncate, self._handle, kept)
        os.lseek(self._handle, kept, os.SEEK_SET)

    def write(self, text: str) -> None:
        """Take in text, which ``flush`` hands over."""
        self._pending.append(text)

    def flush(self) -> None:
        """Hand everything written so far to the operating system."""
        contents = "".join(self._pending).encode("utf-8", "backslashreplace")
        self._pending.clear()
        if contents and self._handle is not None:
            write_all(self._handle, contents)
            self._hash.update(contents)
            self.size += len(contents)

    def sync(self) -> None:
        """Force everything written so far to the disk."""
        self.flush()
        if self._handle is not None:
            attempt(os.fsync, self._handle)

    def sha256(self) -> str:
        """Of everything handed over."""
        return self._hash.copy().hexdigest()

    def close(self) -> None:
        """Hand over the rest and close; a second time does nothing."""
        if self._handle is None:
            return
        try:
            self.flush()
        finally:
            handle, self._handle = self._handle, None
            attempt(os.close, handle)


def start_sha256(path: Path, size: int) -> str:
    """The SHA-256 of the first bytes of a file; raises OSError when it has fewer."""
    digest = hashlib.sha256()
    _take_in(digest, path, size)
    return digest.hexdigest()


def _take_in(digest: "hashlib._Hash", path: Path, size: int) -> None:
    left = size
    with path.open("rb") as file:
        while left and (chunk := file.read(min(left, CHUNK))):
            digest.update(chunk)
            left -= len(chunk)
    if left:
        raise OSError(f"{path.name} has only {size - left} of the {size} bytes that were written")
