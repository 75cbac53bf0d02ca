"""Clearing a run's folder of what follows the step that it is resumed from, and of what killed processes left."""

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from nnlab.errors import RunError
from nnlab.records.checkpoint import checkpoint_files
from nnlab.records.formats import TABLES, fold_folders, kind_of
from nnlab.storage.disk import make_folder, remove, remove_temporaries
from nnlab.storage.file_system import check_single_link, is_link
from nnlab.storage.layout import (
    CHECKPOINTS_FOLDER,
    DIAGNOSTICS_FILE,
    HISTOGRAMS_FILE,
    LOG_FILE,
    PLOTS_FOLDER,
    SNAPSHOTS_FOLDER,
    step_of,
)
from nnlab.storage.lock import LOCK_FILE, RunLock, is_being_written, is_lock


def check_own(path: Path) -> None:
    """Raise RunError where what a run writes, or clears away, would land somewhere else."""
    for place in (path / PLOTS_FOLDER, path / CHECKPOINTS_FOLDER, path / SNAPSHOTS_FOLDER):
        if is_link(place):
            raise RunError(f"{place}: is a link, but a run writes into its own folder only; put a folder in its place")
    for name in (LOCK_FILE, LOG_FILE, *TABLES):  # which are written in place
        check_single_link(path / name)


def clear_after(path: Path, step: int, tables: Collection[str], snapshots: Collection[int]) -> None:
    """Leave the checkpoints up to ``step`` and the snapshots of these steps, and no half-written file.

    Of the tables that only some runs have, those not among ``tables`` go too. Raises OSError.
    """
    for place in (path, path / PLOTS_FOLDER, path / CHECKPOINTS_FOLDER):
        make_folder(place, exist_ok=True)
        remove_temporaries(place)
    remove_temporaries(path / SNAPSHOTS_FOLDER)
    for file in checkpoint_files(path):
        if (step_of(file) or 0) > step:  # damaged or of no use, they would count among the newest
            remove(file)
    for file in (path / SNAPSHOTS_FOLDER).glob("step-*.safetensors"):
        if step_of(file) not in snapshots:
            remove(file)
    for name in {DIAGNOSTICS_FILE, HISTOGRAMS_FILE}.difference(tables):
        remove(path / name)


def clear_leftovers(path: Path) -> None:
    """Remove the temporary files and the lock that processes left in a run's folder, if they are gone.

    What a living process holds stays, and so does everything in a folder that cannot be written, that is a link, or
    that is not the folder of a run, a cross-validation or a descent.
    """
    with suppress(OSError):
        kind = kind_of(path)
        _clear_leftovers(path)
        for fold in fold_folders(path) if kind == "crossval" and not is_link(path) else ():
            _clear_leftovers(fold)


def _clear_leftovers(path: Path) -> None:
    with suppress(OSError, RunError):
        if is_link(path) or kind_of(path) is None or is_being_written(path):
            return
        if is_lock(path / LOCK_FILE):
            RunLock(path).release()  # which removes it; RunError where it is held
        remove_temporaries(path)
        for place in (path / PLOTS_FOLDER, path / CHECKPOINTS_FOLDER, path / SNAPSHOTS_FOLDER):
            if not is_link(place):
                remove_temporaries(place)
