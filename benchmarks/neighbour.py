"""A busy machine: another process that computes on one core, and commands measured beside it.

``python -m benchmarks.neighbour MODE COMMAND...`` runs a command with a neighbour or on one core:
``python -m benchmarks.neighbour neighbour python -m benchmarks wide --parts workloads``.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

# Ends by itself within milliseconds of its parent, should that be killed.
SPIN = """
import os, sys
parent, nice, core = map(int, sys.argv[1:])
if nice and hasattr(os, "nice"):
    os.nice(nice)
if core >= 0 and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {core})
print("spinning", flush=True)
while os.getppid() == parent:
    for _ in range(100_000):
        pass
"""


@contextmanager
def busy_neighbour(*, nice: int = 0, core: int | None = None) -> Iterator[int]:
    """A process that spins until the block ends, given as its process id.

    ``core`` pins it to one core (None: where the system puts it), ``nice`` lowers its priority (19 is the lowest).
    """
    arguments = [str(os.getpid()), str(nice), str(-1 if core is None else core)]
    process = subprocess.Popen([sys.executable, "-I", "-S", "-c", SPIN, *arguments], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()  # it spins from here
        yield process.pid
    finally:
        process.kill()
        process.communicate()


@contextmanager
def on_one_core(core: int | None = None) -> Iterator[None]:
    """Within the block, this process and those it starts use one core (None: the last of those available).

    Only on Linux; BLAS libraries loaded before keep the threads that they have.
    """
    if sys.platform == "linux":
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {max(cores) if core is None else core})
        try:
            yield
        finally:
            os.sched_setaffinity(0, cores)
    else:
        raise SystemExit("a process is kept to one core on Linux only")


MODES = ("quiet", "neighbour", "nice", "one-core")


@contextmanager
def machine(mode: str) -> Iterator[None]:
    """A machine in one of the modes: quiet, a busy neighbour at equal (``neighbour``) or lowest priority, one core."""
    with ExitStack() as stack:
        if mode == "one-core":
            stack.enter_context(on_one_core())
        elif mode != "quiet":
            stack.enter_context(busy_neighbour(nice=19 if mode == "nice" else 0))
        yield


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command in a mode."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.neighbour", description=__doc__)
    parser.add_argument("mode", choices=MODES)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    asked = parser.parse_args(arguments)
    if not asked.command:
        parser.error("a command is missing")
    with machine(asked.mode):
        return subprocess.run(asked.command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
