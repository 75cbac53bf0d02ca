"""What the system and the file system under a run folder offer, and what they lack."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from nnlab.errors import RunError

WINDOWS = os.name == "nt"
LONGEST_PATH = 259  # of Windows, unless its registry allows more

# Without it Windows translates every newline of what is written, in binary files too.
BINARY = getattr(os, "O_BINARY", 0)
# A file that is opened again in a folder that may be a stranger's: no link is followed, no pipe is waited for.
OWN_FILE = BINARY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)

# Another program (a virus scanner, OneDrive, a reader) has the file open; Windows numbers of OSError.winerror.
SHARING_VIOLATIONS = frozenset({5, 32, 33})

# What a file system answers that has no such operation: network drives and those in user space.
NOT_SUPPORTED = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
NO_FSYNC = "the file system does not support fsync; a power cut may lose the last files written"
NO_LOCKS = "the file system does not support file locks; do not let two processes write one run"

_unsupported: dict[Path, dict[str, None]] = {}


def note_unsupported(folder: Path, message: str) -> None:
    """Remember what the file system of a folder cannot do, until it is taken."""
    _unsupported.setdefault(folder, {})[message] = None


def take_unsupported(folder: Path) -> list[str]:
    """What the file system of a folder turned out not to support, each message once."""
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
    """Raise RunError where a file has a second hard link; what is not there has none."""
    with suppress(OSError):
        found = information or os.lstat(path)
        if stat.S_ISREG(found.st_mode) and found.st_nlink > 1:
            raise RunError(
                f"{path}: is hard-linked to another file, which would be changed too; put a copy of it in its place"
            )


def with_length(error: OSError, path: Path) -> OSError:
    """An error of the system, which on Windows takes a path that is too long for one that is not there."""
    length = len(str(path.absolute()))
    if not WINDOWS or not isinstance(error, FileNotFoundError) or length <= LONGEST_PATH:
        return error
    message = f"the path has {length} characters, but Windows allows {LONGEST_PATH}; use a folder with a shorter path"
    return OSError(errno.ENAMETOOLONG, message, str(path))
