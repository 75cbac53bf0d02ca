"""A run that ended before its time goes on exactly where it was, and a finished one further than it was meant to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from nnlab.errors import RunError, UsageError, shown
from nnlab.records.checkpoint import Checkpoint, checkpoint_files, read_checkpoint
from nnlab.records.disk import start_sha256
from nnlab.records.environment import drift
from nnlab.records.formats import (
    ENVIRONMENT_FILE,
    FINISHED,
    METRICS_FILE,
    SPEC_FILE,
    STEPS_FILE,
    SUMMARY_FILE,
    is_crossval_folder,
    is_descent_folder,
)
from nnlab.records.lock import RunLock, writing
from nnlab.records.reader import read_environment, read_spec, read_summary
from nnlab.records.run_folder import RunFolder
from nnlab.spec.experiment import Experiment, load_experiment
from nnlab.spec.resolved import spec_sha256
from nnlab.spec.validation import flatten
from nnlab.train.checkpoints import restore
from nnlab.train.loop import Training
from nnlab.train.run import Reporter, RunResult, Setting, Silent, carry_out, set_up


@dataclass(frozen=True)
class _Plan:
    """What a run folder says about going on: the experiment, and what is not as it was."""

    experiment: Experiment
    summary: Mapping[str, Any]
    environment: Mapping[str, Any]
    checkpoint: Checkpoint | None
    changed: list[str]


def resume(
    path: Path, reporter: Reporter | None = None, *, iterations: int | None = None, allow_drift: bool = False
) -> RunResult:
    """Go on with a run: its files end up byte for byte as if it had never stopped.

    ``iterations`` is a new end, for a finished run too; a finished run without one is left alone. Raises UsageError
    when that end has been passed, RunError when the folder is locked or holds no run, or when spec, data, NumPy or
    BLAS are not what they were, unless ``allow_drift`` says to record that and go on.
    """
    reporter = reporter or Silent()
    if is_crossval_folder(path):
        raise RunError(f"{path}: a cross-validation; nnlab crossval --resume {path} goes on with it")
    if not (path / SUMMARY_FILE).is_file() or is_descent_folder(path) or not (path / SPEC_FILE).is_file():
        raise RunError(f"{path}: is not the folder of a training run, so there is nothing to go on with")
    if iterations is None and (finished := _finished(path, reporter.say)):
        return finished
    with writing(path) as lock:
        if iterations is None and (finished := _finished(path, reporter.say)):
            return finished  # by another process, a moment ago
        plan = _plan(path, reporter.say)
        experiment = plan.experiment if iterations is None else extended(plan, iterations)
        with threadpool_limits(limits=1, user_api="blas"):
            setting = set_up(experiment)
            now = setting.environment()
            changed = plan.changed + drift(plan.environment, now)
            if changed and not allow_drift:
                raise RunError(refusal(path, changed))
            folder, training, before = _taken_up(path, lock, setting, plan.checkpoint)
            environment = {**now, "resumed_after": [*plan.environment.get("resumed_after", []), training.start]}
            if known := [*plan.environment.get("drift", []), *changed]:
                environment["drift"] = known
            return carry_out(setting, training, folder, reporter, environment, before)


def _finished(path: Path, say: Callable[[str], None]) -> RunResult | None:
    summary = read_summary(path / SUMMARY_FILE)
    if summary["status"] not in FINISHED:
        return None
    say(f"{path}: is {summary['status']}, so there is nothing left to do; --iterations N extends it")
    return RunResult(path, str(read_spec(path / SPEC_FILE)["name"]), dict(summary))


def _plan(path: Path, warn: Callable[[str], None]) -> _Plan:
    summary = read_summary(path / SUMMARY_FILE)
    raw = read_spec(path / SPEC_FILE)
    try:
        experiment = load_experiment(path / SPEC_FILE)
    except UsageError as error:
        raise RunError(str(error)) from None
    checkpoint = newest_sound(path, warn)
    changed: list[str] = []
    if spec_sha256(raw) != summary["spec_sha256"]:
        changed = _changed_keys(checkpoint.facts["spec"], experiment) if checkpoint else ["spec: is another now"]
    return _Plan(experiment, summary, read_environment(path / ENVIRONMENT_FILE), checkpoint, changed)


def _changed_keys(recorded: Mapping[str, Any], experiment: Experiment) -> list[str]:
    """Which keys of a spec are others than those recorded; where training ends is not one of them."""
    before, after = flatten(recorded), flatten(experiment.resolved())
    keys = {*before, *after} - {"train.iterations", "train.epochs"}
    return [
        f"spec {key}: {shown(before.get(key))} then, {shown(after.get(key))} now"
        for key in sorted(keys)
        if before.get(key) != after.get(key)
    ]


def newest_sound(path: Path, warn: Callable[[str], None]) -> Checkpoint | None:
    """The newest checkpoint that is whole and whose tables still begin as they did; ``warn`` hears of others."""
    files = checkpoint_files(path)
    for file in files:
        try:
            checkpoint = read_checkpoint(file)
        except RunError as error:
            warn(f"{error}; the one before it is taken")
            continue
        if not (reason := _lost(path, checkpoint.facts["marks"])):
            return checkpoint
        warn(f"{reason}, so the checkpoint after step {checkpoint.step} is of no use; the one before it is taken")
    if files:
        warn("no checkpoint is left, so training begins again from the start")
    return None


def _lost(path: Path, marks: Mapping[str, Any]) -> str:
    """Which of the tables no longer begins with what was written; empty where all do."""
    for name, (size, sha256) in marks.items():
        try:
            sound = start_sha256(path / name, size) == sha256
        except OSError as error:
            return f"{path / name}: {error.strerror or error}"
        if not sound:
            return f"{path / name}: is not as it was written"
    return "" if {STEPS_FILE, METRICS_FILE} <= marks.keys() else "marks of tables are missing"


def extended(plan: _Plan, iterations: int) -> Experiment:
    """The experiment with another end; raises UsageError when that has been passed."""
    done = plan.checkpoint.step if plan.checkpoint else 0
    if plan.summary["status"] in FINISHED and plan.checkpoint is None:
        raise UsageError("--iterations: the run has no checkpoint to go on from; train it anew with more iterations")
    if iterations < done or (iterations == done and plan.summary["status"] in FINISHED):
        raise UsageError(f"--iterations: must be above the {done} updates already made, got {iterations}")
    return replace(plan.experiment, train=replace(plan.experiment.train, iterations=iterations, epochs=None))


def _taken_up(
    path: Path, lock: RunLock, setting: Setting, checkpoint: Checkpoint | None
) -> tuple[RunFolder, Training, float]:
    if checkpoint is None:
        return RunFolder.reopen(path, lock, 0, {}), setting.training, 0.0
    training = restore(setting.training, checkpoint)
    folder = RunFolder.reopen(path, lock, checkpoint.step, checkpoint.facts["marks"])
    return folder, training, float(checkpoint.facts["seconds"])


def refusal(path: Path, changed: list[str]) -> str:
    """Why a run is not gone on with: what is not as it was, a line each."""
    lines = "\n".join(f"  {line}" for line in changed)
    return (
        f"{path}: not everything is as it was, so the result would be another:\n{lines}\n--allow-drift goes on anyway"
    )


def last_run(runs: Path, wanted: Callable[[Path], bool] = lambda path: not is_descent_folder(path)) -> Path:
    """The run that began last in a folder of runs, of those ``wanted``; raises RunError when there is none."""
    try:
        found = [path for path in runs.iterdir() if (path / SPEC_FILE).is_file() and wanted(path)]
    except OSError as error:
        raise RunError(f"{runs}: cannot be read: {error.strerror or error}") from None
    if not found:
        raise RunError(f"{runs}: holds no run to go on with")
    return max(found, key=lambda path: (path.name[:15], path.stat().st_mtime_ns))
