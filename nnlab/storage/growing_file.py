"""Files that a run appends to, with the hash by which a checkpoint knows them."""

import hashlib
import os
from pathlib import Path

from nnlab.storage.disk import attempt, open_own, sync, write_all

CHUNK = 1 << 20


class GrowingFile:
    """A file that only grows, with its size and the SHA-256 of its contents.

    Opened with ``kept``, it keeps the first ``kept`` bytes of an existing file and cuts off the rest.
    """

    def __init__(self, path: Path, kept: int = 0) -> None:
        self.size = kept
        self._synced: int | None = None
        self._folder = path.parent
        self._pending: list[bytes] = []
        self._hash = hashlib.sha256()
        if kept:
            _hash_start(self._hash, path, kept)
        self._handle: int | None = open_own(path, os.O_WRONLY | os.O_CREAT)
        try:
            attempt(os.ftruncate, self._handle, kept)
            os.lseek(self._handle, kept, os.SEEK_SET)
        except BaseException:
            os.close(self._handle)
            raise

    def write(self, text: str) -> None:
        """Buffer text until ``flush``."""
        self.append(text.encode("utf-8", "backslashreplace"))

    def append(self, contents: bytes) -> None:
        """Buffer bytes until ``flush``."""
        self._pending.append(contents)

    def flush(self) -> None:
        """Hand everything buffered to the operating system."""
        contents = b"".join(self._pending)
        self._pending.clear()
        if contents and self._handle is not None:
            write_all(self._handle, contents)
            self._hash.update(contents)
            self.size += len(contents)

    def sync(self) -> None:
        """Force everything written so far to the disk, unless it was already."""
        self.flush()
        if self._handle is not None and self._synced != self.size:
            sync(self._handle, self._folder)
            self._synced = self.size

    def sha256(self) -> str:
        """The SHA-256 of everything flushed."""
        return self._hash.copy().hexdigest()

    def close(self) -> None:
        """Flush and close; a second call does nothing."""
        if self._handle is None:
            return
        try:
            self.flush()
        finally:
            handle, self._handle = self._handle, None
            attempt(os.close, handle)


def start_sha256(path: Path, size: int) -> str:
    """The SHA-256 of the first ``size`` bytes of a file; raises OSError when it has fewer."""
    digest = hashlib.sha256()
    _hash_start(digest, path, size)
    return digest.hexdigest()


def _hash_start(digest: "hashlib._Hash", path: Path, size: int) -> None:
    left = size
    with path.open("rb") as file:
        while left and (chunk := file.read(min(left, CHUNK))):
            digest.update(chunk)
            left -= len(chunk)
    if left:
        raise OSError(f"{path.name} has only {size - left} of the {size} bytes that were written")
