"""Resume a sweep that was interrupted."""

from pathlib import Path
from time import monotonic, sleep

from nnlab.config.sweep import Sweep
from nnlab.config.sweep_loading import load_sweep
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import RunError, UsageError, reported_as
from nnlab.language import tr
from nnlab.records.drawing import lacks_pictures
from nnlab.records.environment import drift
from nnlab.records.formats import is_sweep_folder, trial_folders
from nnlab.records.json_files import read_environment
from nnlab.records.sweep_folder import SweepFolder, read_sweep
from nnlab.records.sweep_summary import read_sweep_summary
from nnlab.storage.layout import ENVIRONMENT_FILE, SUMMARY_FILE, SWEEP_FILE, trial_folder
from nnlab.storage.lock import is_being_written
from nnlab.sweeps.plan import Plan
from nnlab.sweeps.progress import SilentSweep, SweepReporter
from nnlab.sweeps.run import columns_of, initial_summary, train_remaining
from nnlab.sweeps.scheduler import Scheduler
from nnlab.sweeps.sweep_result import SweepResult
from nnlab.sweeps.trial import Workers
from nnlab.sweeps.worker import SECONDS_TO_SAVE
from nnlab.train.drift import refusal
from nnlab.train.run import environment_of


def resume_sweep(
    path: Path,
    workers: Workers,
    reporter: SweepReporter | None = None,
    *,
    fail_fast: bool = False,
    retry_failed: bool = False,
    allow_drift: bool = False,
) -> SweepResult:
    """Resume a sweep: finished trials stay, the others are resumed or trained; the end is as if it had never stopped.

    ``retry_failed`` trains trials again that failed. A finished sweep is left alone, unless its table or a trial was
    lost, or it was stopped while drawing. Raises RunError when the folder is locked or holds no sweep, when sweep.yaml
    was changed, when a trial is the run of another spec, or when data, NumPy or BLAS changed; ``allow_drift`` continues
    in the last two cases.
    """
    reporter = reporter or SilentSweep()
    if not is_sweep_folder(path):
        raise RunError(f"{path}: is not the folder of a sweep, so there is nothing to resume")
    with reported_as(RunError, catch=UsageError):
        sweep = load_sweep(path / SWEEP_FILE)
        if (finished := _finished(path, sweep)) is not None:
            reporter.say(f"{path}: is completed, so there is nothing left to do")
            return finished
        plan = Plan(sweep)
    folder = SweepFolder.reopen(path, columns_of(plan.sweep), plan.sweep.sha256())
    try:
        _wait_for_workers(path, reporter)
        changes = _changes(path, plan)
        if changes and not allow_drift:
            raise RunError(refusal(path, changes))
        drifted = {"drift": changes} if changes else {}
        folder.update(**initial_summary(plan), **drifted)
    except BaseException:
        folder.close()
        raise
    reporter.say(tr("{name}: {parts}", name=plan.sweep.name, parts=plan.size() + tr(", resumed")))
    return train_remaining(Scheduler(plan, folder, workers, reporter, fail_fast, retry_failed, allow_drift))


def _finished(path: Path, sweep: Sweep) -> SweepResult | None:
    """A sweep with nothing left to do; None for others, and where its table, a trial or pictures are missing."""
    if not (path / SUMMARY_FILE).exists():
        return None
    summary = read_sweep_summary(path)
    if summary["status"] != "completed" or summary["sweep_sha256"] != sweep.sha256():
        return None
    try:
        record = read_sweep(path)
    except RunError:  # it is rebuilt
        return None
    present = {folder.name for folder in trial_folders(path)}
    if lacks_pictures(path, "sweep") or any(trial_folder(row.number) not in present for row in record.trials):
        return None
    return SweepResult(path, record.summary, record.arrays)


def _wait_for_workers(path: Path, reporter: SweepReporter) -> None:
    """Wait for workers whose parent process was killed: they save their trials before they end."""
    until, told = monotonic() + SECONDS_TO_SAVE + 5, False
    while (writing := [folder for folder in trial_folders(path) if is_being_written(folder)]) and monotonic() < until:
        if not told:
            reporter.say(f"waiting for {', '.join(folder.name for folder in writing[:10])} to be saved")
            told = True
        sleep(0.1)


def _changes(path: Path, plan: Plan) -> list[str]:
    """What changed since the first trial that began, of those known at the start."""
    for request in plan.requests:
        trial = path / trial_folder(plan.sweep.trial_number(request.point))
        if (trial / SUMMARY_FILE).exists() and (trial / ENVIRONMENT_FILE).exists():
            setup = RunSetup(plan.sweep.experiment(request.settings))
            return drift(read_environment(trial / ENVIRONMENT_FILE), environment_of(setup))
    return []
