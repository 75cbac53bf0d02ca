"""Resolution of data paths: the spec's folder, the working folder, or the path recorded by a run."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from nnlab.config.recorded_data import RecordedData, names_server
from nnlab.errors import UsageError
from nnlab.text import quote

_DRIVE = re.compile(r"[A-Za-z]:")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


class UnusablePathError(Exception):
    """A path that does not name a local file; the message follows the key."""


class FoundPath(str):
    """The absolute path of a file or folder, with ``written``, the path in the spec."""

    written: str

    def __new__(cls, path: str, written: str) -> "FoundPath":
        """``path`` for the file system, ``written`` for the resolved spec."""
        found = super().__new__(cls, path)
        found.written = written
        return found

    def __reduce__(self) -> tuple[type["FoundPath"], tuple[str, str]]:
        return FoundPath, (str(self), self.written)


class DataPaths:
    """Finds the files that a spec names: at the path recorded by its run, in its folder, in the working folder.

    ``given`` is the user's ``--data``: the file for the key ``path``, or a folder with the files. ``placed`` gives the
    absolute path of a name, ``found`` collects them.
    """

    def __init__(
        self,
        recorded: RecordedData | None = None,
        given: Path | None = None,
        placed: Mapping[str, str] | None = None,
    ) -> None:
        self._recorded = recorded or RecordedData(Path(), {})
        self._given = given
        self._placed = placed or {}
        self.found: dict[str, FoundPath] = {}
        self._known: dict[tuple[str, str, tuple[Path, ...]], FoundPath] = {}

    def find(self, name: str, key: str, folders: Sequence[Path]) -> FoundPath:
        """The path of the file that ``key`` names; for a missing file, the first path searched.

        If several candidates exist, the one with the recorded SHA-256 is chosen. A file is searched once. Raises
        UnusablePathError.
        """
        place = (name, key, tuple(folders))
        if place not in self._known:
            self._known[place] = self.found[name] = self._search(name, key, folders)
        return self._known[place]

    def _search(self, name: str, key: str, folders: Sequence[Path]) -> FoundPath:
        _check_local(name)
        if self._given is not None and (path := _inside(self._given, name, key)):
            return FoundPath(str(path), name)
        expanded = Path(name).expanduser()
        candidates = [(folder / expanded).absolute() for folder in folders]
        beside, *elsewhere = map(existing_spelling, candidates) if candidates else [None]
        recorded = list(self._recorded.paths(key, name))
        if (placed := self._placed.get(name)) and not names_server(placed):
            recorded.append(Path(placed))
        # Recorded paths come first: a run folder holds other files that may have the same name.
        existing = list(dict.fromkeys(filter(None, (*filter(Path.exists, recorded), beside, *elsewhere))))
        if not existing:
            # The file may have moved to the spec's folder or the working folder: its SHA-256 decides.
            moved = [path for folder in folders if (path := existing_spelling(folder.absolute() / expanded.name))]
            existing = [path for path in moved if self._recorded.matches(path)]
        if not existing and _DRIVE.match(name):
            _check_characters(name)
        missing = candidates if expanded.is_absolute() else [*recorded[-1:], *candidates]
        matching = (
            next((path for path in existing if self._recorded.matches(path)), None) if len(existing) > 1 else None
        )
        found = matching or next(iter(existing), None) or next(iter(missing), expanded)
        return FoundPath(str(found), name)


def existing_spelling(path: Path) -> Path | None:
    """The path in the Unicode form (composed or decomposed) used by the file system; None where it does not exist."""
    if path.exists():
        return path
    if str(path).isascii():
        return None
    found = Path(path.anchor)
    for part in path.parts[len(found.parts) :]:
        spellings = (part, unicodedata.normalize("NFC", part), unicodedata.normalize("NFD", part))
        existing = next((found / spelling for spelling in spellings if (found / spelling).exists()), None)
        if existing is None:
            return None
        found = existing
    return found


def _check_local(name: str) -> None:
    if _URL.match(name):
        raise UnusablePathError(
            f"must be a local file, got the URL {quote(name)}; download it and give the path of the file"
        )


def _check_characters(name: str) -> None:
    if control := next((character for character in name if unicodedata.category(character) == "Cc"), None):
        escapes = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\a": "\\a", "\f": "\\f", "\v": "\\v"}
        if control in escapes:
            raise UnusablePathError(
                f"has a control character, got {quote(name)}; in double quotes YAML reads {escapes[control]} as one: "
                "put the path in single quotes, or write / for \\"
            )


def existing_data(given: Path) -> Path:
    """The absolute path of ``--data``; raises UsageError where nothing is there."""
    try:
        given = given.expanduser().absolute()
        exists = given.exists()
    except (OSError, ValueError, RuntimeError) as error:  # too long, a NUL character, an unknown ~user
        raise UsageError(f"--data: {quote(str(given), 200)} is not a usable path ({type(error).__name__})") from None
    if not exists:
        raise UsageError(f"--data: {quote(str(given), 200)} does not exist; give the file or the folder of the data")
    return given


def _inside(given: Path, name: str, key: str) -> Path | None:
    """The path that ``--data`` gives for a key: a file for the key ``path`` only, a folder for every file in it."""
    given = existing_data(given)
    if given.is_dir():
        inside = existing_spelling(given / Path(name).name)
        return inside or (given if key == "path" else None)
    return given if key == "path" else None
