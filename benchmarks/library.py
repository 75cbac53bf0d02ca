"""A library in a process of its own, which trains whenever it is asked to."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

# Set on some machines for older versions of OpenBLAS; every library chooses its kernels for the CPU here.
KERNEL_CHOICES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


class LibraryFailed(Exception):
    """A library could not train; the message has the command that says why."""


class Library:
    """One library with one workload, ready to train: imports, data and compilation are behind it."""

    def __init__(
        self, backend: str, workload: str, threads: int, cifar: str | None, changes: Sequence[str] = ()
    ) -> None:
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.measure", backend, workload]
        command += ["--threads", str(threads), "--asked"]
        if cifar:
            command += ["--cifar", cifar]
        for change in changes:
            command += ["--set", change]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment(threads),
        )
        self._command = " ".join(command)
        try:
            self.choices = str(self._answer()["ready"])
        except LibraryFailed:
            self._process.communicate()
            raise

    def train(self) -> dict[str, Any]:
        """Train once from the start weights."""
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith("{"):
                answer: dict[str, Any] = json.loads(line)
                return answer
        raise LibraryFailed(f"{self._command} ended; run it by hand to see why")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()


def environment(threads: int) -> dict[str, str]:
    """What keeps every library to this many threads and lets it choose its kernels for the CPU."""
    kept = {key: value for key, value in os.environ.items() if key not in KERNEL_CHOICES}
    counts = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC"), str(threads))
    return kept | counts | {"TF_CPP_MIN_LOG_LEVEL": "3"}
