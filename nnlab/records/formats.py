"""The columns of the tables in a run folder, the statuses of a run, and the kinds of folders."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from nnlab.storage.folder_names import parse_folder_name
from nnlab.storage.layout import (
    CONFUSION_FILE,
    DIAGNOSTICS_FILE,
    HISTOGRAMS_FILE,
    METRICS_FILE,
    PATH_FILE,
    SPEC_FILE,
    STEPS_FILE,
    SUMMARY_FILE,
    SWEEP_FILE,
    fold_folder,
    trial_number,
)
from nnlab.text import one_line

STEPS_COLUMNS = ("step", "loss")
DIAGNOSTICS_COLUMNS = (
    "step",
    "layer",
    "gradient_norm",
    "update_ratio",
    "activation_mean",
    "activation_std",
    "dead_share",
    "saturated_share",
)
STATISTICS = DIAGNOSTICS_COLUMNS[2:]
HISTOGRAMS_COLUMNS = ("step", "layer", "left", "right", "count")
HISTOGRAM_BINS = 40
# Tables that only some runs have.
OPTIONAL_TABLES = (DIAGNOSTICS_FILE, HISTOGRAMS_FILE, CONFUSION_FILE)
# Tables that a run appends to.
TABLES = (STEPS_FILE, METRICS_FILE, *OPTIONAL_TABLES)
STATUSES = ("running", "completed", "interrupted", "diverged", "failed")
# Statuses of a run that cannot be resumed.
FINISHED = ("completed", "diverged")
# The summary says running, but the process has ended.
CRASHED = "crashed"
# The run cannot be read.
DAMAGED = "damaged"
ALL_STATUSES = (*STATUSES, CRASHED, DAMAGED)

# Statuses of a trial in trials.csv: stopped is one that its search ended early, waiting one that has not begun.
TRIAL_STATUSES = ("completed", "diverged", "failed", "interrupted", "stopped", "waiting")
# Statuses of a trial that its sweep is done with.
ENDED_TRIALS = ("completed", "diverged", "failed", "stopped")

FolderKind = Literal["run", "crossval", "descent", "sweep"]


def csv_line(values: "list[float | None]") -> str:
    """One line of a CSV file; each number in the shortest form that reads back equal.

    None (such as a test metric without a test set) becomes an empty cell.
    """
    return ",".join(["" if value is None else repr(value) for value in values]) + "\n"


def text_cell(text: str) -> str:
    """A text for a CSV cell, with an apostrophe before it where a spreadsheet would read a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def quoted_cell(text: str) -> str:
    """A text for a CSV cell on one line, between double quotes where CSV needs them."""
    cell = text_cell(one_line(text, 200))
    return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in ',"') else cell


def path_columns(variables: int) -> list[str]:
    """The columns of the path.csv of a descent."""
    return ["optimizer", "step", *(f"x{index}" for index in range(variables)), "value", "gradient_norm"]


def is_run_folder(path: Path) -> bool:
    """Whether a path looks like a run folder."""
    return (path / SPEC_FILE).is_file() or (path / SUMMARY_FILE).is_file()


def is_descent_folder(path: Path) -> bool:
    """Whether a path looks like the folder of a descent."""
    return (path / PATH_FILE).is_file()


def fold_folders(path: Path) -> list[Path]:
    """The run folders in the folder of a cross-validation."""
    return [fold for fold in path.glob(fold_folder(0).replace("0", "*")) if is_fold_folder(fold)]


def is_crossval_folder(path: Path) -> bool:
    """Whether a path looks like the folder of a cross-validation."""
    return (path / fold_folder(1)).is_dir()


def is_fold_name(name: str) -> bool:
    """Whether a folder of this name, in that of a cross-validation, is one of its folds."""
    return re.fullmatch(r"fold-[1-9][0-9]*", name) is not None


def is_fold_folder(path: Path) -> bool:
    """Whether a path looks like the run folder of one fold of a cross-validation."""
    return is_fold_name(path.name) and is_crossval_folder(path.parent)


def is_sweep_folder(path: Path) -> bool:
    """Whether a path looks like the folder of a sweep: not every folder in which a user keeps a sweep.yaml is one."""
    return (path / SWEEP_FILE).is_file() and (
        (path / SUMMARY_FILE).is_file() or parse_folder_name(path.name) is not None
    )


def is_trial_folder(path: Path) -> bool:
    """Whether a path looks like the run folder of one trial of a sweep."""
    return trial_number(path.name) is not None and is_sweep_folder(path.parent)


def trial_folders(path: Path) -> list[Path]:
    """The run folders in the folder of a sweep, by number; raises OSError."""
    with os.scandir(path) as entries:
        numbers = {entry.name: trial_number(entry.name) for entry in entries}
    return [path / name for name in sorted(filter(numbers.get, numbers), key=lambda name: numbers[name] or 0)]


def runs_within(path: Path) -> list[Path]:
    """The run folders in the folder of a cross-validation or a sweep; none in another folder. Raises OSError."""
    if is_crossval_folder(path):
        return fold_folders(path)
    return trial_folders(path) if is_sweep_folder(path) else []


def kind_of(path: Path) -> FolderKind | None:
    """The kind of a folder; None where nnlab did not make it.

    An empty folder of a run is recognised by its name, a renamed one by its spec and summary. An unreadable folder
    counts as a run, whose reader reports the error.
    """
    try:
        if not path.is_dir():
            return None
        if is_crossval_folder(path):
            return "crossval"
        if is_descent_folder(path):
            return "descent"
        if is_sweep_folder(path):
            return "sweep"
        has_both = (path / SPEC_FILE).is_file() and (path / SUMMARY_FILE).is_file()
    except OSError:
        return "run"
    return "run" if has_both or parse_folder_name(path.name) else None


def distinct_folders(paths: Iterable[Path]) -> list[Path]:
    """The paths without duplicates of the same folder."""
    found: dict[Path, Path] = {}
    for path in paths:
        try:
            found.setdefault(path.resolve(), path)
        except (OSError, ValueError, RuntimeError):  # cannot be resolved; its reader reports why
            found.setdefault(path, path)
    return list(found.values())
