"""Cross-validation: one run for each fold of the training samples."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from nnlab.errors import Diverged, Interrupted, RunError, UsageError
from nnlab.records.crossval_folder import CrossvalFolder
from nnlab.records.run_folder import RunFolder
from nnlab.spec.experiment import Experiment
from nnlab.train.run import Reporter, Silent, run_in
from nnlab.train.setup import prepare


@dataclass(frozen=True)
class CrossvalResult:
    """Where a cross-validation was written, and its summary: ``status`` is completed, or diverged if any fold was."""

    path: Path
    summary: dict[str, Any]


def cross_validate(
    experiment: Experiment, folds: int, runs: Path | str = "runs", reporter: Reporter | None = None
) -> CrossvalResult:
    """Train an experiment once for each fold, held out as its validation samples, and average what was measured.

    Each fold is a whole run in a folder of its own, and its spec repeats it. Every fold begins with the same weights.
    A fold that diverges does not keep the others from being trained. Raises UsageError or DataError before a folder
    is made when the experiment cannot start, Interrupted after a signal and RunError when a folder cannot be written;
    in the last two cases the folder holds what was done until then, with its status.
    """
    if folds < 2:
        raise UsageError(f"folds: must be at least 2, got {folds}")
    reporter = reporter or Silent()
    experiments = [fold_of(experiment, number, folds) for number in range(1, folds + 1)]
    prepare(experiments[0])  # the fold with the most samples held out, so that what it can do all can
    whole = fold_of(experiment, None, folds)
    folder = CrossvalFolder.create(Path(runs), whole.name, folds, whole.to_yaml(), whole.sha256())
    with _endings_recorded(folder):
        for number, fold in enumerate(experiments, start=1):
            reporter.say(f"fold {number} of {folds}")
            try:
                with suppress(Diverged):
                    run_in(partial(RunFolder.begin, folder.fold(number)), fold, reporter)
            finally:
                with suppress(RunError):  # it may have been stopped before it had a folder
                    folder.add(number)
    diverged = [run["folder"] for run in folder.summary["runs"] if run["status"] == "diverged"]
    if diverged:
        folder.finish("diverged", f"{len(diverged)} of {folds} folds diverged: {', '.join(diverged)}")
    else:
        folder.finish("completed")
    return CrossvalResult(folder.path, folder.summary)


def fold_of(experiment: Experiment, number: int | None, folds: int) -> Experiment:
    """The experiment with one fold held out (with None: yet to be chosen) in place of other validation samples."""
    return replace(experiment, data=replace(experiment.data, validation=0.0, fold=number, folds=folds))


@contextmanager
def _endings_recorded(folder: CrossvalFolder) -> Iterator[None]:
    """Whatever ends a cross-validation before its time, its folder says so."""
    try:
        yield
    except Interrupted as error:
        completed = sum(run["status"] == "completed" for run in folder.summary["runs"])
        message = f"stopped after {completed} of {folder.summary['folds']} folds"
        folder.finish("interrupted", message)
        raise Interrupted(error.exit_code - 128, f"{message}; everything is saved in {folder.path}") from error
    except Exception as error:
        with suppress(RunError):
            folder.finish("failed", str(error))
        raise
