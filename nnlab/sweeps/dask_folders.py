"""Run folders on their way between machines: as files in memory, and put in place by one rename."""

import os
import re
import secrets
import shutil
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from nnlab.core.memory import readable_bytes
from nnlab.errors import RunError, reported_as
from nnlab.storage import disk
from nnlab.storage.checked_files import parsed_json
from nnlab.storage.file_system import BINARY
from nnlab.storage.folders import as_json
from nnlab.storage.layout import ENVIRONMENT_FILE
from nnlab.storage.lock import LOCK_FILE
from nnlab.text import quote

Files = Mapping[str, bytes]
"""The files of a run folder: contents by path, relative to the folder and with ``/``."""

DRIFT = "drift"
LARGEST = 4 << 30
MOST_FILES = 10_000
ARRIVING, REPLACED = ".arriving", ".replaced"
_PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"
_NAME = re.compile(rf"{_PART}(/{_PART}){{0,2}}")
_LEFTOVER = re.compile(rf"\.(?P<trial>{_PART})-[0-9a-f]{{6}}(?P<kind>{ARRIVING}|{REPLACED})")


def files_of(folder: Path) -> dict[str, bytes]:
    """The files of a run folder without its lock, hidden files and links; none where there is no folder.

    Raises RunError where a file cannot be read or where they are larger than ``LARGEST``.
    """
    found: dict[str, bytes] = {}
    size = 0
    with reported_as(RunError, f"{folder}: cannot be read"):
        for parent, folders, names in os.walk(folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                path = Path(parent, name)
                if name.startswith(".") or name == LOCK_FILE or not stat.S_ISREG(path.lstat().st_mode):
                    continue
                size += path.stat().st_size
                _check_size(folder, size)
                found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def write_files(files: Files, folder: Path) -> None:
    """Write files into a new folder and force them to the disk.

    Raises RunError where a name leads out of the folder or is no file name of a run, or where they are too many or
    larger than ``LARGEST``; nothing is written then.
    """
    if len(files) > MOST_FILES:
        raise RunError(f"{folder}: {len(files)} files are more than the {MOST_FILES} of a run folder")
    _check_size(folder, sum(map(len, files.values())))
    if wrong := [name for name in files if not _NAME.fullmatch(name)]:
        raise RunError(f"{folder}: {quote(wrong[0])} is not the name of a file in a run folder")
    with reported_as(RunError, f"{folder}: cannot be written"):
        disk.make_folder(folder)
        for name, contents in files.items():
            _write(folder / name, contents)
        for path in {folder, *((folder / name).parent for name in files)}:
            disk.sync_folder(path)


def place(files: Files, folder: Path) -> None:
    """Make files the run folder ``folder``: written beside it first, then renamed.

    The folder has its old or its new contents at any moment, or, where an old one is replaced, none for an instant,
    after which a crash leaves the old one to :func:`clear_arrivals`.
    """
    beside = f".{folder.name}-{secrets.token_hex(3)}"
    arriving, replaced = folder.with_name(beside + ARRIVING), folder.with_name(beside + REPLACED)
    try:
        write_files(files, arriving)
        with reported_as(RunError, f"{folder}: cannot be written"):
            if folder.exists():
                disk.attempt_patiently(os.rename, folder, replaced)
            disk.attempt_patiently(os.rename, arriving, folder)
            disk.sync_folder(folder.parent)
    finally:
        shutil.rmtree(arriving, ignore_errors=True)
        if folder.exists():
            shutil.rmtree(replaced, ignore_errors=True)


def clear_arrivals(folder: Path) -> None:
    """Remove what a killed process left of :func:`place`; an old run folder without its new one returns."""
    for path in list(folder.parent.glob(f".{folder.name}-*")):
        leftover = _LEFTOVER.fullmatch(path.name)
        if leftover and leftover["trial"] == folder.name:
            if leftover["kind"] == REPLACED and not folder.exists():
                with reported_as(RunError, f"{folder}: cannot be written"):
                    disk.attempt_patiently(os.rename, path, folder)
            else:
                shutil.rmtree(path, ignore_errors=True)


def with_environment(files: Files, changes: Mapping[str, object], drift: Sequence[str] = ()) -> Files:
    """The files with changes in environment.json, where it is whole, and with more drift."""
    try:
        environment = parsed_json(files.get(ENVIRONMENT_FILE, b""))
    except ValueError:  # reported where the environment is needed
        return files
    if not isinstance(environment, dict):
        return files
    environment |= changes
    if drift:
        known = environment.get(DRIFT)
        environment[DRIFT] = list(dict.fromkeys([*(known if isinstance(known, list) else ()), *drift]))
    return {**files, ENVIRONMENT_FILE: as_json(environment)}


def _check_size(folder: Path, size: int) -> None:
    if size > LARGEST:
        raise RunError(f"{folder}: is larger than {readable_bytes(LARGEST)}, more than a cluster can be sent")


def _write(path: Path, contents: bytes) -> None:
    disk.make_folder(path.parent, exist_ok=True)
    handle = disk.attempt(os.open, path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, 0o666)
    try:
        disk.write_all(handle, contents)
        disk.sync(handle, path.parent)
    finally:
        disk.attempt(os.close, handle)
