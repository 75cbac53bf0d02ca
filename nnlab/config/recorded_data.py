"""What runs recorded in environment.json of their data, paths and SHA-256, and of their plugins."""

import json
import os
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from nnlab.data.files.reading import CHUNK, most_unpacked, opened, unpacked
from nnlab.errors import DataError, MissingPlugin, SpecError
from nnlab.plugins.recorded import missing_package, plugin_options, recorded_components
from nnlab.registry import FilePath, hyperparameters
from nnlab.storage.layout import ENVIRONMENT_FILE, SWEEP_FILE, fold_folder, trial_number
from nnlab.text import one_line

LOCATIONS = "data_places"
CHECKSUMS = "data_sha256"
QUESTION = "question"
LARGEST_ENVIRONMENT = 1 << 20
MOST_TRIALS_READ = 1000
MOST_HINTS = 10


class RecordedData:
    """Paths and SHA-256 of a run's data, from the environment.json in the run folder, and the question of its spec."""

    def __init__(self, folder: Path, environment: Mapping[str, Any]) -> None:
        locations, checksums = environment.get(LOCATIONS), environment.get(CHECKSUMS)
        question = environment.get(QUESTION)
        self.question = question if isinstance(question, str) else ""
        self.components = recorded_components(environment)
        self._environment = environment
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
        if isinstance(relative, str) and not names_server(relative):
            yield Path(os.path.normpath(self._folder.absolute() / relative))
        if isinstance(absolute, str) and not names_server(absolute):
            yield Path(absolute)

    def plugin_options(self) -> str:
        """The options that name the plugins of the run in a command that repeats it."""
        return plugin_options(self._folder, self._environment)

    def missing_component(self) -> str:
        """What to do about each plugin that was not loaded, up to ``MOST_HINTS``; empty where all are there."""
        missing = {component.file: component for component in reversed(self.components) if component.missing}
        first_of_each = [*reversed(missing.values())][:MOST_HINTS]
        hints = "; ".join(component.needed(self._folder) for component in first_of_each)
        return hints or missing_package(self._environment)

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

    def missing_component(self) -> str:
        """As of a run, of the first trial that has one."""
        found = (RecordedData.read(self._folder / run) for run in self._trials())
        return next((hint for recorded in found if recorded and (hint := recorded.missing_component())), "")

    def _trials(self) -> list[str]:
        try:
            names = [path.name for path in self._folder.iterdir() if trial_number(path.name)]
        except OSError:
            return []
        return sorted(names, key=lambda name: trial_number(name) or 0)[:MOST_TRIALS_READ]


@contextmanager
def plugins_named(path: Path, recorded: RecordedData) -> Iterator[None]:
    """Raise MissingPlugin, which names the plugin of a run, in place of the error about its component."""
    try:
        yield
    except SpecError:
        if hint := recorded.missing_component():
            raise MissingPlugin(f"{one_line(str(path), 1000)}: {hint}") from None
        raise


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


def names_server(path: str) -> bool:
    """Whether a path is a Windows network path: an untrusted run must not make Windows log in to a server."""
    return os.name == "nt" and path.replace("\\", "/").startswith("//")


def _ends_with(path: Path, name: str) -> bool:
    """Whether a path can be that of a name in a spec: it ends with its parts, leading ``..`` left out."""
    composed = unicodedata.normalize("NFC", name), unicodedata.normalize("NFC", str(path))
    named = [part for part in Path(os.path.normpath(composed[0])).parts if part not in {".", "..", "~"}]
    return not named or list(Path(composed[1]).parts[-len(named) :]) == named


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
