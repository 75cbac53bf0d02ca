"""Which folders can be exported."""

from pathlib import Path

from nnlab.errors import RunError
from nnlab.records.formats import FolderKind, kind_of
from nnlab.records.run_names import NOUNS
from nnlab.records.trash import is_written
from nnlab.storage.layout import fold_folder, trial_folder

_PARTS = {"sweep": ("trials", trial_folder(1)), "crossval": ("folds", fold_folder(1))}


def check_exportable(run: Path, target: str, *kinds: FolderKind) -> None:
    """Raise RunError where there is no run, where it is of another kind, or where a process writes it."""
    kind = kind_of(run) if run.is_dir() else None
    if kind is None:
        raise RunError(f"{run}: {'is not a' if run.exists() else 'no such'} run folder")
    if kind not in kinds:
        if kind not in _PARTS:
            raise RunError(f"{run}: is a {NOUNS[kind]}, which cannot be exported with --to {target}")
        parts, first = _PARTS[kind]
        example = f"nnlab export {run / first} --to {target}"
        raise RunError(f"{run}: a {NOUNS[kind]}; export one of its {parts}, such as {example}")
    if is_written(run):
        raise RunError(f"{run}: is being written; stop its process or wait for it")
