"""Cross-validation: one run for each fold of the training samples."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nnlab.comparisons.cells import column_words, shown_number
from nnlab.comparisons.fold_table import fold_headings, fold_rows, mean_rows
from nnlab.config.experiment import Experiment
from nnlab.config.loading import Spec, as_experiment, load_experiment
from nnlab.config.overrides import Overrides
from nnlab.core.rows import REPORTING_SPLITS
from nnlab.core.statistics import MeanStd
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import Diverged, Interrupted, RunError, UsageError, reported_as
from nnlab.html import block, line, table
from nnlab.language import tr
from nnlab.records.crossval_folder import CrossvalFolder, read_crossval, read_crossval_summary
from nnlab.records.environment import drift
from nnlab.records.formats import FINISHED, fold_folders, is_crossval_folder
from nnlab.records.json_files import read_environment, read_summary
from nnlab.records.reader import read_recorded_spec
from nnlab.records.run_folder import RunFolder
from nnlab.storage.layout import ENVIRONMENT_FILE, SPEC_FILE, SUMMARY_FILE, fold_folder
from nnlab.text import one_line
from nnlab.train.drift import changed_keys, listed, refusal
from nnlab.train.progress import Progress, check_progress, reporting
from nnlab.train.reporting import Reporter, Silent
from nnlab.train.resume import resume
from nnlab.train.run import environment_of, one_blas_thread, train_and_record
from nnlab.train.tensorboard import check_tensorboard


@dataclass(frozen=True, repr=False)
class CrossvalResult:
    """Where a cross-validation was written, the experiment's name, and its summary.

    Its ``status`` is completed, or diverged if any fold was.
    """

    path: Path
    name: str
    summary: dict[str, Any]

    def __repr__(self) -> str:
        metrics = self.summary["metrics"]
        column = next((found for split in REPORTING_SPLITS for found in metrics if found.startswith(f"{split}_")), None)
        parts = [f"{self.summary['folds']} folds"]
        if column is not None:
            spread = MeanStd(**metrics[column])
            std = "" if spread.std is None else f" ± {shown_number(column, spread.std)}"
            parts.append(f"{column_words(column)} {shown_number(column, spread.mean)}{std}")
        return f"Cross-validation {one_line(self.name, 100)}: {', '.join([*parts, self.status])}"

    def _repr_html_(self) -> str:
        """Its folds, their mean and standard deviation."""
        headings, rows = fold_headings(self.summary), [*fold_rows(self.summary), *mean_rows(self.summary)]
        measured = table(headings, rows, numbers=range(1, len(headings) - 1))
        return block(line(repr(self)), measured, line(self.path, small=True))

    @property
    def status(self) -> str:
        """How it ended."""
        return str(self.summary["status"])


def cross_validate(
    spec: Spec,
    folds: int,
    runs: Path | str = "runs",
    reporter: Reporter | None = None,
    *,
    overrides: Overrides = (),
    progress: Progress = "auto",
) -> CrossvalResult:
    """Train an experiment once for each fold, held out as validation samples, and average the metrics.

    ``spec`` and ``overrides`` describe it, and ``progress`` is shown, as in :func:`nnlab.run`.

    Each fold is a whole run in a folder of its own, and its spec repeats it. Every fold has the same initial weights.
    A fold that diverges does not keep the others from being trained. Raises UsageError or DataError before a folder
    is made when the experiment cannot start, Interrupted after a signal and RunError when a folder cannot be written;
    in the last two cases the folder holds what was done until then, with its status.
    """
    if folds < 2:
        raise UsageError(f"folds: must be at least 2, got {folds}")
    check_progress(progress)
    experiment = as_experiment(spec, overrides)
    check_tensorboard(experiment)
    RunSetup(fold_of(experiment, 1, folds))  # the fold with the fewest training samples: if it can be trained, all can
    experiments = [fold_of(experiment, number, folds) for number in range(1, folds + 1)]
    whole = fold_of(experiment, None, folds)
    folder = CrossvalFolder.create(Path(runs), whole.name, folds, whole.to_yaml(), whole.sha256())
    with reporting(progress, reporter) as shown:
        return _train_folds(folder, experiments, shown)


def resume_cross_validation(
    path: Path, reporter: Reporter | None = None, *, allow_drift: bool = False
) -> CrossvalResult:
    """Resume an interrupted cross-validation: finished folds stay, the others are resumed or trained.

    A finished one is left alone. Raises RunError when the folder is locked or holds no cross-validation, or when spec,
    data, NumPy or BLAS changed, unless ``allow_drift`` says to continue.
    """
    reporter = reporter or Silent()
    if not is_crossval_folder(path):
        raise RunError(f"{path}: is not the folder of a cross-validation, so there is nothing to resume")
    summary = read_crossval_summary(path)
    folds = summary["folds"]
    with reported_as(RunError, catch=UsageError):
        experiment = load_experiment(path / SPEC_FILE, ["data.fold=1"])
    whole = fold_of(experiment, None, folds)
    if experiment.data.folds != folds or whole.sha256() != summary["spec_sha256"]:
        differences = "".join(f"\n  {line}" for line in _changed_spec(path, experiment))
        raise RunError(
            f"{path / SPEC_FILE}: is not the spec of this cross-validation, so its folds would differ{differences}"
        )
    if summary["status"] in FINISHED:
        reporter.say(f"{path}: is {summary['status']}, so there is nothing left to do")
        return CrossvalResult(path, experiment.name, read_crossval(path))
    if linked := [fold for fold in fold_folders(path) if fold.is_symlink()]:
        raise RunError(f"{linked[0]}: is a link, but a cross-validation writes into its own folder only")
    before, changed = _changed(path, experiment)
    if changed and not allow_drift:
        raise RunError(refusal(path, changed))
    experiments = [fold_of(experiment, number, folds) for number in range(1, folds + 1)]
    folder = CrossvalFolder(path, folds, whole.to_yaml(), whole.sha256())
    return _train_folds(folder, experiments, reporter, [*before, *changed], allow_drift=allow_drift)


def _changed(path: Path, first: Experiment) -> tuple[list[str], list[str]]:
    """What had changed since the first fold started when it was resumed before, and what has changed now."""
    setup = RunSetup(first)
    recorded = path / fold_folder(1) / ENVIRONMENT_FILE
    if not recorded.exists():
        return [], []
    environment = read_environment(recorded)
    return listed(environment, "drift"), drift(environment, environment_of(setup))


def _changed_spec(path: Path, first: Experiment) -> list[str]:
    """The keys in which the spec is not the one of the first fold."""
    recorded = path / fold_folder(1) / SPEC_FILE
    return changed_keys(read_recorded_spec(recorded), first.resolved()) if recorded.exists() else []


def _train_folds(
    folder: CrossvalFolder,
    experiments: list[Experiment],
    reporter: Reporter,
    drifted: Sequence[str] = (),
    *,
    allow_drift: bool = False,
) -> CrossvalResult:
    folds = len(experiments)
    with _endings_recorded(folder):
        for number, fold in enumerate(experiments, start=1):
            path = folder.fold(number)
            status: str | None = read_summary(path / SUMMARY_FILE)["status"] if (path / SUMMARY_FILE).exists() else None
            fold_text = tr("fold {number} of {folds}", number=number, folds=folds)
            if status is not None and status in FINISHED:
                fold_text = tr("{fold}: {status} before", fold=fold_text, status=tr(status))
            reporter.say(fold_text)
            try:
                with suppress(Diverged):
                    if status is None:
                        _train_fold(fold, path, reporter, drifted)
                    elif status not in FINISHED:
                        resume(path, reporter, allow_drift=allow_drift)
            finally:
                with suppress(RunError):  # it may have been stopped before it had a folder
                    folder.add(number)
        diverged = [run["folder"] for run in folder.summary["runs"] if run["status"] == "diverged"]
        if diverged:
            folder.finish("diverged", f"{len(diverged)} of {folds} folds diverged: {', '.join(diverged)}")
        else:
            folder.finish("completed")
    return CrossvalResult(folder.path, experiments[0].name, folder.summary)


def _train_fold(fold: Experiment, path: Path, reporter: Reporter, drifted: Sequence[str]) -> None:
    """``drifted`` is what changed since the cross-validation started; it is recorded."""
    with one_blas_thread():
        setup = RunSetup(fold).allocate()
        environment = environment_of(setup) | ({"drift": list(drifted)} if drifted else {})
        train_and_record(setup, RunFolder.begin(path, setup.evaluation.columns), reporter, environment)


def fold_of(experiment: Experiment, number: int | None, folds: int) -> Experiment:
    """The experiment with one fold held out (with None: not chosen yet) in place of other validation samples."""
    return replace(experiment, data=replace(experiment.data, validation=0.0, fold=number, folds=folds))


@contextmanager
def _endings_recorded(folder: CrossvalFolder) -> Iterator[None]:
    """Record in the folder whatever ends a cross-validation early, and close the folder."""
    try:
        yield
    except Interrupted as error:
        completed = sum(run["status"] == "completed" for run in folder.summary["runs"])
        message = f"stopped after {completed} of {folder.summary['folds']} folds"
        folder.finish("interrupted", message)
        saved = f"everything is saved in {folder.path}, and nnlab crossval --resume {folder.path} resumes it"
        raise Interrupted(error.exit_code - 128, f"{message}; {saved}") from error
    except Exception as error:
        with suppress(RunError):
            folder.finish("failed", str(error))
        raise
    finally:
        folder.close()
