"""Worker threads: NumPy releases the interpreter's lock while it computes."""

import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import copy_context
from functools import partial
from typing import Generic, TypeVar

from nnlab.core.control_group import cpu_limit
from nnlab.core.sysctl import sysctl

T = TypeVar("T")


def available_cores() -> int:
    """The number of cores this process may use; on Apple silicon the fast ones: a step waits for its slowest part.

    A CPU limit of a container counts in whole cores: beyond them, threads would only be stopped in turn.
    """
    limit = cpu_limit()
    return max(1, min(_cores(), _cores() if limit is None else int(limit)))


def usable_threads(asked: int | None = None) -> int:
    """The number of threads to start where ``asked`` are wanted (None: one per core): never more than cores."""
    cores = available_cores()
    return min(asked or cores, cores)


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)  # only Linux has it
    if affinity:
        return len(affinity(0))
    fast = sysctl("hw.perflevel0.physicalcpu") or ""
    return int(fast) if fast.isdecimal() and int(fast) else os.cpu_count() or 1


class Workers:
    """A fixed number of threads, the calling thread included, for one caller at a time.

    A free thread takes the next piece of the work. The caller waits only for pieces that another thread has begun, so
    that a thread which gets no core, beside other programs, costs next to nothing.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._helpers: list[_Helper] = []
        self._process = os.getpid()
        weakref.finalize(self, _stop, self._helpers)

    def run(self, function: Callable[[int], T], count: int) -> list[T]:
        """[function(0), ..., function(count − 1)], computed by all threads."""
        return self.run_with_worker(lambda worker, index: function(index), count)

    def run_with_worker(self, function: Callable[[int, int], T], count: int) -> list[T]:
        """[function(worker, 0), ..., function(worker, count − 1)], computed by all threads.

        ``worker`` is the number of the thread, below ``threads``: which memory it may write to. The error of the first
        piece that fails is raised once no thread computes any more.
        """
        if self.threads == 1 or count < 2:
            return [function(0, index) for index in range(count)]
        job = _Job(function, count)
        helpers = self._awake(min(count, self.threads) - 1)
        interrupted: BaseException | None = None
        try:
            for helper in helpers:
                # The context carries how NumPy treats overflow.
                helper.begin(partial(copy_context().run, job.work, helper.number))
            job.work(0)
        finally:
            job.pieces.clear()
            for helper in helpers:
                interrupted = helper.wait() or interrupted
        if interrupted:
            raise interrupted
        return job.answer()

    def _awake(self, count: int) -> "Sequence[_Helper]":
        """The first helpers, started where they do not exist: in this process, which may be a fork."""
        if self._process != os.getpid():
            self._helpers.clear()
            self._process = os.getpid()
        while len(self._helpers) < count:
            self._helpers.append(_Helper(len(self._helpers) + 1))
        return self._helpers[:count]


class _Job(Generic[T]):
    """Pieces of work, which threads take in order, and their results or errors by piece."""

    def __init__(self, function: Callable[[int, int], T], count: int) -> None:
        self.function = function
        self.count = count
        self.pieces = deque(range(count))
        self.results: dict[int, T] = {}
        self.errors: dict[int, BaseException] = {}

    def work(self, worker: int) -> None:
        """Take pieces until none is left."""
        while True:
            try:
                index = self.pieces.popleft()
            except IndexError:
                return
            try:
                self.results[index] = self.function(worker, index)
            except BaseException as error:
                self.errors[index] = error
                self.pieces.clear()

    def answer(self) -> list[T]:
        """The results in order; raises the error of the first piece that failed, whichever thread met it.

        What is no mistake of a piece, such as Ctrl-C, comes first.
        """
        if self.errors:
            raise self.errors[min(self.errors, key=lambda index: (isinstance(self.errors[index], Exception), index))]
        return [self.results[index] for index in range(self.count)]


class _Helper:
    """A thread that waits for work on a lock: handing over takes half the time of a ThreadPoolExecutor."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._work: Callable[[], None] | None = None
        self._called = threading.Lock()  # held while there is nothing to do
        self._called.acquire()
        self._busy = threading.Lock()  # held while it works
        self._ended = False
        threading.Thread(target=self._loop, name=f"nnlab-{number}", daemon=True).start()

    def begin(self, work: Callable[[], None]) -> None:
        """Wake the thread to do this; where it has not awoken since the last call, it does this alone."""
        self._work = work
        self._call()

    def wait(self) -> BaseException | None:
        """Wait until the thread has done what it began; what interrupts the waiting is returned, such as Ctrl-C."""
        interrupted = None
        while True:
            try:
                with self._busy:
                    self._work = None
                return interrupted
            except BaseException as error:
                interrupted = error

    def end(self) -> None:
        """Let the thread end, once it is awake."""
        self._ended = True
        self._call()

    def _call(self) -> None:
        if self._called.locked():
            self._called.release()

    def _loop(self) -> None:
        while not self._ended:
            self._called.acquire()
            with self._busy:  # before it takes the first piece
                if self._work is not None:
                    self._work()


def _stop(helpers: Sequence[_Helper]) -> None:
    for helper in helpers:
        helper.end()
