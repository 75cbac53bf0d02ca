"""Worker processes on this machine."""

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from queue import LifoQueue
from threading import Lock
from types import ModuleType

from nnlab.core.signals import SIGNALS
from nnlab.errors import EXIT_BUG
from nnlab.plugins.loading import pickled
from nnlab.sweeps import worker
from nnlab.sweeps.trial import TrialOutcome, TrialTask
from nnlab.text import one_line

_SPAWN = get_context("spawn")
_starting = Lock()


class LocalWorkers:
    """Trains trials in ``slots`` processes, which start when they are needed and stay warm.

    Each is a pool of one process: where it dies, its trial is lost and nothing else.
    """

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._flag: worker.Flag = _SPAWN.RawValue("b", 0)
        self._processes = [_Process(self._flag) for _ in range(slots)]
        self._idle: LifoQueue[_Process] = LifoQueue()  # the one used last is the warmest
        for process in reversed(self._processes):
            self._idle.put(process)
        self._threads = ThreadPoolExecutor(slots, "nnlab-worker")

    @property
    def training(self) -> dict[int, int]:
        """The process that trains a trial, by the trial's number."""
        pairs = [(process.trial, process.pid) for process in self._processes]
        return {trial: pid for trial, pid in pairs if trial is not None and pid is not None}

    def submit(self, task: TrialTask) -> "Future[TrialOutcome]":
        """Train a trial in the next process that is idle."""
        return self._threads.submit(self._train, task)

    def stop(self) -> None:
        """Ask all trials to save and end after their current step."""
        self._flag.value = 1

    def close(self) -> None:
        """End the processes; a trial that still trains is killed, and can be resumed."""
        self.stop()
        for process in self._processes:
            process.kill_training()
        self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            process.end()

    def _train(self, task: TrialTask) -> TrialOutcome:
        if self._flag.value:
            return TrialOutcome(task.number, "waiting")
        process = self._idle.get()
        try:
            return process.train(task)
        finally:
            self._idle.put(process)


class _Process:
    """One worker process, replaced when it dies."""

    def __init__(self, flag: worker.Flag) -> None:
        self._flag = flag
        self._pool: ProcessPoolExecutor | None = None
        self.pid: int | None = None
        self.trial: int | None = None  # which is training

    def train(self, task: TrialTask) -> TrialOutcome:
        """Train a trial; lost where the process dies meanwhile."""
        try:
            if self._died_idle():
                self.end()
            pool = self._pool or self._started()
            if self._flag.value:
                return TrialOutcome(task.number, "waiting")
            self.trial = task.number
            return pool.submit(worker.train, task.number, pickled(task)).result()
        except BrokenProcessPool:
            self.end()
            return TrialOutcome(task.number, "lost", "its worker process died")
        except Exception as error:  # such as a component that cannot be pickled
            return TrialOutcome(task.number, "failed", one_line(repr(error), 300), EXIT_BUG)
        finally:
            self.trial = None

    def kill_training(self) -> None:
        """Kill the process if it is training."""
        if self.trial is not None and self.pid is not None:
            with suppress(OSError):  # it has just ended
                os.kill(self.pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    def end(self) -> None:
        """End the process."""
        pool, self._pool, self.pid = self._pool, None, None
        if pool:
            pool.shutdown()

    def _started(self) -> ProcessPoolExecutor:
        # The pool's queues start the resource tracker, which changes which signals are blocked.
        pool = self._pool = ProcessPoolExecutor(1, _SPAWN, initializer=worker.start, initargs=(self._flag,))
        with _starting, _without_main(), _signals_blocked():
            pid = pool.submit(os.getpid)
        self.pid = pid.result()
        return pool

    def _died_idle(self) -> bool:
        """Whether the process died between two trials, which costs none."""
        try:
            return self._pool is not None and self._pool.submit(os.getpid).result() != self.pid
        except BrokenProcessPool:
            return True


@contextmanager
def _without_main() -> Iterator[None]:
    """Hide ``__main__`` while a process starts, which would run the user's script again for its definitions.

    That is why a script needs no ``if __name__ == "__main__":`` around a sweep.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Block signals in a process that starts meanwhile, until its handlers are there; not on Windows."""
    if sys.platform == "win32":
        yield
    else:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
