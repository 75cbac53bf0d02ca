"""A run's folder as one zip file that can be given away: without the absolute paths of this machine."""

import os
import stat
from io import BytesIO
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from nnlab.errors import RunError
from nnlab.records.formats import ENVIRONMENT_FILE, LOG_FILE, kind_of
from nnlab.records.lock import LOCK_FILE
from nnlab.records.reader import read_environment
from nnlab.records.trash import is_written
from nnlab.records.writing import as_json

_DATE = (1980, 1, 1, 0, 0, 0)  # so that one run always makes the same zip file


def packed_run(run: Path) -> bytes:
    """All files of a run, a cross-validation or a descent under the name of its folder, in a zip file.

    Links, hidden files and the lock are left out. In environment.json, entries that are absolute paths are left out;
    in log.txt, the user's home folder becomes ``~``. Raises RunError where there is no run, where a process writes it,
    or where a file cannot be read.
    """
    if not run.is_dir() or kind_of(run) is None:
        raise RunError(f"{run}: {'is not a' if run.exists() else 'no such'} run folder")
    if is_written(run):
        raise RunError(f"{run}: is being written; stop the process that does, or wait for it")
    packed, name = BytesIO(), run.resolve().name
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for path in _files(run):
            entry = ZipInfo(f"{name}/{path.relative_to(run).as_posix()}", _DATE)
            entry.compress_type, entry.external_attr = ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, _contents(path))
    return packed.getvalue()


def _files(run: Path) -> list[Path]:
    found = []
    for parent, folders, names in os.walk(run):
        folders[:] = [folder for folder in folders if not folder.startswith(".")]
        found += [Path(parent, name) for name in names if not name.startswith(".") and name != LOCK_FILE]
    return sorted(path for path in found if stat.S_ISREG(path.lstat().st_mode))


def _contents(path: Path) -> bytes:
    if path.name == ENVIRONMENT_FILE:
        return as_json(without_paths(dict(read_environment(path))))
    try:
        contents = path.read_bytes()
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror or error}") from None
    return contents.replace(os.fsencode(_home()), b"~") if path.name == LOG_FILE and _home() else contents


def _home() -> str:
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home raises where there is none
    return home if len(home) > 1 and _is_absolute(home) else ""


def without_paths(value: Any) -> Any:
    """A JSON value without the entries of objects and lists that are absolute paths."""
    if isinstance(value, dict):
        return {key: without_paths(entry) for key, entry in value.items() if not _is_absolute(entry)}
    if isinstance(value, list):
        return [without_paths(entry) for entry in value if not _is_absolute(entry)]
    return value


def _is_absolute(value: object) -> bool:
    return isinstance(value, str) and (PurePosixPath(value).is_absolute() or PureWindowsPath(value).is_absolute())
