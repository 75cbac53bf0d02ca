"""Where a folder is, also after it was renamed."""

import os
from pathlib import Path


class FolderPlace:
    """The path of a folder; one that was renamed beside its old name is found by its number in the file system."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._identity = _identity(path)

    def find(self) -> bool:
        """Whether the folder still exists, under its old name or a new one."""
        found = _identity(self.path)
        if found is not None:
            self._identity = found
            return True
        if self._identity is None:
            return False
        try:
            with os.scandir(self.path.parent) as entries:
                names = [entry.name for entry in entries if entry.is_dir()]
        except OSError:
            return False
        for name in names:
            path = self.path.parent / name
            if _identity(path) == self._identity:
                self.path = path
                return True
        return False


def _identity(path: Path) -> tuple[int, int] | None:
    """What identifies a folder in its file system, whatever it is called; None where there is none."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino
