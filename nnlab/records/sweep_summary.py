"""summary.json of a sweep: how it begins, and how it is checked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, Le

from nnlab.config.type_checks import check
from nnlab.core.rows import MOST_TRIALS
from nnlab.records.formats import TRIAL_STATUSES
from nnlab.records.json_files import read_status
from nnlab.storage.checked_files import damaged
from nnlab.storage.layout import SUMMARY_FILE
from nnlab.text import quote

MAX_SWEEP_SUMMARY_BYTES = 2**26  # statistics have a few hundred bytes for each point
_SUMMARY_TYPES: Mapping[str, Any] = {
    "trials": Annotated[int, Ge(0), Le(MOST_TRIALS)],
    "keys": list[str],
    "counts": dict[str, Annotated[int, Ge(0), Le(MOST_TRIALS)]],
    "message": str,
    "sweep_sha256": str,
    "search": str,
}
_GOAL_TYPES: Mapping[str, Any] = {"column": str, "maximize": bool}
_BEST_TYPES: Mapping[str, Any] = {
    "trial": Annotated[int, Ge(1), Le(MOST_TRIALS)],
    "settings": dict[str, Any],
    "value": float,
    "n": Annotated[int, Ge(1), Le(MOST_TRIALS)],
}


def new_summary(sha256: str) -> dict[str, Any]:
    """The summary of a sweep that has just begun."""
    return {
        "status": "running",
        "trials": 0,
        "counts": {},
        "goal": None,
        "best": None,
        "statistics": None,
        "message": "",
        "sweep_sha256": sha256,
        "search": "",
    }


def read_sweep_summary(folder: Path) -> Mapping[str, Any]:
    """The summary of a sweep, checked to have every key with its type; raises RunError."""
    path = folder / SUMMARY_FILE
    summary = {"goal": None, "best": None, "statistics": None, **read_status(path, MAX_SWEEP_SUMMARY_BYTES)}
    _check(path, "", _SUMMARY_TYPES, summary)
    for key, types in (("goal", _GOAL_TYPES), ("best", _BEST_TYPES), ("statistics", {})):
        if summary[key] is not None:
            if not isinstance(summary[key], dict):
                damaged(path, f"{key}: must be an object or null, got {quote(summary[key])}")
            _check(path, f"{key}.", types, summary[key])
    if unknown := [status for status in summary["counts"] if status not in TRIAL_STATUSES]:
        damaged(path, f"counts: must be one of {', '.join(TRIAL_STATUSES)}, got {quote(unknown[0])}")
    if sum(summary["counts"].values()) > summary["trials"]:
        damaged(path, f"counts: more than the {summary['trials']} trials of the sweep")
    return summary


def _check(path: Path, where: str, types: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    for key, annotation in types.items():
        wrong = check(annotation, values.get(key))[1]
        if wrong:
            damaged(path, f"{where}{key}: {wrong[0][1]}")
