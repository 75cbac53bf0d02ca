"""Which worker of a Dask cluster trains which trial."""

import secrets
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from queue import SimpleQueue
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from nnlab.config.experiment import Experiment
from nnlab.errors import EXIT_BUG, NnlabError
from nnlab.sweeps.dask_checks import WorkerCheck, compare_worker, described
from nnlab.sweeps.dask_cluster import Call, Cluster, SchedulerLostError, WorkerLostError
from nnlab.sweeps.dask_tasks import Description, ask_to_stop, describe, train_assignment
from nnlab.sweeps.dask_transfer import SubmittedTrial, assigned, received
from nnlab.sweeps.trial import TrialOutcome
from nnlab.text import one_line

RECEIVING_THREADS = 4
LOOKS_WITHOUT_WORKER = 10
"""After how many looks without any worker that is reported: a nanny takes seconds to start its worker again."""


@dataclass(eq=False)
class Worker:
    """A worker: ``busy`` while it describes itself or trains, ``calls`` whose results are not here yet.

    ``ended`` are those of the calls whose results are being fetched.
    """

    address: str
    busy: bool = False
    check: WorkerCheck | None = None
    calls: dict[Call, SubmittedTrial | None] = field(default_factory=dict)
    ended: set[Call] = field(default_factory=set)


