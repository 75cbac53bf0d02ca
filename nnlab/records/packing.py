"""A run folder as a zip file to share, without the paths of this computer."""

import os
import stat
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from nnlab.config.recorded_data import LOCATIONS
from nnlab.config.resolved_spec import spec_sha256
from nnlab.config.yaml_reader import MAX_BYTES, read_yaml
from nnlab.config.yaml_writer import dump_yaml
from nnlab.errors import RunError, UsageError
from nnlab.records.exportable import check_exportable
from nnlab.records.json_files import read_environment, read_json
from nnlab.storage.checked_files import check_file, reading
from nnlab.storage.folders import as_json
from nnlab.storage.layout import (
    ANNOTATIONS_FILE,
    CHECKPOINTS_FOLDER,
    ENVIRONMENT_FILE,
    LOG_FILE,
    SPEC_FILE,
    SUMMARY_FILE,
)
from nnlab.storage.lock import LOCK_FILE
from nnlab.storage.short_paths import ShortPaths, folder_of, last_name, leads_out
from nnlab.text import one_line

DATA_PATHS = ("path", "labels", "targets", "test_path", "test_labels", "test_targets")
"""The keys of ``data`` that name files or folders."""

_DATE = (1980, 1, 1, 0, 0, 0)  # a constant, so that a run always gives the same zip file


def packed_run(run: Path) -> bytes:
    """The files of a run, a cross-validation or a descent under the name of its folder, in a zip file.

    The copy can be read, plotted, used for prediction and repeated, but not resumed: checkpoints, which contain the
    original spec, are left out, and so are links, hidden files and the lock. In spec.yaml, a path of data that is
    absolute or leads upwards becomes the file's name, and the SHA-256 in summary.json follows. environment.json loses
    the location of the data. In both JSON files and log.txt, absolute paths are shortened to their last names; those
    with spaces only inside the folder of the run, of its data, the working or the home folder. Raises RunError where
    there is no run, where a process writes it, or where a file cannot be read.
    """
    check_exportable(run, "zip", "run", "crossval", "descent")
    packed, name = BytesIO(), run.resolve().name
    files = _files(run)
    short = ShortPaths(_known_folders(run, files))
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for path in files:
            entry = ZipInfo(f"{name}/{path.relative_to(run).as_posix()}", _DATE)
            entry.compress_type, entry.external_attr = ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, _contents(path, short))
    return packed.getvalue()


def shared_spec(path: Path) -> bytes:
    """The contents of a spec.yaml, with the paths of data outside the project shortened to their last names.

    Raises RunError.
    """
    if away := _away(spec := _spec(path)):
        return dump_yaml(_with_names(spec, away)).encode()
    with reading(path):
        return path.read_bytes()


def _files(run: Path) -> list[Path]:
    found = []
    for parent, folders, names in os.walk(run):
        folders[:] = [name for name in folders if not name.startswith(".") and name != CHECKPOINTS_FOLDER]
        found += [Path(parent, name) for name in names if not name.startswith(".") and name != LOCK_FILE]
    return sorted(path for path in found if stat.S_ISREG(path.lstat().st_mode))


def _known_folders(run: Path, files: list[Path]) -> Iterator[str]:
    """The folders that may occur in the records of a run."""
    for folder in (run.absolute(), run.resolve(), Path.cwd()):
        yield from (str(folder), str(folder.parent))
    for path in files:
        if path.name == ENVIRONMENT_FILE:
            places = read_environment(path).get(LOCATIONS)
            for place in places.values() if isinstance(places, dict) else ():
                if isinstance(place, dict) and isinstance(absolute := place.get("absolute"), str):
                    yield from (folder_of(absolute), folder_of(os.path.normpath(absolute)))
        elif path.name == SPEC_FILE:
            yield from map(folder_of, _data_paths(_spec(path)).values())


def _contents(path: Path, short: ShortPaths) -> bytes:
    if path.name == ENVIRONMENT_FILE:
        environment = read_environment(path)
        return as_json(short.value({key: value for key, value in environment.items() if key != LOCATIONS}))
    if path.name == ANNOTATIONS_FILE:
        return as_json(short.value(read_json(path)))
    if path.name == SUMMARY_FILE:
        return _summary(path, short)
    if path.name == SPEC_FILE:
        return shared_spec(path)
    with reading(path):
        contents = path.read_bytes()
    if path.name == LOG_FILE:
        return short.text(contents.decode(errors="surrogateescape")).encode(errors="surrogateescape")
    return contents


def _summary(path: Path, short: ShortPaths) -> bytes:
    summary = dict(read_environment(path))
    spec_file = path.with_name(SPEC_FILE)
    if spec_file.is_file():
        spec = _spec(spec_file)
        if summary.get("spec_sha256") == spec_sha256(spec):  # an edited spec must still be detected
            summary["spec_sha256"] = spec_sha256(_with_names(spec, _away(spec)))
    return as_json(short.value(summary))


def _spec(path: Path) -> dict[str, Any]:
    check_file(path, MAX_BYTES)
    try:
        spec = read_yaml(path).value
    except UsageError as error:
        raise RunError(one_line(str(error), 500)) from None
    return spec if isinstance(spec, dict) else {}


def _data_paths(spec: dict[str, Any]) -> dict[str, str]:
    data = spec.get("data")
    found = {key: data.get(key) for key in DATA_PATHS} if isinstance(data, dict) else {}
    return {key: path for key, path in found.items() if isinstance(path, str)}


def _away(spec: dict[str, Any]) -> dict[str, str]:
    """The data paths outside the project, shortened, by key."""
    return {key: last_name(path) for key, path in _data_paths(spec).items() if leads_out(path)}


def _with_names(spec: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {**spec, "data": {**spec["data"], **names}} if names else spec
