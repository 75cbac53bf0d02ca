"""Trials on the workers of a Dask cluster."""

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from threading import Event, Thread

from nnlab.config.experiment import Experiment
from nnlab.errors import UsageError
from nnlab.sweeps.dask_checks import described, refuse_differing
from nnlab.sweeps.dask_cluster import Cluster, DaskCluster, SchedulerLostError
from nnlab.sweeps.dask_dispatcher import Dispatcher
from nnlab.sweeps.dask_tasks import describe
from nnlab.sweeps.dask_transfer import SubmittedTrial
from nnlab.sweeps.trial import TrialOutcome, TrialTask

WORKERS_SECONDS = 30.0
"""How long to wait for the first worker, and for the answers of all."""

MORE_PATIENCE = 20
"""How many times longer to wait where there are workers and none has answered yet."""

POLL_SECONDS = 0.5


class DaskWorkers:
    """Trains one trial at a time on each worker of a cluster, and puts its folder in place on this machine.

    ``scheduler`` is an address or a scheduler file. A trial is sent to one worker, and the scheduler may send it to no
    other: where that worker dies, the trial is lost and nothing of it arrives. Workers that join later are compared
    with this machine before they train.

    ``experiment`` names the data. Raises UsageError where there is no scheduler or worker, or where a worker has other
    versions, BLAS or data, unless ``allow_drift``, which reports that through ``say``; DataError where a worker or this
    machine lacks the data.
    """

    def __init__(
        self,
        scheduler: str,
        experiment: Experiment,
        *,
        allow_drift: bool = False,
        say: Callable[[str], None] = lambda line: None,
        connect: Callable[[str], Cluster] = DaskCluster,
        seconds: float = WORKERS_SECONDS,
    ) -> None:
        self.slots = 1
        self._cluster = connect(scheduler)
        here = describe(experiment)
        if error := here.error:
            self._cluster.close()
            raise error
        self._dispatcher = Dispatcher(self._cluster, experiment, here, say, drift=allow_drift)
        self._closing = Event()
        self._threads = [Thread(target=target, daemon=True) for target in (self._dispatcher.run, self._watch)]
        for thread in self._threads:
            thread.start()
        try:
            self._wait_for_workers(seconds, say)
            checks = self._dispatcher.checks
            refuse_differing(checks, allow_drift=allow_drift)
            for line in described(checks):
                say(line)
        except BaseException:
            self.close()
            raise
        self.slots = max(1, self._dispatcher.slots)
        self._do(partial(self._dispatcher.open, checks))

    def submit(self, task: TrialTask) -> "Future[TrialOutcome]":
        """Train a trial on the next worker that is free."""
        trial = SubmittedTrial(task)
        self._do(partial(self._dispatcher.accept, trial))
        return trial.future

    def stop(self) -> None:
        """Ask the running trials to save and end after their current step."""
        self._do(self._dispatcher.stop)

    def close(self) -> None:
        """Leave the cluster; what still trains there ends after its current step, and does not arrive."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._do(self._dispatcher.leave)
        for thread in self._threads:
            thread.join()
        self._cluster.close()

    def _do(self, call: Callable[[], None]) -> None:
        self._dispatcher.events.put(call)

    def _watch(self) -> None:
        """Look again and again which workers there are."""
        while True:
            try:
                self._do(partial(self._dispatcher.update, self._cluster.workers()))
                self.slots = max(1, self._dispatcher.slots)
            except SchedulerLostError:
                self._do(self._dispatcher.lose_scheduler)
                return
            if self._closing.wait(POLL_SECONDS):
                return

    def _wait_for_workers(self, seconds: float, say: Callable[[str], None]) -> None:
        """Wait until every worker was compared with this machine; raises UsageError where none was."""
        dispatcher, address = self._dispatcher, self._cluster.address
        answered = dispatcher.answered.wait(seconds)
        if not answered and dispatcher.workers and not dispatcher.checks:
            say(f"waiting for an answer of the workers at {address}: they are busy, or download the data")
            dispatcher.answered.wait(seconds * MORE_PATIENCE)
        if dispatcher.lost:
            raise UsageError(f"--dask: {dispatcher.lost}")
        workers, checks = dict(dispatcher.workers), dispatcher.checks
        if not workers:
            raise UsageError(
                f"--dask: the scheduler at {address} has no worker after {seconds:g} seconds; start one on each "
                f"machine: dask worker {address} --nthreads 1"
            )
        if not checks:
            raise UsageError(
                f"--dask: none of the {len(workers)} workers at {address} answers within "
                f"{seconds * (1 + MORE_PATIENCE):g} seconds; they may be busy with other tasks"
            )
