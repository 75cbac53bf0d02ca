"""A trial on its way to a worker of a Dask cluster and back."""

from concurrent.futures import Future
from dataclasses import dataclass, field

from nnlab.config.recorded_data import LOCATIONS, data_locations
from nnlab.errors import EXIT_BUG, NnlabError
from nnlab.sweeps.dask_checks import WorkerCheck
from nnlab.sweeps.dask_cluster import Call, WorkerLostError
from nnlab.sweeps.dask_folders import clear_arrivals, files_of, place, with_environment
from nnlab.sweeps.dask_tasks import Assignment, Result, checksums_of
from nnlab.sweeps.trial import TrialOutcome, TrialTask, WorkersLost
from nnlab.text import one_line


@dataclass(eq=False)
class SubmittedTrial:
    """A submitted trial and the future of its outcome."""

    task: TrialTask
    future: "Future[TrialOutcome]" = field(default_factory=Future)

    def end(self, outcome: TrialOutcome) -> None:
        """Give the trial its outcome, unless it has one."""
        if not self.future.done():
            self.future.set_result(outcome)

    def end_as(self, status: str, message: str = "", exit_code: int = 0) -> None:
        """The same in parts."""
        self.end(TrialOutcome(self.task.number, status, message, exit_code))

    def raise_lost(self, message: str) -> None:
        """Let the future raise WorkersLost, unless the trial has its outcome."""
        if not self.future.done():
            self.future.set_exception(WorkersLost(message))


def assigned(task: TrialTask, process: str, session: str, *, allow_drift: bool) -> Assignment:
    """What a worker receives: the trial with what its folder holds, and the checksums of its data.

    Raises DataError where this machine lacks the data, RunError where the folder cannot be read.
    """
    clear_arrivals(task.folder)
    checksums = checksums_of(task.experiment) if task.experiment.data.files() and not allow_drift else None
    return Assignment(task, process, session, checksums, files_of(task.folder))


def received(call: Call, task: TrialTask, check: WorkerCheck | None, git: object) -> TrialOutcome:
    """Wait for a trial, and put its folder in place; never raises.

    Its environment is the worker's, but with the places of the data on this machine and the commit ``git`` of its
    working folder.
    """
    try:
        result = call.result()
        if not isinstance(result, Result):
            raise TypeError(f"a worker returned {type(result).__name__}")
        if result.files:
            drift = check.differences if check else ()
            here = {LOCATIONS: data_locations(task.experiment.data, task.folder), "git": git}
            place(with_environment(result.files, here, drift), task.folder)
        return result.outcome
    except WorkerLostError as error:
        return TrialOutcome(task.number, "lost", str(error))
    except NnlabError as error:
        return TrialOutcome(task.number, "failed", str(error), error.exit_code)
    except Exception as error:  # of the worker's Python, or of distributed
        return TrialOutcome(task.number, "failed", one_line(f"{type(error).__name__}: {error}", 300), EXIT_BUG)
