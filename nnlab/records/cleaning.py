"""Removing later records from a run that is resumed, and the leftovers of killed processes."""

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from nnlab.core.rows import SPLITS
from nnlab.errors import RunError
from nnlab.records.checkpoint import checkpoint_files
from nnlab.records.formats import OPTIONAL_TABLES, TABLES, kind_of, runs_within
from nnlab.storage.disk import make_folder, remove, remove_temporaries
from nnlab.storage.file_system import check_single_link, is_link
from nnlab.storage.layout import (
    CHECKPOINTS_FOLDER,
    LOG_FILE,
    PLOTS_FOLDER,
    PLUGINS_FOLDER,
    SNAPSHOTS_FOLDER,
    TENSORBOARD_FOLDER,
    step_of,
)
from nnlab.storage.lock import LOCK_FILE, RunLock, is_being_written, is_lock


def _folders(path: Path) -> list[Path]:
    """The folders in that of a run, those of TensorBoard's events after the one that they are in."""
    names = (PLOTS_FOLDER, PLUGINS_FOLDER, CHECKPOINTS_FOLDER, SNAPSHOTS_FOLDER, TENSORBOARD_FOLDER)
    return [*(path / name for name in names), *(path / TENSORBOARD_FOLDER / split for split in SPLITS)]


def check_own(path: Path) -> None:
    """Raise RunError where a run would write or delete files outside its folder."""
    for place in _folders(path):
        if is_link(place):
            raise RunError(f"{place}: is a link, but a run writes only into its own folder; replace it with a folder")
    for name in (LOCK_FILE, LOG_FILE, *TABLES):  # written in place
        check_single_link(path / name)


def clear_after(path: Path, step: int, tables: Collection[str], snapshots: Collection[int]) -> None:
    """Keep the checkpoints up to ``step`` and the snapshots of these steps; remove later ones and temporary files.

    Optional tables not in ``tables`` are removed too. Raises OSError.
    """
    for place in (path, path / CHECKPOINTS_FOLDER):
        make_folder(place, exist_ok=True)
    for place in (path, *_folders(path)):
        remove_temporaries(place)
    for file in checkpoint_files(path):
        if (step_of(file) or 0) > step:  # even if damaged: they would count among the newest
            remove(file)
    for file in (path / SNAPSHOTS_FOLDER).glob("step-*.safetensors"):
        if step_of(file) not in snapshots:
            remove(file)
    for name in set(OPTIONAL_TABLES).difference(tables):
        remove(path / name)


def clear_leftovers(path: Path) -> None:
    """Remove the temporary files and the lock of ended processes from a run's folder.

    Nothing is removed while a process holds the folder, or where it is read-only, a link, or not a folder that nnlab
    made.
    """
    with suppress(OSError):
        _clear_leftovers(path)
        for run in () if is_link(path) else runs_within(path):
            _clear_leftovers(run)


def _clear_leftovers(path: Path) -> None:
    with suppress(OSError, RunError):
        if is_link(path) or kind_of(path) is None or is_being_written(path):
            return
        if is_lock(path / LOCK_FILE):
            RunLock(path).release()  # removes it; RunError where it is held
        remove_temporaries(path)
        for place in _folders(path):
            if not is_link(place):
                remove_temporaries(place)
