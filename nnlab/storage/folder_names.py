"""Names of the folders that nnlab makes, ``<UTC yyyymmdd-hhmmss>-<name>-<6 hex>``: how they are built and read."""

import re
import secrets
import sys
from datetime import UTC, datetime
from typing import NamedTuple

TIME_FORMAT = "%Y%m%d-%H%M%S"
"""How folder names begin."""

_TIME = "[0-9]{8}-[0-9]{6}"
_FOLDER_NAME = re.compile(rf"({_TIME})-(.+)-([0-9a-f]{{6}})")


class FolderName(NamedTuple):
    """The parts of a folder's name; ``name`` is the experiment's, with a suffix such as ``-crossval``."""

    time: str
    name: str
    identifier: str


def new_folder_name(name: str = "") -> str:
    """A name that begins with the time now and ends with six random hex digits."""
    return "-".join(filter(None, (folder_time(datetime.now(UTC)), name, secrets.token_hex(3))))


def parse_folder_name(text: str) -> FolderName | None:
    """The parts of a folder's name; None where it was not made by nnlab, or renamed."""
    found = _FOLDER_NAME.fullmatch(text)
    return found and FolderName(*found.groups())


def folder_time(moment: datetime) -> str:
    """A time in UTC as folder names begin with it; as texts they sort by time."""
    return moment.strftime(TIME_FORMAT)


def without_time(text: str) -> str:
    """A folder's name without the time at its start."""
    return re.sub(f"^{_TIME}-", "", text)


def plain_name(name: str) -> str:
    """An experiment's name as part of a folder's: letters, digits, ``_.-``, at most 60 characters and 180 bytes.

    Letters that the encoding of the system's paths lacks are left out.
    """
    encoding = sys.getfilesystemencoding()
    name = name.encode(encoding, "replace").decode(encoding)
    plain = re.sub(r"[^\w.]+", "-", name).strip("-.")[:60]
    return plain.encode()[:180].decode(errors="ignore") or "run"
