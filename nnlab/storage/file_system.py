"""Differences between operating systems and file systems."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from nnlab.errors import RunError

WINDOWS = os.name == "nt"
LONGEST_PATH = 259  # on Windows, unless its registry allows more

# Without it Windows translates every newline written, in binary files too.
BINARY = getattr(os, "O_BINARY", 0)
# Opens a file in an untrusted folder: symbolic links are not followed, pipes do not block.
OWN_FILE = BINARY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)

# OSError.winerror when another program (a virus scanner, OneDrive, a viewer) has the file open.
SHARING_VIOLATIONS = frozenset({5, 32, 33})

# Errors for operations that a file system lacks: network drives and those in user space.
NOT_SUPPORTED = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
NO_FSYNC = "the file system does not support fsync; a power failure may lose the last files written"
NO_LOCKS = "the file system does not support file locks; do not let two processes write one run"

_unsupported: dict[Path, dict[str, None]] = {}


def note_unsupported(folder: Path, message: str) -> None:
    """Keep a message about the file system of a folder for :func:`take_unsupported`."""
    _unsupported.setdefault(folder, {})[message] = None


def take_unsupported(folder: Path) -> list[str]:
    """Return and clear the messages about the file system of a folder, each once."""
    return list(_unsupported.pop(folder, ()))


def is_link(path: Path) -> bool:
    """Whether a path is a symbolic link or, on Windows, a junction."""
    try:
        information = os.lstat(path)
    except OSError:
        return False
    junction = getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", 0xA0000003)
    return stat.S_ISLNK(information.st_mode) or getattr(information, "st_reparse_tag", 0) == junction


def check_single_link(path: Path, information: os.stat_result | None = None) -> None:
    """Raise RunError where a file exists and has a second hard link."""
    with suppress(OSError):
        found = information or os.lstat(path)
        if stat.S_ISREG(found.st_mode) and found.st_nlink > 1:
            raise RunError(f"{path}: is hard-linked to another file, which would change too; replace it with a copy")


def with_length(error: OSError, path: Path) -> OSError:
    """The error, worded for a path that is too long, which Windows reports as a missing file."""
    length = len(str(path.absolute()))
    if not WINDOWS or not isinstance(error, FileNotFoundError) or length <= LONGEST_PATH:
        return error
    message = f"the path has {length} characters, but Windows allows {LONGEST_PATH}; use a folder with a shorter path"
    return OSError(errno.ENAMETOOLONG, message, str(path))
