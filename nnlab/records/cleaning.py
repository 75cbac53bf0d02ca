"""Clearing a run's folder: of what came after the step that it goes on from, and of what killed processes left."""

import os
import re
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from nnlab.core.processes import is_alive
from nnlab.errors import RunError
from nnlab.records.checkpoint import checkpoint_files
from nnlab.records.disk import TEMPORARY, make_folder, remove, remove_temporaries
from nnlab.records.file_system import check_single_link, is_link
from nnlab.records.formats import (
    CHECKPOINTS_FOLDER,
    DIAGNOSTICS_FILE,
    HISTOGRAMS_FILE,
    LOG_FILE,
    PLOTS_FOLDER,
    SNAPSHOTS_FOLDER,
    TABLES,
    fold_folders,
    is_crossval_folder,
    step_of,
)
from nnlab.records.lock import LOCK_FILE, RunLock, is_being_written


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

    What a living process holds stays, and so does everything in a folder that cannot be written.
    """
    with suppress(OSError):
        for folder in (path, *(fold_folders(path) if is_crossval_folder(path) else ())):
            with suppress(OSError, RunError):
                _clear_leftovers(folder)


def _clear_leftovers(path: Path) -> None:
    if is_being_written(path):
        return
    if os.path.lexists(path / LOCK_FILE):
        RunLock(path).release()  # which removes it; RunError where it is held
    for place in (path, path / PLOTS_FOLDER, path / CHECKPOINTS_FOLDER, path / SNAPSHOTS_FOLDER):
        if place == path or not is_link(place):
            for file in place.glob(f".*{TEMPORARY}"):
                if not _is_in_use(file):
                    remove(file)


def _is_in_use(temporary: Path) -> bool:
    """Whether the process whose number is in the name of a temporary file lives."""
    found = re.match(r"\.([0-9a-f]{1,8})-", temporary.name)  # those of version 0.1.0 have no such number
    return found is not None and is_alive(int(found[1], 16))
