"""Files that are forced to the disk together."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nnlab.storage.disk import atomic_write, attempt, sync, sync_folder
from nnlab.storage.file_system import OWN_FILE

MOST_THREADS = 16


class FileGroup:
    """Writes whole files: each is forced to the disk at once, or with ``together`` all are by :meth:`sync`.

    The system combines what it is asked for at the same time: ten files take 3 ms, one after the other 50.
    """

    def __init__(self, *, together: bool) -> None:
        self.together = together
        self._unsynced: dict[Path, None] = {}

    def write(self, path: Path, contents: bytes | Iterable[bytes | memoryview]) -> None:
        """Write a whole file, of bytes or of parts; raises OSError."""
        atomic_write(path, contents, synced=not self.together)
        self.add(path)

    def add(self, path: Path) -> None:
        """Note a file that was written without being forced to the disk."""
        if self.together:
            self._unsynced[path] = None

    def sync(self, others: Iterable[Path] = ()) -> None:
        """Force the files written so far and others to the disk; from then on each is at once. Raises OSError."""
        files = list(dict.fromkeys([*self._unsynced, *others]))
        if files:
            with ThreadPoolExecutor(min(len(files), MOST_THREADS)) as pool:
                list(pool.map(_sync_file, files))
        for folder in dict.fromkeys(file.parent for file in files):
            sync_folder(folder)
        self.together = False
        self._unsynced.clear()


def _sync_file(path: Path) -> None:
    handle = attempt(os.open, path, os.O_RDWR | OWN_FILE)
    try:
        sync(handle, path.parent)
    finally:
        attempt(os.close, handle)
