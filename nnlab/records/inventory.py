"""The runs, cross-validations, descents and sweeps in a folder, each with status, progress, final metrics and size."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Any

from nnlab.errors import RunError, reason_of
from nnlab.records.annotations import Annotations, read_annotations
from nnlab.records.crossval_folder import read_crossval_summary
from nnlab.records.drawing import lacks_pictures
from nnlab.records.formats import (
    CRASHED,
    DAMAGED,
    ENDED_TRIALS,
    FINISHED,
    FolderKind,
    is_fold_folder,
    is_trial_folder,
    kind_of,
    runs_within,
)
from nnlab.records.json_files import read_status, read_summary
from nnlab.records.reader import read_run
from nnlab.records.sweep_summary import read_sweep_summary
from nnlab.records.trash import is_written
from nnlab.storage.layout import SUMMARY_FILE


@dataclass(frozen=True)
class StoredRun:
    """One run, cross-validation, descent or sweep in a folder of runs.

    ``metrics`` are the final ones (of a cross-validation the means, of a sweep the best goal), if any; ``message`` is
    the error of a damaged run, or reports missing pictures.
    """

    path: Path
    kind: FolderKind
    status: str
    progress: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    message: str = ""
    annotations: Annotations = field(default_factory=Annotations)

    @property
    def name(self) -> str:
        """The name of its folder; ``SWEEP/trial-007`` for a trial, ``CROSSVAL/fold-2`` for a fold."""
        return f"{self.path.parent.name}/{self.path.name}" if self.inside else self.path.name

    @cached_property
    def inside(self) -> bool:
        """Whether it is a fold or a trial."""
        return is_fold_folder(self.path) or is_trial_folder(self.path)

    @property
    def bytes(self) -> int:
        """The size of all files in it."""
        return bytes_of(self.path)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "path": str(self.path),
            "kind": self.kind,
            "status": self.status,
            "progress": self.progress,
            "metrics": dict(self.metrics),
            "bytes": self.bytes,
            "message": self.message,
            "tags": list(self.annotations.tags),
            "note": self.annotations.note,
        }


def inventory(runs: Path, *, missing_ok: bool = False, inside: bool = False) -> list[StoredRun]:
    """The contents of a folder of runs, sorted by name, which begins with the time; raises RunError.

    With ``inside``, each cross-validation and sweep is followed by its folds or trials.
    """
    try:
        paths = sorted(path for path in runs.iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        if missing_ok:
            return []
        raise RunError(f"{runs}: no such folder") from None
    except OSError as error:
        raise RunError(f"{runs}: cannot be read: {reason_of(error)}") from None
    found: list[StoredRun] = []
    for path in paths:
        if kind := kind_of(path):
            found.append(stored_run(path, kind))
            found += [stored_run(run, "run") for run in (_within(path) if inside else ())]
    return found


def _within(path: Path) -> list[Path]:
    try:
        return runs_within(path)
    except OSError:  # the entry of the whole says that it cannot be read
        return []


def stored_run(path: Path, kind: FolderKind) -> StoredRun:
    """The entry of a folder; a damaged or unreadable one is reported in it, not raised."""
    entry = _stored_run(path, kind)
    try:
        return replace(entry, annotations=read_annotations(path))
    except RunError as error:
        return replace(entry, message=entry.message or str(error))


def _stored_run(path: Path, kind: FolderKind) -> StoredRun:
    try:
        written = is_written(path)
        if not (path / SUMMARY_FILE).exists():
            return StoredRun(path, kind, "running" if written else CRASHED, "not begun")
        found = _READERS[kind](path)
    except RunError as error:
        return StoredRun(path, kind, DAMAGED, message=str(error))
    except OSError as error:
        return StoredRun(path, kind, DAMAGED, message=f"{path}: cannot be read: {reason_of(error)}")
    status, progress, metrics = found
    status = CRASHED if status == "running" and not written else status
    finite = {key: float(value) for key, value in metrics.items() if _is_number(value)}
    drawn = status in (*FINISHED, "interrupted") and not written and not is_trial_folder(path)
    missing = drawn and lacks_pictures(path, kind)
    message = f"{path}: pictures are missing; nnlab plot {path} draws them" if missing else ""
    return StoredRun(path, kind, status, progress, finite, message)


def _run(path: Path) -> tuple[str, str, Mapping[str, Any]]:
    summary = read_summary(path / SUMMARY_FILE)
    steps, final = summary["steps"], summary["final"]
    if summary["status"] == "running":  # until a run ends, its summary is not final
        final = read_run(path).final
        steps = int(final["step"] or 0) if final else 0
    return summary["status"], f"{steps:,} step{'s' * (steps != 1)}", final or {}


def _crossval(path: Path) -> tuple[str, str, Mapping[str, Any]]:
    summary = read_crossval_summary(path)
    runs, metrics = summary.get("runs"), summary.get("metrics")
    done = len(runs) if isinstance(runs, list) else 0
    means = metrics.items() if isinstance(metrics, dict) else ()
    return (
        summary["status"],
        f"{done} of {summary['folds']} folds",
        {key: value.get("mean") for key, value in means if isinstance(value, dict)},
    )


def _descent(path: Path) -> tuple[str, str, Mapping[str, Any]]:
    summary = read_status(path / SUMMARY_FILE)
    paths = summary.get("paths")
    count = len(paths) if isinstance(paths, list) else 0
    return summary["status"], f"{count} path{'s' * (count != 1)}", {}


def _sweep(path: Path) -> tuple[str, str, Mapping[str, Any]]:
    summary = read_sweep_summary(path)
    done = sum(summary["counts"].get(status, 0) for status in ENDED_TRIALS)
    best = {summary["goal"]["column"]: summary["best"]["value"]} if summary["goal"] and summary["best"] else {}
    return summary["status"], f"{done:,} of {summary['trials']:,} trials", best


_READERS: Mapping[FolderKind, Callable[[Path], tuple[str, str, Mapping[str, Any]]]] = {
    "run": _run,
    "crossval": _crossval,
    "descent": _descent,
    "sweep": _sweep,
}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def bytes_of(folder: Path) -> int:
    """The size of all files in a folder."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118 - os.walk gives texts
            except OSError:  # deleted meanwhile
                continue
    return total
