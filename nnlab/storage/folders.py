"""Creation of folders, and serialisation of JSON files."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from nnlab.errors import RunError, reason_of
from nnlab.storage.disk import make_folder
from nnlab.storage.folder_names import new_folder_name
from nnlab.text import escape_control


def create_folder(root: Path, name: str = "") -> Path:
    """Create ``root/<UTC yyyymmdd-hhmmss>-<name>-<6 hex>``, never an existing folder; raises RunError."""
    for _ in range(100):
        path = root / new_folder_name(name)
        try:
            make_folder(path)
            return path
        except FileExistsError:
            if not root.is_dir():
                raise RunError(f"{root}: is not a folder, so no folder can be made in it") from None
        except OSError as error:
            raise RunError(f"{path}: cannot be created: {reason_of(error)}") from None
    raise RunError(f"{root}: found no free name for a run folder")


def as_json(value: object) -> bytes:
    """An indented JSON document."""
    return _readable(lambda ascii_only: json.dumps(value, indent=2, ensure_ascii=ascii_only))


def as_json_lines(value: Mapping[str, object]) -> bytes:
    """A JSON object with one line for each key."""

    def text(ascii_only: bool) -> str:
        lines = (f"  {json.dumps(key)}: {json.dumps(entry, ensure_ascii=ascii_only)}" for key, entry in value.items())
        return "{\n" + ",\n".join(lines) + "\n}"

    return _readable(text)


def _readable(text: Callable[[bool], str]) -> bytes:
    """A document in UTF-8; in ASCII where it contains characters that control a terminal."""
    plain = text(False)
    return ((plain if escape_control(plain) == plain else text(True)) + "\n").encode()
