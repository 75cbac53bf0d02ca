"""Commands that take one run: which one to name in place of a folder of several."""

from pathlib import Path


def check_single(path: Path, command: str, verb: str) -> None:
    """Raise RunError where there is no folder, and for one of several runs, with the ``command`` for one of them.

    ``verb`` says what it does with a run, such as ``predict with``.
    """
    from nnlab.errors import RunError
    from nnlab.records.formats import kind_of
    from nnlab.records.sweep_summary import read_sweep_summary
    from nnlab.storage.layout import fold_folder, trial_folder
    from nnlab.text import one_line

    kind, shown = kind_of(path), one_line(str(path), 200)
    if kind is None and not path.exists():
        raise RunError(f"{shown}: no such run folder")
    if kind == "crossval":
        fold = path / fold_folder(1)
        raise RunError(f"{shown}: a cross-validation; {verb} one of its folds, such as nnlab {command} {fold}")
    if kind == "sweep":
        best = read_sweep_summary(path)["best"]
        which = "its best trial" if best else "one of its trials"
        trial = path / trial_folder(best["trial"] if best else 1)
        raise RunError(f"{shown}: a sweep; {verb} {which}: nnlab {command} {trial}")
