"""A Dask cluster for tests without processes: its workers answer what a test says."""

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from queue import SimpleQueue
from time import monotonic, sleep
from typing import Any

from nnlab.sweeps.dask_cluster import SchedulerLostError, WorkerLostError
from nnlab.sweeps.dask_tasks import Assignment, Description, Result, describe
from nnlab.sweeps.trial import TrialOutcome

SECONDS = 60.0


class MadeCall:
    """A call of ``argument`` on a worker; the test gives its result."""

    def __init__(self, worker: str, argument: Any) -> None:
        self.worker, self.argument = worker, argument
        self.future: Future[Any] = Future()

    def when_done(self, function: Callable[[], None]) -> None:
        self.future.add_done_callback(lambda future: function())

    def result(self) -> Any:
        try:
            return self.future.result(SECONDS)
        except CancelledError:
            raise WorkerLostError("its worker died") from None

    def cancel(self) -> None:
        self.future.cancel()

    @property
    def assignment(self) -> Assignment:
        assert isinstance(self.argument, Assignment)
        return self.argument

    def train(self, files: dict[str, bytes], **outcome: Any) -> None:
        """Give back a trial."""
        self.future.set_result(
            Result(replace(TrialOutcome(self.assignment.task.number, "completed"), **outcome), files)
        )


class MadeCluster:
    """Workers by address with their threads.

    ``descriptions`` says what some describe themselves as; the calls of those that do not answer are in ``unanswered``.
    """

    def __init__(self, *addresses: str) -> None:
        self.address = "tcp://10.0.0.1:8786"
        self.threads = dict.fromkeys(addresses, 1)
        self.descriptions: dict[str, Callable[[Description], Any]] = {}
        self.unanswered: dict[str, list[MadeCall]] = {}
        self.sent: SimpleQueue[MadeCall] = SimpleQueue()
        self.told: list[tuple[object, list[str]]] = []
        self.is_lost = self.is_closed = False

    def connect(self, scheduler: str) -> "MadeCluster":
        return self

    def workers(self) -> dict[str, int]:
        if self.is_lost:
            raise SchedulerLostError(self.address)
        return dict(self.threads)

    def submit(self, function: Callable[[Any], Any], argument: Any, worker: str, key: str) -> MadeCall:
        call = MadeCall(worker, argument)
        if function is describe and worker in self.unanswered:
            self.unanswered[worker].append(call)
        elif function is describe:
            own = describe(argument)
            try:
                call.future.set_result(self.descriptions.get(worker, lambda description: description)(own))
            except Exception as error:
                call.future.set_exception(error)
        else:
            self.sent.put(call)
        return call

    def tell(self, function: Callable[[Any], None], argument: object, workers: Sequence[str]) -> None:
        self.told.append((function, list(workers)))

    def close(self) -> None:
        self.is_closed = True

    def next_call(self) -> MadeCall:
        return self.sent.get(timeout=SECONDS)


def with_numpy(version: str) -> Callable[[Description], Description]:
    """The description of a worker with another NumPy."""

    def change(own: Description) -> Description:
        packages = {**own.environment["packages"], "numpy": version}
        return replace(own, environment={**own.environment, "packages": packages})

    return change


def eventually(condition: Callable[[], object]) -> None:
    """Wait for what another thread does."""
    until = monotonic() + SECONDS
    while not condition():
        assert monotonic() < until, "this did not happen"
        sleep(0.005)


def with_cores(cores: int) -> Callable[[Description], Description]:
    """The description of a worker with this many cores."""
    return lambda own: replace(own, cores=cores)
