"""Worker threads: NumPy releases the interpreter's lock while it computes."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import TypeVar

from nnlab.core.sysctl import sysctl

T = TypeVar("T")


def available_cores() -> int:
    """The number of cores this process may use; on Apple silicon the fast ones: a step waits for its slowest part."""
    affinity = getattr(os, "sched_getaffinity", None)  # only Linux has it
    if affinity:
        return len(affinity(0))
    fast = sysctl("hw.perflevel0.physicalcpu") or ""
    return int(fast) if fast.isdecimal() and int(fast) else os.cpu_count() or 1


class Workers:
    """A fixed number of threads, the calling thread included."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._pool = ThreadPoolExecutor(threads - 1, "nnlab") if threads > 1 else None

    def run(self, function: Callable[[int], T], count: int) -> list[T]:
        """[function(0), ..., function(count − 1)], computed by all threads; starting them takes about 30 µs."""
        if self._pool is None or count < 2:
            return [function(index) for index in range(count)]
        results: dict[int, T] = {}

        def share(worker: int) -> None:
            for index in range(worker, count, self.threads):
                results[index] = function(index)

        # The context carries how NumPy treats overflow.
        others = [self._pool.submit(copy_context().run, share, worker) for worker in range(1, min(count, self.threads))]
        try:
            share(0)
        finally:
            wait(others)  # after an error too: no thread may still write when this returns
        for other in others:
            other.result()
        return [results[index] for index in range(count)]
