"""Shortening of paths in texts to their last names, to hide the folders of a computer."""

import os
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

_START = r"(?<![\w./~\\-])"
_BELOW = r"""(?:[^\s\\/:'"]+[\\/]+)*"""
# An absolute path, one with .. or a user's home, up to its last name.
_FOLDERS = re.compile(
    rf"""{_START}(?:
        (?:/|(?:\.\./)+)[^\s\\/:'"]+/+{_BELOW}
        | (?:[A-Za-z]:[\\/]+|\\\\){_BELOW}
        | ~[^\s\\/:'"]+[\\/]{_BELOW}
    )""",
    re.VERBOSE,
)


class ShortPaths:
    """Shortens paths; in the ``known`` folders also those with spaces. The home folder becomes ``~``."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        home = _home()
        self._home = re.compile(rf"{_START}{re.escape(home)}(?![\w/\\-])") if home else None
        folders = {folder for folder in (*known, home) if _is_absolute(folder) and last_name(folder)}
        longest_first = sorted(folders, key=lambda folder: (-len(folder), folder))
        self._known = [re.compile(rf"{_START}{re.escape(folder)}[\\/]+{_BELOW}") for folder in longest_first]

    def text(self, text: str) -> str:
        """A text with its paths shortened."""
        if self._home:
            text = self._home.sub("~", text)
        for folder in self._known:
            text = folder.sub("", text)
        return _FOLDERS.sub("", text)

    def value(self, value: Any) -> Any:
        """A JSON value with the paths in its texts shortened; a text that is a path may contain spaces."""
        if isinstance(value, dict):
            return {key: self.value(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self.value(entry) for entry in value]
        if isinstance(value, str):
            text = self.text(value)
            return last_name(text) if _is_absolute(text) else text
        return value


def leads_out(path: str) -> bool:
    """Whether a path leaves the folder it starts from: absolute, with ``..`` or with ``~``."""
    return _is_absolute(path) or path.startswith("~") or ".." in re.split(r"[\\/]", path)


def last_name(path: str) -> str:
    """The last name of a path of any system."""
    return PureWindowsPath(path).name  # which splits at both \ and /


def folder_of(path: str) -> str:
    """The folder of a path of any system, without a separator at its end."""
    return path.removesuffix(last_name(path)).rstrip("/\\")


def _is_absolute(path: str) -> bool:
    return PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()


def _home() -> str:
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home raises where there is none
    return home if _is_absolute(home) and Path(home).name else ""
