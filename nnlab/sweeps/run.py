"""Sweeps: many trials in worker processes, and the folder that records them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from nnlab.comparisons.verdicts import sweep_statistics, values_by_point
from nnlab.config.sweep import Sweep
from nnlab.core.signals import stop_on_signal
from nnlab.errors import Interrupted, RunError
from nnlab.figures.failures import failures_reported
from nnlab.language import tr
from nnlab.records.drawing import begin_drawing, last_pictures
from nnlab.records.sweep_folder import SweepFolder, SweepRecord
from nnlab.records.sweep_table import SweepColumns
from nnlab.registry import registered_name
from nnlab.storage.disk import make_folder
from nnlab.storage.layout import PLOTS_FOLDER, SPEC_FILE
from nnlab.sweeps.plan import Plan
from nnlab.sweeps.progress import SilentSweep, SweepReporter
from nnlab.sweeps.scheduler import Scheduler
from nnlab.sweeps.sweep_result import SweepResult
from nnlab.sweeps.trial import Workers, WorkersLost

NO_GOAL = (
    "without validation samples no trial is named the best, since the test set must not choose; "
    "data.validation: 0.1 holds some out"
)


def run_sweep(
    sweep: Sweep | Plan,
    runs: Path | str,
    workers: Workers,
    reporter: SweepReporter | None = None,
    *,
    fail_fast: bool = False,
) -> SweepResult:
    """Train the trials of a sweep and write its folder under ``runs``.

    A trial that fails or diverges ends nothing else, unless ``fail_fast``; the summary's ``status`` is then failed.
    Raises UsageError or DataError before a folder is made when a trial cannot start, Interrupted after a signal,
    WorkersLost when no worker can be reached any more and RunError when the folder cannot be written; in the last three
    cases it can be resumed.
    """
    plan = sweep if isinstance(sweep, Plan) else Plan(sweep)
    reporter = reporter or SilentSweep()
    folder = SweepFolder.create(
        Path(runs),
        plan.sweep.name,
        plan.sweep.to_yaml(),
        plan.sweep.sha256(),
        columns_of(plan.sweep),
        **initial_summary(plan),
    )
    slots = tr(", {slots} at a time", slots=workers.slots) if workers.slots > 1 else ""
    reporter.say(tr("{name}: {parts}", name=plan.sweep.name, parts=f"{plan.size()}{slots}"))
    return train_remaining(Scheduler(plan, folder, workers, reporter, fail_fast))


def train_remaining(scheduler: Scheduler) -> SweepResult:
    """Train what is left of a sweep, and record how it ended."""
    plan, folder, reporter = scheduler.plan, scheduler.folder, scheduler.reporter
    if plan.sweep.goal is None:
        reporter.say(NO_GOAL)
    with _endings_recorded(scheduler):
        with stop_on_signal() as stop, reporter.watch():
            scheduler.run(stop)
        if stop.signal is not None and not scheduler.complete:
            raise Interrupted(stop.signal)
        failed = [trial.number for trial in scheduler.trials.values() if trial.row.status == "failed"]
        pictures = plan.sweep.base.train.pictures
        if pictures:
            _begin_drawing(folder.path)
        _write_end(scheduler, "failed" if failed else "completed", _failures(failed, plan.trials))
        if pictures:
            _draw(folder.path, reporter.say)
    record = SweepRecord(folder.path, plan.sweep.to_yaml(), folder.summary, folder.columns, scheduler.rows)
    return SweepResult(folder.path, folder.summary, record.arrays)


def columns_of(sweep: Sweep) -> SweepColumns:
    """The columns of a sweep's trials.csv."""
    return SweepColumns(sweep.space.keys, sweep.seeds > 1, sweep.goal.column if sweep.goal else None)


def initial_summary(plan: Plan) -> dict[str, Any]:
    """What the summary says from the start."""
    goal = plan.sweep.goal
    return {
        "trials": plan.trials,
        "search": registered_name(type(plan.sweep.search)),
        "goal": goal and {"column": goal.column, "maximize": goal.maximize},
    }


def _write_end(scheduler: Scheduler, status: str, message: str) -> None:
    folder, best = scheduler.folder, scheduler.best()
    if best:
        with suppress(OSError):
            folder.write_best((folder.trial(best["trial"]) / SPEC_FILE).read_text(encoding="utf-8"))
    statistics = _statistics(scheduler) if scheduler.complete else None
    folder.write_trials(scheduler.rows, best=best, statistics=statistics, status=status, message=message)


def _statistics(scheduler: Scheduler) -> dict[str, Any] | None:
    """The best point against the others, paired on seeds."""
    sweep = scheduler.plan.sweep
    if sweep.goal is None:
        return None
    column = sweep.goal.column
    measured = [
        (trial.row.settings, sweep.seed_of(trial.request.settings, trial.offset), value)
        for trial in scheduler.trials.values()
        if trial.row.status == "completed" and (value := trial.row.metrics.get(column)) is not None
    ]
    return sweep_statistics(values_by_point(measured), column=column, maximize=sweep.goal.maximize)


def _failures(failed: list[int], trials: int) -> str:
    if not failed:
        return ""
    named = ", ".join(map(str, failed[:10])) + (", ..." if len(failed) > 10 else "")
    return f"{len(failed):,} of {trials:,} trials failed: {named}"


@contextmanager
def _endings_recorded(scheduler: Scheduler) -> Iterator[None]:
    """Record in the folder whatever ends a sweep early, and close the folder."""
    folder = scheduler.folder
    try:
        yield
    except Interrupted as error:
        if folder.summary["status"] != "running":  # its pictures were being drawn
            message = f"the sweep has ended and is in {folder.path}; nnlab plot {folder.path} draws its pictures"
            raise Interrupted(error.exit_code - 128, message) from error
        raise Interrupted(error.exit_code - 128, _interrupted(scheduler)) from error
    except WorkersLost as error:
        raise WorkersLost(_interrupted(scheduler, f"{error}; ")) from error
    except Exception as error:
        with suppress(RunError):
            _write_end(scheduler, "failed", str(error))
        raise
    finally:
        folder.close()


def _interrupted(scheduler: Scheduler, reason: str = "") -> str:
    """Record that the sweep was interrupted, and tell how to resume it."""
    ended, path = scheduler.progress.count().ended, scheduler.folder.path
    message = f"{reason}stopped after {ended:,} of {scheduler.plan.trials:,} trials"
    with suppress(RunError):
        _write_end(scheduler, "interrupted", message)
    return f"{message}; everything is saved in {path}, and nnlab sweep --resume {path} resumes it"


def _begin_drawing(path: Path) -> None:
    """Mark the pictures as missing, before the sweep counts as finished."""
    with suppress(OSError):
        make_folder(path / PLOTS_FOLDER, exist_ok=True)
    begin_drawing(path, ())


def _draw(path: Path, say: Callable[[str], None]) -> None:
    """Draw the pictures of a sweep."""
    from nnlab.figures.sweep_pictures import draw_sweep  # loads matplotlib

    with failures_reported(say), last_pictures(path):
        draw_sweep(path, say)
