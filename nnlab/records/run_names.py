"""Short names of runs: ``last``, the experiment's name, six hex digits, or the start or end of the folder's name."""

import os
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path

from nnlab.config.bundled import bundled_config, is_bundled, spec_path
from nnlab.errors import RunError, reported_as
from nnlab.records.formats import FolderKind, is_fold_name, kind_of
from nnlab.storage.folder_names import folder_time, parse_folder_name, plain_name
from nnlab.storage.layout import SPEC_FILE, SWEEP_FILE, trial_number
from nnlab.text import one_line

LAST = "last"
MOST_NAMED = 10
SHORTEST_PART = 4
_SPECS = (SPEC_FILE, SWEEP_FILE)

NOUNS: dict[FolderKind, str] = {"run": "run", "crossval": "cross-validation", "descent": "descent", "sweep": "sweep"}


def find_run(name: str, runs: Path, *only: FolderKind) -> Path:
    """The path of a run: ``last`` is the newest in ``runs`` (of these kinds only), a path that exists is itself.

    Any other name is looked up in ``runs``: the whole name of a folder; else the 6 hex digits at its end; else the
    experiment's name; else the start or end of its name. ``NAME/trial-007`` and ``NAME/fold-2`` are in the sweep and
    the cross-validation with this name. A name without a match is returned as a path, whose reader reports what is
    missing. Raises RunError where several runs match, with their names, and for ``last`` without any run.
    """
    kinds = only or tuple(NOUNS)
    if name == LAST:
        *first, other = (NOUNS[kind] for kind in kinds)
        noun = f"{', '.join(first)} or {other}" if first else other
        return newest(runs, lambda path: kind_of(path) in kinds, noun)
    path = Path(name)
    if name in {"", ".", ".."} or os.path.lexists(path):
        return path
    if path.name != name:
        whole = _whole_of(path)
        return find_run(str(path.parent), runs, whole) / path.name if whole else path
    found = _matching(name, runs, kinds)
    if len(found) > 1:
        listed = "".join(f"\n  {one_line(match.name, 200)}" for match in found[-MOST_NAMED:])
        more = f"\n  ... and {len(found) - MOST_NAMED} older" if len(found) > MOST_NAMED else ""
        raise RunError(
            f"{one_line(name, 200)}: {len(found)} runs in {runs} match; use a longer part of the name:{listed}{more}"
        )
    if not found and len(others := _matching(name, runs, tuple(NOUNS))) == 1:
        return others[0]  # its reader says that it is of another kind
    return found[0] if found else path


def find_run_or_spec(name: str, runs: Path, *only: FolderKind) -> Path:
    """As :func:`find_run`, for a command that takes specs too: a bundled config is found where no run has its name.

    Where several runs have it, the RunError names the path of the config.
    """
    try:
        return spec_path(find_run(name, runs, *only))
    except RunError as error:
        if name == LAST or not is_bundled(name):
            raise
        raise RunError(f"{error}\nthe bundled config of this name is {bundled_config(name)}") from None


def _whole_of(part: Path) -> FolderKind | None:
    """The kind of folder that ``NAME/trial-007`` or ``NAME/fold-2`` is in; None for other paths."""
    if len(part.parts) != 2:
        return None
    return "sweep" if trial_number(part.name) else "crossval" if is_fold_name(part.name) else None


def newest(runs: Path, wanted: Callable[[Path], bool], noun: str = "run") -> Path:
    """The newest of the ``wanted`` runs in a folder; raises RunError when there is none."""
    if not os.path.lexists(runs):
        raise RunError(f"{runs}: no such folder, so there is no {noun} yet; --runs DIR names another one")
    with reported_as(RunError, f"{runs}: cannot be read"):
        found = [path for path in runs.iterdir() if _is_readable(path) and wanted(path)]
    if not found:
        raise RunError(f"{runs}: contains no {noun}")
    return max(found, key=_began)


def _matching(name: str, runs: Path, kinds: Collection[FolderKind]) -> list[Path]:
    """The folders found by the most exact rule that matches any, sorted by name."""
    try:
        folders = sorted(path for path in runs.iterdir() if not path.name.startswith("."))
    except OSError:
        return []
    for fits in (_is_folder_name, _is_identifier, _is_experiment, _is_part):
        if found := [path for path in folders if fits(name, path.name) and kind_of(path) in kinds]:
            return found
    return []


def _is_folder_name(name: str, folder: str) -> bool:
    return name == folder


def _is_identifier(name: str, folder: str) -> bool:
    parts = parse_folder_name(folder)
    return parts is not None and parts.identifier == name.lower()


def _is_experiment(name: str, folder: str) -> bool:
    plain, parts = plain_name(name), parse_folder_name(folder)
    if plain == plain_name("") != name:  # a name without letters and digits
        return False
    return parts is not None and parts.name in {plain, f"{plain}-crossval", f"{plain}-sweep"}


def _is_part(name: str, folder: str) -> bool:
    return len(name) >= SHORTEST_PART and (folder.startswith(name) or folder.endswith(name))


def _is_readable(path: Path) -> bool:
    try:
        return any((path / name).is_file() for name in _SPECS)
    except OSError:
        return False


def _began(path: Path) -> tuple[str, int]:
    """The start time of a run from its folder's name, or from its spec file if it was renamed."""
    spec = next(spec for name in _SPECS if (spec := path / name).is_file())
    written = spec.stat().st_mtime_ns
    parts = parse_folder_name(path.name)
    return (parts.time if parts else folder_time(datetime.fromtimestamp(written / 1e9, UTC))), written
