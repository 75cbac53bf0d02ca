"""Existing files are replaced only with --overwrite."""

import errno
import os
from pathlib import Path

from nnlab.errors import RunError, UsageError
from nnlab.text import one_line


def already_exists(path: Path, elsewhere: str = "") -> UsageError:
    """The error for a path that is there already; ``elsewhere`` says how to name another one, as ``or --out FILE``."""
    hint = f", {elsewhere}" if elsewhere else ""
    return UsageError(f"{one_line(str(path), 1000)}: already exists; use --overwrite to replace it{hint}")


def check_replaceable(path: Path, *, overwrite: bool, elsewhere: str = "") -> None:
    """Raise UsageError for an existing file that may not be replaced; a pipe or device is written to."""
    if path.is_file() and not overwrite:
        raise already_exists(path, elsewhere)


def check_writable(path: Path) -> None:
    """Raise RunError for a new file in a folder that there is not, or that is not this user's to write to."""
    if path.exists():
        return
    folder = path.parent
    if not folder.exists():
        fault = errno.ENOENT
    elif not folder.is_dir():
        fault = errno.ENOTDIR
    elif not os.access(folder, os.W_OK):
        fault = errno.EACCES
    else:
        return
    raise RunError(f"{one_line(str(path), 1000)}: cannot be written: {os.strerror(fault)}")
