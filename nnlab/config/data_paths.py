"""Where the files that a spec names are: beside it, in the working folder, or where a run found them before."""

import json
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from nnlab.data.files.reading import CHUNK, most_unpacked, opened, unpacked
from nnlab.errors import DataError, UsageError
from nnlab.registry import FilePath, hyperparameters
from nnlab.text import quote

ENVIRONMENT_FILE = "environment.json"
PLACES = "data_places"
CHECKSUMS = "data_sha256"
LARGEST_ENVIRONMENT = 1 << 20
FIRST_FOLD = "fold-1"
_DRIVE = re.compile(r"[A-Za-z]:")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


class UnusablePathError(Exception):
    """A text that names no local file; the message goes on from the key."""


class FoundPath(str):
    """The absolute path of a file or folder, which remembers how the spec wrote it."""

    written: str

    def __new__(cls, place: str, written: str) -> "FoundPath":
        """A path for the file system, and one for the resolved spec."""
        found = super().__new__(cls, place)
        found.written = written
        return found

    def __reduce__(self) -> tuple[type["FoundPath"], tuple[str, str]]:
        """What copies and pickles are made of."""
        return FoundPath, (str(self), self.written)


class Recorded:
    """Where a run found its data, and the SHA-256 of it, as the environment.json beside its spec says."""

    def __init__(self, folder: Path, environment: Mapping[str, Any]) -> None:
        places, checksums = environment.get(PLACES), environment.get(CHECKSUMS)
        self._folder = folder
        self._places = places if isinstance(places, dict) else {}
        self._digests = set(map(str, checksums.values())) if isinstance(checksums, dict) else set()

    @classmethod
    def of(cls, folder: Path) -> "Recorded":
        """What is recorded in a run's folder, or for the first fold of a cross-validation; nothing elsewhere."""
        for place in (folder, folder / FIRST_FOLD):
            try:
                file = place / ENVIRONMENT_FILE
                if file.is_file() and file.stat().st_size <= LARGEST_ENVIRONMENT:
                    found = json.loads(file.read_text(encoding="utf-8"))
                    return cls(place, found if isinstance(found, dict) else {})
            except (OSError, ValueError, RecursionError):  # who needs the environment itself says what is wrong
                continue
        return cls(folder, {})

    def places(self, key: str) -> Iterator[Path]:
        """The file or folder of a key as it lay relative to the run, then where it was."""
        place = self._places.get(key)
        if not isinstance(place, dict):
            return
        relative, absolute = place.get("relative"), place.get("absolute")
        if isinstance(relative, str) and not _names_server(relative):
            yield Path(os.path.normpath(self._folder.absolute() / relative))
        if isinstance(absolute, str) and not _names_server(absolute):
            yield Path(absolute)

    def knows(self, candidate: Path) -> bool:
        """Whether a file is one that the run read, by its SHA-256."""
        return bool(self._digests) and candidate.is_file() and _digest(candidate) in self._digests


class DataPaths:
    """Finds the files that a spec names: where the run that it belongs to had them, beside it, in the working folder.

    ``given`` is where the user says that the data is now: the file of ``path``, or a folder that holds the files.
    """

    def __init__(self, recorded: Recorded | None = None, given: Path | None = None) -> None:
        self._recorded = recorded or Recorded(Path(), {})
        self._given = given

    def find(self, name: str, key: str, folders: Sequence[Path]) -> FoundPath:
        """The path of a file that ``key`` names; one that is missing is the first place that it was looked for.

        Where several candidates exist, the one with the recorded SHA-256 is taken. Raises UnusablePathError.
        """
        _check_local(name)
        if self._given is not None and (place := _inside(self._given, name, key)):
            return FoundPath(str(place), name)
        expanded = Path(name).expanduser()
        candidates = [(folder / expanded).absolute() for folder in folders]
        beside, *elsewhere = map(existing_spelling, candidates) if candidates else [None]
        places = list(self._recorded.places(key))
        recorded = filter(Path.exists, places)
        # A run's own folder holds more than data: what it recorded goes before what lies in it.
        existing = list(dict.fromkeys(filter(None, (*recorded, beside, *elsewhere))))
        if not existing:
            # A moved file may lie beside the spec or in the working folder, if it is the same one.
            moved = [place for folder in folders if (place := existing_spelling(folder.absolute() / expanded.name))]
            existing = [place for place in moved if self._recorded.knows(place)]
        if not existing and _DRIVE.match(name):
            _check_characters(name)
        missing = candidates if expanded.is_absolute() else [*places[-1:], *candidates]
        known = next((place for place in existing if self._recorded.knows(place)), None) if len(existing) > 1 else None
        found = known or next(iter(existing), None) or next(iter(missing), expanded)
        return FoundPath(str(found), name)


def _names_server(place: str) -> bool:
    """Whether Windows would sign in at a server that a stranger's run names; who means it says --data."""
    return os.name == "nt" and place.replace("\\", "/").startswith("//")


def existing_spelling(path: Path) -> Path | None:
    """The path, with each name in the Unicode form (composed or decomposed) that the file system has; or None."""
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


def places_of(source: object, run: Path) -> dict[str, dict[str, str]]:
    """Where a data source finds its files, for environment.json: absolute, and relative to the run's folder."""
    found = {}
    for parameter in hyperparameters(type(source)):
        place = getattr(source, parameter.name)
        if parameter.mark(FilePath) is None or not isinstance(place, str):
            continue
        absolute = Path(place).absolute()
        found[parameter.name] = {"absolute": str(absolute)}
        try:
            found[parameter.name]["relative"] = Path(os.path.relpath(absolute, run.absolute())).as_posix()
        except ValueError:  # on another drive of Windows
            continue
    return found


def _check_local(name: str) -> None:
    if _URL.match(name):
        raise UnusablePathError(
            f"is a URL, got {quote(name)}; nnlab reads local files: download it and give the path of the file"
        )


def _check_characters(name: str) -> None:
    if control := next((sign for sign in name if unicodedata.category(sign) == "Cc"), None):
        escapes = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\a": "\\a", "\f": "\\f", "\v": "\\v"}
        if control in escapes:
            raise UnusablePathError(
                f"has a control character, got {quote(name)}; in double quotes YAML reads {escapes[control]} as one: "
                "put the path in single quotes, or write / for \\"
            )


def _inside(given: Path, name: str, key: str) -> Path | None:
    """What a place that the user gave stands for: a file for ``path`` only, a folder for every file in it."""
    try:
        given = given.expanduser().absolute()
        exists = given.exists()
    except (OSError, ValueError, RuntimeError) as error:  # too long, a NUL character, an unknown ~user
        raise UsageError(f"--data: {quote(str(given), 200)} is not a usable path ({type(error).__name__})") from None
    if not exists:
        raise UsageError(f"--data: {quote(str(given), 200)} does not exist; give the file or folder of the data")
    if given.is_dir():
        inside = existing_spelling(given / Path(name).name)
        return inside or (given if key == "path" else None)
    return given if key == "path" else None


def _digest(path: Path) -> str:
    """The SHA-256 of a file's (unpacked) contents; empty where it cannot be read."""
    digest, count = sha256(), 0
    try:
        with opened(path) as (file, size):
            stream, _ = unpacked(file)
            while (chunk := stream.read(CHUNK)) and count <= most_unpacked(max(size, CHUNK)):
                digest.update(chunk)
                count += len(chunk)
    except DataError:
        return ""
    return digest.hexdigest()