class Dispatcher:
    """Sends each trial to one worker and receives its folder.

    Only the thread in :meth:`run` changes what is kept here; the others put calls of its methods into ``events``.
    Workers train nothing before :meth:`open`. ``answered`` is set once there are workers and all were compared.
    """

    def __init__(
        self, cluster: Cluster, experiment: Experiment, here: Description, say: Callable[[str], None], *, drift: bool
    ) -> None:
        self.events: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self.workers: dict[str, Worker] = {}
        self.answered = Event()
        self.lost = ""
        self._cluster, self._experiment, self._here, self._say = cluster, experiment, here, say
        self._allow_drift = drift
        self._session = secrets.token_hex(8)
        self._waiting: deque[SubmittedTrial] = deque()
        self._looks_without_worker = 0
        self._open = self._stopping = self._left = False
        self._receivers = ThreadPoolExecutor(RECEIVING_THREADS, "nnlab-receiver")

    @property
    def slots(self) -> int:
        """The number of workers that may train."""
        return sum(map(self._may_train, list(self.workers.values())))

    @property
    def checks(self) -> list[WorkerCheck]:
        """What is known of the workers that have answered."""
        return [worker.check for worker in list(self.workers.values()) if worker.check]

    def run(self) -> None:
        """Make the calls in ``events`` one after the other, until there is None."""
        while event := self.events.get():
            try:
                event()
            except Exception as error:
                self._end_all("failed", one_line(repr(error), 300), EXIT_BUG)

    def open(self, reported: Sequence[WorkerCheck] = ()) -> None:
        """Let the workers train; those whose comparison is not ``reported`` yet are."""
        self._open = True
        for worker in self.workers.values():
            if worker.check and worker.check not in reported:
                self._report(worker, worker.check)
        self._dispatch()

    def accept(self, trial: SubmittedTrial) -> None:
        """Train a trial on the next worker that is free."""
        if self.lost:
            trial.raise_lost(self.lost)
        elif self._stopping:
            trial.end_as("waiting")
        else:
            self._waiting.append(trial)
            self._dispatch()

    def update(self, threads: Mapping[str, int]) -> None:
        """Note which workers there are: compare new ones, and lose the trials of those that are gone."""
        for address in self.workers.keys() - threads.keys():
            self._forget(self.workers[address])
        for address in sorted(threads.keys() - self.workers.keys()):
            worker = self.workers[address] = Worker(address)
            self._send(worker, describe, self._experiment, None)
            if threads[address] > 1:
                self._say(
                    f"worker {address} has {threads[address]} threads, but trains one trial at a time; for more, start "
                    f"dask worker with --nworkers {threads[address]} --nthreads 1"
                )
        self._note_answers()
        self._looks_without_worker = 0 if self.workers else self._looks_without_worker + 1
        if self._open and self._looks_without_worker == LOOKS_WITHOUT_WORKER:
            self._say(f"no worker is left; waiting for one: dask worker {self._cluster.address} --nthreads 1")

    def _forget(self, worker: Worker) -> None:
        """Lose the trials of a worker, but for those whose folders may be arriving."""
        if self.workers.get(worker.address) is worker:
            del self.workers[worker.address]
        for call, trial in worker.calls.items():
            call.cancel()
            if trial and call not in worker.ended:
                trial.end_as("lost", f"its worker {worker.address} is gone")

    def stop(self) -> None:
        """Ask the running trials to save and end; what waits is not started."""
        self._stopping = True
        while self._waiting:
            self._waiting.popleft().end_as("waiting")
        training = [worker.address for worker in self.workers.values() if any(worker.calls.values())]
        if training:
            self._receivers.submit(self._cluster.tell, ask_to_stop, self._session, training)

    def leave(self) -> None:
        """Stop, receive nothing more, and end :meth:`run`."""
        self.stop()
        self._left = True
        for worker in self.workers.values():
            for call in list(worker.calls):
                call.cancel()
        self._receivers.shutdown()
        self.events.put(lambda: self._end_all("interrupted", "its worker was left before it had saved"))
        self.events.put(None)

    def lose_scheduler(self) -> None:
        """Let every trial raise WorkersLost."""
        self.lost = f"the Dask scheduler at {self._cluster.address} does not answer any more"
        for trial in self._unfinished():
            trial.raise_lost(self.lost)
        self.workers.clear()
        self.answered.set()

    def _dispatch(self) -> None:
        """Give each free worker a trial."""
        for worker in list(self.workers.values()):
            check = worker.check
            while self._open and self._waiting and check and self._may_train(worker) and not worker.busy:
                trial = self._waiting.popleft()
                if not trial.future.running() and not trial.future.set_running_or_notify_cancel():
                    continue
                drift = self._allow_drift or trial.task.allow_drift  # a trial may be resumed on another worker
                task = replace(trial.task, threads=self._threads(check), allow_drift=drift)
                try:
                    assignment = assigned(task, check.process, self._session, allow_drift=self._allow_drift)
                    self._send(worker, train_assignment, assignment, trial)
                except NnlabError as error:
                    trial.end_as("failed", str(error), error.exit_code)
                except Exception as error:  # of a component that cannot be pickled
                    trial.end_as("failed", one_line(f"cannot be sent: {error!r}", 300), EXIT_BUG)

    def _may_train(self, worker: Worker) -> bool:
        """Whether a worker was compared with this machine, and may train trials."""
        check = worker.check
        return check is not None and check.error is None and (self._allow_drift or not check.differences)

    def _threads(self, check: WorkerCheck) -> int:
        """The threads for a trial: the cores of a worker's machine, shared among the workers on it."""
        hosts = Counter(urlsplit(address).hostname for address in self.workers)
        return max(1, check.cores // hosts[urlsplit(check.address).hostname])

    def _send(
        self, worker: Worker, function: Callable[[Any], Any], argument: object, trial: SubmittedTrial | None
    ) -> None:
        name = trial.task.folder.name if trial else "describe"
        call = self._cluster.submit(function, argument, worker.address, f"nnlab-{name}-{secrets.token_hex(8)}")
        worker.busy, worker.calls[call] = True, trial
        call.when_done(lambda: self.events.put(partial(self._finish, worker, call)))

    def _finish(self, worker: Worker, call: Call) -> None:
        """A call has ended, so its worker is free while the result is fetched."""
        if self._left or call not in worker.calls or self.workers.get(worker.address) is not worker:
            return
        worker.busy = False
        worker.ended.add(call)
        self._receivers.submit(self._fetch, worker, call, worker.calls[call])
        self._dispatch()

    def _fetch(self, worker: Worker, call: Call, trial: SubmittedTrial | None) -> None:
        """In a thread of its own: wait for the result of a call."""
        if trial is None:
            try:
                check = compare_worker(worker.address, self._here, call.result)
            except WorkerLostError:
                self.events.put(partial(self._forget, worker))
            else:
                self.events.put(partial(self._compared, worker, call, check))
            return
        outcome = received(call, trial.task, worker.check, self._here.environment.get("git"))
        if outcome.status == "lost":
            try:
                self._cluster.workers()
            except SchedulerLostError:
                self.events.put(self.lose_scheduler)
        self.events.put(partial(self._received, worker, call, trial, outcome))

    def _received(self, worker: Worker, call: Call, trial: SubmittedTrial, outcome: TrialOutcome) -> None:
        worker.calls.pop(call, None)
        worker.ended.discard(call)
        if outcome.status == "lost":
            self._forget(worker)  # where it was started again it is compared again
        trial.end(outcome)

    def _compared(self, worker: Worker, call: Call, check: WorkerCheck) -> None:
        worker.calls.pop(call, None)
        worker.ended.discard(call)
        worker.check = check
        if self._open:
            self._report(worker, check)
        self._note_answers()
        self._dispatch()

    def _report(self, worker: Worker, check: WorkerCheck) -> None:
        for line in described([check]):
            self._say(line if self._may_train(worker) else f"{line}; it trains nothing")

    def _note_answers(self) -> None:
        if self.workers and all(worker.check for worker in self.workers.values()):
            self.answered.set()

    def _unfinished(self) -> list[SubmittedTrial]:
        """Every trial without an outcome; none of them waits any more."""
        waiting, self._waiting = list(self._waiting), deque()
        sent = [trial for worker in self.workers.values() for trial in worker.calls.values() if trial]
        return waiting + sent

    def _end_all(self, status: str, message: str, exit_code: int = 0) -> None:
        for trial in self._unfinished():
            trial.end_as(status, message, exit_code)
