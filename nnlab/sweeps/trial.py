"""One trial of a sweep: a whole training run in the sweep's folder."""

import traceback
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from nnlab.config.experiment import Experiment
from nnlab.data.dataset_cache import DatasetCache
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import BugError, Diverged, Interrupted, NnlabError, RunError, UsageError, reason_of
from nnlab.records.formats import FINISHED
from nnlab.records.json_files import read_summary
from nnlab.records.run_folder import RunFolder
from nnlab.storage.disk import make_folder
from nnlab.storage.growing_file import GrowingFile
from nnlab.storage.layout import LOG_FILE, SUMMARY_FILE
from nnlab.train.options import RunOptions
from nnlab.train.reporting import Silent
from nnlab.train.resume import resume
from nnlab.train.run import environment_of, one_blas_thread, train_and_record

DATASETS = DatasetCache()
"""What the trials of this process have read."""


@dataclass(frozen=True)
class TrialTask:
    """What a worker needs to train a trial; can be pickled.

    ``threads`` stands in for ``compute.threads: auto`` and changes no digit. ``until`` is a number of steps after which
    the trial pauses; None trains it to its end.
    """

    number: int
    experiment: Experiment
    folder: Path
    threads: int
    until: int | None = None
    allow_drift: bool = False


@dataclass(frozen=True)
class TrialOutcome:
    """How a trial ended, in plain values.

    ``status`` is that of its run (completed, diverged, failed, interrupted), ``paused`` where it reached ``until``,
    ``lost`` where its worker died, or ``waiting`` where it was not started before the stop. ``exit_code`` is that of
    the error, 0 without one.
    """

    number: int
    status: str
    message: str = ""
    exit_code: int = 0


class WorkersLost(NnlabError):
    """No worker can be reached any more, which ends the sweep; it can be resumed."""

    exit_code = 1


class Workers(Protocol):
    """Where trials are trained: the processes of this machine, or those of a cluster."""

    slots: int

    def submit(self, task: TrialTask) -> "Future[TrialOutcome]":
        """Train a trial; the future has a status for everything, a dead worker included.

        It raises only WorkersLost.
        """
        ...

    def stop(self) -> None:
        """Ask all running trials to save and end after their current step; what waits is not started."""
        ...

    def close(self) -> None:
        """End the workers."""
        ...


def run_trial(task: TrialTask, stop: Callable[[], bool]) -> TrialOutcome:
    """Begin or resume a trial, and train it until its end, ``task.until`` or the step after which ``stop`` is true.

    Its tables and weights are those of ``nnlab train``. A finished trial is left alone; one without a summary starts
    again. Nothing that a training can raise is raised here: it is in the outcome.
    """
    try:
        status, message = _trained(task, stop)
    except Diverged as error:
        return TrialOutcome(task.number, "diverged", str(error), error.exit_code)
    except NnlabError as error:
        return TrialOutcome(task.number, "failed", str(error), error.exit_code)
    except Interrupted as error:
        return TrialOutcome(task.number, "interrupted", str(error), error.exit_code)
    except OSError as error:
        message = f"{error.filename or task.folder}: {reason_of(error)}"
        return TrialOutcome(task.number, "failed", message, RunError.exit_code)
    except MemoryError:
        message = f"{task.folder}: this needs more memory than there is"
        return TrialOutcome(task.number, "failed", message, UsageError.exit_code)
    except Exception as error:  # before the run has a log
        log = task.folder / LOG_FILE
        with suppress(OSError, RunError):
            make_folder(task.folder, exist_ok=True)
            file = GrowingFile(log, kept=log.stat().st_size if log.exists() else 0)
            file.write(traceback.format_exc())
            file.close()
        return TrialOutcome(task.number, "failed", str(BugError(error, log)), BugError.exit_code)
    return TrialOutcome(task.number, status, message, Diverged.exit_code if status == "diverged" else 0)


def _trained(task: TrialTask, stop: Callable[[], bool]) -> tuple[str, str]:
    """Status and message of a trial after its training."""
    options = RunOptions(pictures=False, threads=task.threads, stop=stop, pause_after=task.until, read=DATASETS.read)
    summary = _recorded(task)
    if summary is None:
        if not task.folder.parent.is_dir():  # a trial must not make the folder of its sweep again
            raise RunError(f"{task.folder.parent}: was renamed or removed while the sweep was running")
        with one_blas_thread():
            setup = RunSetup(task.experiment, threads=task.threads, read=DATASETS.read).allocate()
            environment = environment_of(setup)
            folder = RunFolder.begin(task.folder, setup.evaluation.columns, together=True)
            summary = train_and_record(setup, folder, Silent(), environment, options=options).summary
    elif summary["status"] not in FINISHED and not _has_paused(task, summary):
        summary = resume(task.folder, allow_drift=task.allow_drift, options=options).summary
    return ("paused" if _has_paused(task, summary) else summary["status"]), summary["message"]


def _recorded(task: TrialTask) -> dict[str, Any] | None:
    """The summary that a trial has already, if any."""
    path = task.folder / SUMMARY_FILE
    return dict(read_summary(path)) if path.exists() else None


def _has_paused(task: TrialTask, summary: dict[str, Any]) -> bool:
    return task.until is not None and summary["status"] == "interrupted" and summary["steps"] >= task.until
