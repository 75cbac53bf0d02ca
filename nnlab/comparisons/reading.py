"""Reading the runs of a comparison: those of folders and sweeps, and what was left out and why."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from nnlab.comparisons.conditions import Facts, meeting, parse_conditions
from nnlab.comparisons.entries import measured
from nnlab.config.validation import flatten
from nnlab.errors import RunError
from nnlab.records.formats import (
    DAMAGED,
    FINISHED,
    FolderKind,
    distinct_folders,
    is_crossval_folder,
    is_sweep_folder,
    kind_of,
    trial_folders,
)
from nnlab.records.inventory import StoredRun
from nnlab.records.reader import RunRecord, read_recorded_spec, read_run
from nnlab.records.sweep_summary import read_sweep_summary
from nnlab.storage.layout import PLOTS_FOLDER, SPEC_FILE, SUMMARY_FILE


class Damaged(NamedTuple):
    """A run that could not be read, and the error with file and line."""

    path: Path
    message: str


class PassedOver(NamedTuple):
    """A descent or cross-validation among the runs, and the error of reading it as a run."""

    path: Path
    kind: FolderKind
    message: str


@dataclass(frozen=True)
class Readings:
    """The runs that were read, those that could not be, other folders among them, and unfinished trials of sweeps.

    ``goal`` is the column of the goal that all sweeps have, where only sweeps were named.
    """

    records: list[RunRecord]
    damaged: tuple[Damaged, ...]
    passed_over: tuple[PassedOver, ...]
    unfinished: tuple[Path, ...]
    goal: str | None


def read_runs(paths: Iterable[Path]) -> Readings:
    """Read runs and the finished trials of sweeps, each folder once.

    Files next to folds and trials are ignored. Raises RunError, with all reasons, where no run could be read.
    """
    records: list[RunRecord] = []
    damaged: list[Damaged] = []
    passed_over: list[PassedOver] = []
    given = [path for path in paths if not _is_beside_runs(path)]
    trials, unfinished = _trials_of(given)
    named = [run for path in given for run in trials.get(path, [path])]
    optional = {run for runs in trials.values() for run in runs} - set(given)
    for path in distinct_folders(named):
        try:
            record = read_run(path)
            if path in optional and record.summary["status"] not in FINISHED:
                unfinished.append(path)
                continue
            record.steps, record.tags  # noqa: B018  # reading is what finds damage
            records.append(record)
        except RunError as error:
            kind = kind_of(path) or "run"
            if kind == "run":
                damaged.append(Damaged(path, str(error)))
            else:
                passed_over.append(PassedOver(path, kind, str(error)))
    if not records:
        messages = [run.message for run in damaged] + [found.message for found in passed_over]
        messages += [f"{path}: is not finished" for path in unfinished]
        raise RunError("\n".join(messages) or "no run was named")
    return Readings(records, tuple(damaged), tuple(passed_over), tuple(unfinished), _common_goal(given))


def facts_of(run: RunRecord) -> Facts:
    """What conditions can ask of a run: its spec, its metrics and its status."""
    return Facts(flatten(run.spec), {"status": run.status, **measured(run)})


def selected(records: list[RunRecord], where: Iterable[str], tag: str | None) -> list[RunRecord]:
    """The runs that meet all conditions and have the tag; raises UsageError, and RunError where none does."""
    conditions = parse_conditions(where)
    if conditions:
        met = meeting([facts_of(run) for run in records], conditions)
        records = [run for run, meets in zip(records, met, strict=True) if meets]
    found = [run for run in records if tag is None or tag in run.tags]
    if not found:
        raise RunError("no run meets all conditions")
    return found


def stored_meeting(stored: Sequence[StoredRun], where: Iterable[str]) -> list[StoredRun]:
    """The entries of an inventory that meet all conditions; a sweep does where any of its trials does.

    Of a cross-validation, metrics are the means over its folds. What cannot be read meets no condition. Raises
    UsageError.
    """
    conditions = parse_conditions(where)
    if not conditions:
        return list(stored)
    known: dict[Path, Facts | None] = {}
    owned = [(entry, facts) for entry in stored for facts in _facts_of_stored(entry, known)]
    met = meeting([facts for _, facts in owned], conditions)
    chosen = {entry.path for (entry, _), meets in zip(owned, met, strict=True) if meets}
    return [entry for entry in stored if entry.path in chosen]


def _facts_of_stored(entry: StoredRun, known: dict[Path, Facts | None]) -> list[Facts]:
    if entry.status == DAMAGED:
        return []
    try:
        if entry.kind == "sweep":
            found = [_facts_of_run(path, known) for path in trial_folders(entry.path)]
        elif entry.kind == "run":
            found = [_facts_of_run(entry.path, known)]
        else:
            spec = read_recorded_spec(entry.path / SPEC_FILE)
            found = [Facts(flatten(spec), {**entry.metrics, "status": entry.status})]
    except (RunError, OSError):
        return []
    return [facts for facts in found if facts is not None]


def _facts_of_run(path: Path, known: dict[Path, Facts | None]) -> Facts | None:
    if path not in known:
        try:
            known[path] = facts_of(read_run(path))
        except RunError:
            known[path] = None
    return known[path]


def _trials_of(paths: Iterable[Path]) -> tuple[dict[Path, list[Path]], list[Path]]:
    """The trials of each sweep that have a summary, and those that have not begun."""
    begun: dict[Path, list[Path]] = {}
    waiting: list[Path] = []
    for path in paths:
        try:
            if not is_sweep_folder(path):
                continue
            trials = trial_folders(path)
        except (OSError, ValueError):  # reading it will say why
            continue
        if not trials:
            raise RunError(f"{path}: no trial of this sweep has begun")
        begun[path] = [trial for trial in trials if (trial / SUMMARY_FILE).exists()]
        waiting += [trial for trial in trials if not (trial / SUMMARY_FILE).exists()]
    return begun, waiting


def _common_goal(paths: Iterable[Path]) -> str | None:
    """The goal that all paths have, where they are sweeps."""
    try:
        goals = {json.dumps(read_sweep_summary(path)["goal"]) if is_sweep_folder(path) else "" for path in paths}
        goal = json.loads(goals.pop()) if len(goals) == 1 and goals != {""} else None
    except (RunError, OSError, ValueError):  # a damaged summary does not keep the trials from being compared
        return None
    return str(goal["column"]) if goal else None


def _is_beside_runs(path: Path) -> bool:
    """Whether a path is a file, or the folder of pictures, beside the folds of a cross-validation or trials."""
    try:
        return (path.is_file() or path.name == PLOTS_FOLDER) and bool(
            is_crossval_folder(path.parent) or is_sweep_folder(path.parent)
        )
    except (OSError, ValueError):  # reading it will say why
        return False
