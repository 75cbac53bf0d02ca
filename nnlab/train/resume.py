"""A run that ended before its time goes on exactly where it was, and a finished one further than it was meant to."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from nnlab.config.experiment import Experiment, load_experiment
from nnlab.config.resolved_spec import spec_sha256
from nnlab.config.validation import flatten
from nnlab.core.rows import MAX_STEPS
from nnlab.engine.loop import Training
from nnlab.errors import RunError, UsageError
from nnlab.records.cleaning import clear_leftovers
from nnlab.records.drawing import lacks_pictures
from nnlab.records.environment import drift
from nnlab.records.formats import (
    ENVIRONMENT_FILE,
    FINISHED,
    SPEC_FILE,
    SUMMARY_FILE,
    is_crossval_folder,
    is_descent_folder,
)
from nnlab.records.reader import read_environment, read_spec, read_summary
from nnlab.records.run_folder import RunFolder
from nnlab.records.run_names import newest
from nnlab.storage.lock import RunLock, writing
from nnlab.text import one_line, quote
from nnlab.train.checkpoints import most_bytes, restore
from nnlab.train.reporting import Reporter, Silent
from nnlab.train.resume_point import ResumePoint, latest_valid_checkpoint
from nnlab.train.run import RunResult, Setting, set_up, train_and_record
from nnlab.train.snapshots import moments


def resume(
    path: Path,
    reporter: Reporter | None = None,
    *,
    iterations: int | None = None,
    allow_drift: bool = False,
    restart: bool = False,
    data: Path | None = None,
) -> RunResult:
    """Resume a run: its files end up byte for byte as if it had never stopped.

    ``iterations`` is a new end, for a finished run too; a finished run without one is left alone. ``restart`` discards
    the checkpoints and trains from the start. ``data`` is the file or folder of the data, where it was moved. Raises
    UsageError when that end has been passed or the run was stopped early, RunError when the folder is locked or holds
    no run, when its tables were changed, or when spec, data, NumPy or BLAS are not what they were, unless
    ``allow_drift`` says to record that and go on.
    """
    reporter = reporter or Silent()
    if is_crossval_folder(path):
        raise RunError(f"{path}: a cross-validation; nnlab crossval --resume {path} goes on with it")
    if not (path / SUMMARY_FILE).is_file() or is_descent_folder(path) or not (path / SPEC_FILE).is_file():
        raise RunError(f"{path}: is not the folder of a training run, so there is nothing to go on with")
    if iterations is None and not restart and (finished := _finished(path, reporter.say)):
        return finished
    # One thread for each matrix product, as when the run began.
    with writing(path) as lock, threadpool_limits(limits=1, user_api="blas"):
        if iterations is None and not restart and (finished := _finished(path, reporter.say)):
            return finished  # by another process, a moment ago
        summary, recorded = read_summary(path / SUMMARY_FILE), read_environment(path / ENVIRONMENT_FILE)
        experiment = _experiment(path, data)
        setting = set_up(experiment if iterations is None else _longer(experiment, iterations))
        checkpoint = None if restart else latest_valid_checkpoint(path, most_bytes(setting.training), reporter.say)
        if iterations is not None and not restart:
            _check_end(path, iterations, summary, checkpoint)
        elif checkpoint and checkpoint.step > setting.training.iterations:
            ends = f"{path / SPEC_FILE}: training ends after {setting.training.iterations} steps now"
            raise RunError(f"{ends}, but {checkpoint.step} were made already")
        now = setting.environment()
        changed = _changed_spec(path, summary, experiment, checkpoint) + drift(recorded, now)
        changed += _changed_rates(setting, checkpoint)
        if changed and not allow_drift:
            raise RunError(refusal(path, changed))
        if checkpoint is None:
            why = "--restart was given" if restart else "there is no checkpoint to go on from"
            reporter.say(f"{path}: {why}, so training begins again from the start")
        folder, training, before = _taken_up(path, lock, setting, checkpoint)
        environment = {**now, "resumed_after": [*listed(recorded, "resumed_after"), training.start]}
        if known := [*listed(recorded, "drift"), *changed]:
            environment["drift"] = known
        return train_and_record(setting, training, folder, reporter, environment, before)


def _finished(path: Path, say: Callable[[str], None]) -> RunResult | None:
    summary = read_summary(path / SUMMARY_FILE)
    if summary["status"] not in FINISHED:
        return None
    clear_leftovers(path)
    rng = f"; nnlab plot {path} draws its missing pictures" if lacks_pictures(path, "run") else ""
    extends = "" if summary.get("message", "").startswith("stopped early") else "; --iterations N extends it"
    say(f"{path}: is {summary['status']}, so there is nothing left to do{extends}{rng}")
    return RunResult(path, str(read_spec(path / SPEC_FILE)["name"]), dict(summary))


def _experiment(path: Path, data: Path | None) -> Experiment:
    try:
        return load_experiment(path / SPEC_FILE, data=data)
    except UsageError as error:
        raise RunError(str(error)) from None


def _longer(experiment: Experiment, iterations: int) -> Experiment:
    return replace(experiment, train=replace(experiment.train, iterations=iterations, epochs=None))


def _check_end(path: Path, iterations: int, summary: Mapping[str, Any], checkpoint: ResumePoint | None) -> None:
    """Raise UsageError where a new end cannot be reached by going on."""
    finished, done = summary["status"] in FINISHED, checkpoint.step if checkpoint else 0
    if finished and checkpoint is None:
        raise UsageError("--iterations: the run has no checkpoint to go on from; train it anew with more iterations")
    meant = checkpoint.facts["iterations"] if checkpoint else 0
    if summary["status"] == "completed" and summary["steps"] < meant:
        raise UsageError(
            f"--iterations: {path} was stopped early after step {summary['steps']} of {meant}, so it cannot go on; "
            f"train it again with more patience: nnlab train {path / SPEC_FILE} -s train.early_stopping.patience=N"
        )
    if iterations > MAX_STEPS:
        raise UsageError(f"--iterations: must be at most {MAX_STEPS}, got {quote(iterations, 30)}")
    if finished:
        done = max(done, summary["steps"])
    if iterations < max(done, 1) or (iterations == done and finished):
        raise UsageError(f"--iterations: must be above the {done} steps already made, got {iterations}")


def _changed_spec(
    path: Path, summary: Mapping[str, Any], experiment: Experiment, checkpoint: ResumePoint | None
) -> list[str]:
    """In which keys the spec is no longer the one the run began with, or was to go on with."""
    if spec_sha256(read_spec(path / SPEC_FILE)) == summary["spec_sha256"]:
        return []
    if checkpoint is None:
        return ["spec: not the one that was recorded"]
    return changed_keys(checkpoint.facts["spec"], experiment.resolved())


def changed_keys(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Which keys of a resolved spec are others than those recorded, a line each."""
    before, after = flatten(recorded), flatten(now)
    return [
        f"spec {one_line(key, 200)}: {quote(before.get(key))} then, {quote(after.get(key))} now"
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    ]


