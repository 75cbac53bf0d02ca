"""Fault injection: a resumed run gives the result of an undisturbed one."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE

import pytest
from examples import THOROUGH

pytestmark = pytest.mark.slow

FAULTS = Path(__file__).with_name("faults.py")
# Minimum number of injected faults of each kind. Here every sixth file operation is hit, with NNLAB_TESTS=thorough
# every third (each kind starts at another one); python tests/faults.py hits all of them.
LEAST = {
    "kill": 10,
    "save": 10,
    "fail": 10,
    "full": 10,
    "readonly": 10,
    "resume": 15,
    "flip": 15,
    "cut": 15,
    "garbage": 24,
    "starts": 200,
    "clock": 3,
    "worker": 2,  # tests/sweeps/test_sweep_processes.py kills a process that sweeps
}
STRIDES = {"kill": 6, "save": 6, "fail": 6, "full": 6, "readonly": 6, "resume": 10, "worker": 50}
if THOROUGH:
    STRIDES = {kind: stride // 2 for kind, stride in STRIDES.items()}


@pytest.fixture(scope="module")
def inject() -> Iterator[Callable[..., list[str]]]:
    """Injects faults and returns the printed lines; a single process, since imports take a second."""
    command = [sys.executable, FAULTS, "--lines"]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=errors, text=True, encoding="utf-8") as process,
    ):

        def ask(*arguments: str) -> list[str]:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(" ".join(arguments) + "\n")
            process.stdin.flush()
            printed: list[str] = []
            for line in process.stdout:
                if line.startswith("exit "):
                    assert line == "exit 0\n", printed
                    return printed
                printed.append(line)
            errors.seek(0)
            raise AssertionError(f"the process ended: {printed} {errors.read()}")

        try:
            yield ask
        finally:
            process.kill()


@pytest.mark.parametrize("kind", LEAST)
def test_faults_lose_nothing(kind: str, inject: Callable[..., list[str]]) -> None:
    changes = ["train.iterations=4", "train.eval_every=4"] if kind in STRIDES and kind != "kill" else []
    if kind in ("flip", "cut"):
        changes = ["train.iterations=20"]
    arguments = [kind, *(part for change in changes for part in ("-s", change))]
    printed = inject(*arguments, "--stride", str(STRIDES.get(kind, 1)), "--seed", str(list(LEAST).index(kind)))
    injected, survived, lost = (int(cell) for cell in printed[-1].split("|")[2:5])
    assert injected >= LEAST[kind]
    assert (survived, lost) == (injected, 0)
