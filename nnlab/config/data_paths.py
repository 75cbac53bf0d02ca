"""Resolution of data paths: the spec's folder, the working folder, or the path recorded by a run."""

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
from nnlab.storage.layout import ENVIRONMENT_FILE, SWEEP_FILE, fold_folder, trial_number
from nnlab.text import quote

LOCATIONS = "data_places"
CHECKSUMS = "data_sha256"
LARGEST_ENVIRONMENT = 1 << 20
MOST_TRIALS_READ = 1000
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


class RecordedData:
    """Paths and SHA-256 of a run's data, from the environment.json in the run folder."""

    def __init__(self, folder: Path, environment: Mapping[str, Any]) -> None:
        locations, checksums = environment.get(LOCATIONS), environment.get(CHECKSUMS)
        self._folder = folder
        self._locations = locations if isinstance(locations, dict) else {}
        self._digests = set(map(str, checksums.values())) if isinstance(checksums, dict) else set()

    @classmethod
    def of(cls, folder: Path) -> "RecordedData":
        """The records of a run folder, of the first fold of a cross-validation, or of the trials of a sweep.

        Empty for other folders.
        """
        for run in (folder, folder / fold_folder(1)):
            if found := cls.read(run):
                return found
        return RecordedTrials(folder) if (folder / SWEEP_FILE).is_file() else cls(folder, {})

    @classmethod
    def read(cls, run: Path) -> "RecordedData | None":
        """The records in a run folder; None where there are none."""
        try:
            file = run / ENVIRONMENT_FILE
            if file.is_file() and file.stat().st_size <= LARGEST_ENVIRONMENT:
                found = json.loads(file.read_text(encoding="utf-8"))
                return RecordedData(run, found if isinstance(found, dict) else {})
        except (OSError, ValueError, RecursionError):  # reported where the environment is needed
            return None
        return None

    def paths(self, key: str, name: str = "") -> Iterator[Path]:
        """The recorded file or folder of a key, ``name`` in the spec: relative to the run folder, then absolute."""
        recorded = self._locations.get(key)
        if not isinstance(recorded, dict):
            return
        relative, absolute = recorded.get("relative"), recorded.get("absolute")
        if isinstance(relative, str) and not _names_server(relative):
            yield Path(os.path.normpath(self._folder.absolute() / relative))
        if isinstance(absolute, str) and not _names_server(absolute):
            yield Path(absolute)

    def matches(self, candidate: Path) -> bool:
        """Whether a file has the SHA-256 of one that the run read."""
        return bool(self._digests) and candidate.is_file() and _digest(candidate) in self._digests


class RecordedTrials(RecordedData):
    """What the trials of a sweep recorded, of which each may have trained on other data."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, {})

    def paths(self, key: str, name: str = "") -> Iterator[Path]:
        """Those of the first trial whose file has this name."""
        for run in self._trials():
            recorded = RecordedData.read(self._folder / run)
            found = list(recorded.paths(key)) if recorded else []
            if recorded and any(_ends_with(path, name) for path in found):
                self._digests |= recorded._digests
                yield from found
                return

    def _trials(self) -> list[str]:
        try:
            names = [path.name for path in self._folder.iterdir() if trial_number(path.name)]
        except OSError:
            return []
        return sorted(names, key=lambda name: trial_number(name) or 0)[:MOST_TRIALS_READ]


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

    def find(self, name: str, key: str, folders: Sequence[Path]) -> FoundPath:
        """The path of the file that ``key`` names; for a missing file, the first path searched.

        If several candidates exist, the one with the recorded SHA-256 is chosen. Raises UnusablePathError.
        """
        _check_local(name)
        if self._given is not None and (path := _inside(self._given, name, key)):
            return FoundPath(str(path), name)
        expanded = Path(name).expanduser()
        candidates = [(folder / expanded).absolute() for folder in folders]
        beside, *elsewhere = map(existing_spelling, candidates) if candidates else [None]
        recorded = list(self._recorded.paths(key, name))
        if (placed := self._placed.get(name)) and not _names_server(placed):
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
        self.found[name] = FoundPath(str(found), name)
        return self.found[name]


def _names_server(path: str) -> bool:
    """Whether a path is a Windows network path: an untrusted run must not make Windows log in to a server."""
    return os.name == "nt" and path.replace("\\", "/").startswith("//")


def _ends_with(path: Path, name: str) -> bool:
    """Whether a path can be that of a name in a spec: it ends with its parts, leading ``..`` left out."""
    composed = unicodedata.normalize("NFC", name), unicodedata.normalize("NFC", str(path))
    named = [part for part in Path(os.path.normpath(composed[0])).parts if part not in {".", "..", "~"}]
    return not named or list(Path(composed[1]).parts[-len(named) :]) == named


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


def data_locations(source: object, run: Path) -> dict[str, dict[str, str]]:
    """Paths of a data source's files for environment.json: absolute, and relative to the run folder."""
    found = {}
    for parameter in hyperparameters(type(source)):
        path = getattr(source, parameter.name)
        if parameter.mark(FilePath) is None or not isinstance(path, str):
            continue
        absolute = Path(path).absolute()
        found[parameter.name] = {"absolute": str(absolute)}
        try:
            found[parameter.name]["relative"] = Path(os.path.relpath(absolute, run.absolute())).as_posix()
        except ValueError:  # on another drive of Windows
            continue
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


def _inside(given: Path, name: str, key: str) -> Path | None:
    """The path that ``--data`` gives for a key: a file for the key ``path`` only, a folder for every file in it."""
    try:
        given = given.expanduser().absolute()
        exists = given.exists()
    except (OSError, ValueError, RuntimeError) as error:  # too long, a NUL character, an unknown ~user
        raise UsageError(f"--data: {quote(str(given), 200)} is not a usable path ({type(error).__name__})") from None
    if not exists:
        raise UsageError(f"--data: {quote(str(given), 200)} does not exist; give the file or the folder of the data")
    if given.is_dir():
        inside = existing_spelling(given / Path(name).name)
        return inside or (given if key == "path" else None)
    return given if key == "path" else None


def _digest(path: Path) -> str:
    """The SHA-256 of a file's uncompressed contents; empty where it cannot be read."""
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