def _changed_rates(setting: Setting, checkpoint: ResumePoint | None) -> list[str]:
    """Whether the schedule would have had other learning rates up to here, had training been meant to end as now."""
    if checkpoint is None:
        return []
    schedule, before, now = (
        setting.experiment.train.schedule,
        checkpoint.facts["iterations"],
        setting.training.iterations,
    )
    made = range(0, checkpoint.step, max(checkpoint.step // 1000, 1))  # a thousand tell what all would
    if before == now or all(schedule.scale(step, before) == schedule.scale(step, now) for step in made):
        return []
    return [f"learning rates up to step {checkpoint.step}: those of a training of {before} steps, not of {now}"]


def _taken_up(
    path: Path, lock: RunLock, setting: Setting, found: ResumePoint | None
) -> tuple[RunFolder, Training, float]:
    if found is None:
        return RunFolder.reopen(path, lock, 0, {}, ()), setting.training, 0.0
    checkpoint = found.checkpoint
    training = restore(setting.training, checkpoint)
    ends, count = (checkpoint.facts["iterations"], training.iterations), setting.experiment.train.snapshots
    kept = {step for end in ends for step in moments(end, count) if step <= checkpoint.step}
    folder = RunFolder.reopen(path, lock, checkpoint.step, checkpoint.facts["marks"], kept, found.tables)
    return folder, training, float(checkpoint.facts["seconds"])


def listed(environment: Mapping[str, Any], key: str) -> list[Any]:
    """What an environment, whoever wrote it, lists under a key."""
    found = environment.get(key)
    return found if isinstance(found, list) else []


def refusal(path: Path, changed: list[str]) -> str:
    """Why a run is not gone on with: what is not as it was, a line each."""
    lines = "\n".join(f"  {line}" for line in changed)
    return (
        f"{path}: not everything is as it was, so the result would be another:\n{lines}\n--allow-drift goes on anyway"
    )


def last_run(runs: Path, wanted: Callable[[Path], bool] = lambda path: not is_descent_folder(path)) -> Path:
    """The run that began last in a folder of runs, of those ``wanted``; raises RunError when there is none."""
    return newest(runs, wanted, "run to go on with")
