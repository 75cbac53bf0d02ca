"""Resume a run that was interrupted, exactly where it was, or extend a finished one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nnlab.config.experiment import Experiment
from nnlab.config.inheritance import read_spec
from nnlab.config.loading import load_experiment
from nnlab.config.recorded_data import RecordedData
from nnlab.core.rows import MAX_STEPS
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import RunError, UsageError, reported_as
from nnlab.records.cleaning import clear_leftovers
from nnlab.records.drawing import lacks_pictures
from nnlab.records.environment import drift
from nnlab.records.formats import FINISHED, is_crossval_folder, is_descent_folder, is_sweep_folder
from nnlab.records.json_files import read_environment, read_summary
from nnlab.records.reader import read_recorded_spec
from nnlab.records.run_folder import RunFolder
from nnlab.records.run_names import newest
from nnlab.saved_run import moved_data_hint
from nnlab.storage.layout import ENVIRONMENT_FILE, SPEC_FILE, SUMMARY_FILE
from nnlab.storage.lock import RunLock, writing
from nnlab.text import quote
from nnlab.train.checkpoints import most_bytes, restore
from nnlab.train.drift import changed_learning_rates, changed_spec, listed, refusal
from nnlab.train.options import DEFAULT, RunOptions
from nnlab.train.reporting import Reporter, Silent
from nnlab.train.resume_point import ResumePoint, latest_valid_checkpoint
from nnlab.train.run import RunResult, environment_of, one_blas_thread, train_and_record
from nnlab.train.snapshots import snapshot_steps
from nnlab.train.tensorboard import check_tensorboard


def resume(
    path: Path,
    reporter: Reporter | None = None,
    *,
    iterations: int | None = None,
    allow_drift: bool = False,
    restart: bool = False,
    data: Path | None = None,
    options: RunOptions = DEFAULT,
) -> RunResult:
    """Resume a run: its tables and weights end up byte for byte as if it had never been interrupted.

    ``iterations`` is a new end, for a finished run too; a finished run without one is left alone. ``restart`` discards
    the checkpoints and trains from step 0. ``data`` is the file or folder of the data, where it was moved. Raises
    UsageError when that end has been passed or the run was stopped early, RunError when the folder is locked or holds
    no run, when its tables were changed, or when spec, data, NumPy or BLAS changed, unless ``allow_drift`` says to
    record that and continue.
    """
    reporter = reporter or Silent()
    _check_folder(path)
    with writing(path) as lock, one_blas_thread():
        summary = read_summary(path / SUMMARY_FILE)
        if summary["status"] not in FINISHED or iterations is not None or restart:
            run = _read(path, data)
            check_tensorboard(run.experiment)
            with moved_data_hint(run.experiment):
                experiment = run.experiment if iterations is None else _extended(run.experiment, iterations)
                setup = RunSetup(experiment, threads=options.threads, read=options.read).allocate()
            point = None if restart else latest_valid_checkpoint(path, most_bytes(setup), reporter.say)
            if iterations is not None and not restart:
                _check_new_end(path, iterations, summary, point)
            elif point and point.step > setup.iterations:
                ends = f"{path / SPEC_FILE}: training ends after {setup.iterations} steps now"
                raise RunError(f"{ends}, but {point.step} were made already")
            environment = environment_of(setup)
            changes = [
                *changed_spec(summary, run.spec, run.experiment.resolved(), point),
                *drift(run.environment, environment),
                *changed_learning_rates(setup, point),
            ]
            if changes and not allow_drift:
                raise RunError(refusal(path, changes))
            if point is None:
                why = "--restart was given" if restart else "there is no checkpoint to resume from"
                reporter.say(f"{path}: {why}, so training restarts from step 0")
            folder, seconds = _restored(path, lock, setup, point)
            environment["resumed_after"] = [*listed(run.environment, "resumed_after"), setup.start]
            if known := [*listed(run.environment, "drift"), *changes]:
                environment["drift"] = known
            return train_and_record(setup, folder, reporter, environment, seconds, options)
    clear_leftovers(path)
    reporter.say(_nothing_to_do(path, summary))
    return RunResult(path, str(read_recorded_spec(path / SPEC_FILE)["name"]), dict(summary))


def last_run(runs: Path, wanted: Callable[[Path], bool] = lambda path: not is_descent_folder(path)) -> Path:
    """The newest run in a folder of runs, of those ``wanted``; raises RunError when there is none."""
    return newest(runs, wanted, "run to resume")


@dataclass(frozen=True)
class _StoppedRun:
    """What the folder of a run says of it: its spec as plain values and as an experiment, and its environment."""

    spec: Mapping[str, Any]
    experiment: Experiment
    environment: Mapping[str, Any]


def _check_folder(path: Path) -> None:
    if is_crossval_folder(path):
        raise RunError(f"{path}: a cross-validation; nnlab crossval --resume {path} resumes it")
    if is_sweep_folder(path):
        raise RunError(f"{path}: a sweep; nnlab sweep --resume {path} resumes it")
    if not (path / SUMMARY_FILE).is_file() or is_descent_folder(path) or not (path / SPEC_FILE).is_file():
        raise RunError(f"{path}: is not the folder of a training run, so there is nothing to resume")


def _read(path: Path, data: Path | None) -> _StoppedRun:
    environment = read_environment(path / ENVIRONMENT_FILE)
    with reported_as(RunError, catch=UsageError):
        tree = read_spec(path / SPEC_FILE)
        recorded = RecordedData(path.absolute(), environment)
        experiment = load_experiment(path / SPEC_FILE, data=data, tree=tree, recorded=recorded)
    if not isinstance(tree.value, Mapping):
        raise TypeError("the spec of an experiment is a mapping")
    return _StoppedRun(tree.value, experiment, environment)


def _extended(experiment: Experiment, iterations: int) -> Experiment:
    return replace(experiment, train=replace(experiment.train, iterations=iterations, epochs=None))


def _check_new_end(path: Path, iterations: int, summary: Mapping[str, Any], point: ResumePoint | None) -> None:
    """Raise UsageError where a run cannot be trained up to a new end."""
    finished, done = summary["status"] in FINISHED, point.step if point else 0
    if finished and point is None:
        raise UsageError("--iterations: the run has no checkpoint to resume from; train it again with more iterations")
    planned = point.metadata["iterations"] if point else 0
    if summary["status"] == "completed" and summary["steps"] < planned:
        raise UsageError(
            f"--iterations: {path} was stopped early after step {summary['steps']} of {planned}, so it cannot be "
            f"extended; train it again with more patience: nnlab train {path / SPEC_FILE} "
            "-s train.early_stopping.patience=N"
        )
    if iterations > MAX_STEPS:
        raise UsageError(f"--iterations: must be at most {MAX_STEPS}, got {quote(iterations, 30)}")
    if finished:
        done = max(done, summary["steps"])
    if iterations < max(done, 1) or (iterations == done and finished):
        raise UsageError(f"--iterations: must be above the {done} steps already made, got {iterations}")


def _restored(path: Path, lock: RunLock, setup: RunSetup, point: ResumePoint | None) -> tuple[RunFolder, float]:
    """The training and its folder as they were at a checkpoint, and how many seconds it had taken."""
    columns = setup.evaluation.columns
    if point is None:
        return RunFolder.reopen(path, lock, 0, {}, (), columns=columns), 0.0
    restore(setup, point.checkpoint)
    count = setup.experiment.train.snapshots
    ends = (point.metadata["iterations"], setup.iterations)
    kept = {step for end in ends for step in snapshot_steps(end, count) if step <= point.step}
    folder = RunFolder.reopen(path, lock, point.step, point.metadata["marks"], kept, point.tables, columns)
    return folder, float(point.metadata["seconds"])


def _nothing_to_do(path: Path, summary: Mapping[str, Any]) -> str:
    extends = "" if summary.get("message", "").startswith("stopped early") else "; --iterations N extends it"
    missing = f"; nnlab plot {path} draws its missing pictures" if lacks_pictures(path, "run") else ""
    return f"{path}: is {summary['status']}, so there is nothing left to do{extends}{missing}"
