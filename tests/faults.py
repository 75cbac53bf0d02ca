"""Fault injection: ``python tests/faults.py`` prints a table of injected and survived faults.

Each fault hits a training in a separate process. A fault is survived if, after resuming, tables and weights are byte
for byte those of an undisturbed run. The exit code is 1 if any fault was not survived.
"""

import argparse
import errno
import gc
import mmap
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: forking needs a single thread

from sweep_faults import SweepFaults, of_sweeps

from nnlab.config.loading import load_experiment
from nnlab.errors import Interrupted, NnlabError, RunError
from nnlab.records.checkpoint import checkpoint_files
from nnlab.storage import disk, folder_names
from nnlab.storage.folders import create_folder
from nnlab.train import pictures as pictures_module
from nnlab.train import run as run_module
from nnlab.train.reporting import Reporter, Silent
from nnlab.train.resume import last_run, resume
from nnlab.train.run import run

SPEC = """\
data:      {name: moons, points: 30, test_points: 10, validation: 0.2}
model:     {name: mlp, hidden: [6], activation: tanh, dropout: 0.2, batch_norm: true}
optimizer: {name: adam, lr: 0.01}
metrics:   [f1, accuracy, confusion]
train:     {iterations: 30, batch_size: 8, eval_every: 3, checkpoint_every: 4, early_stopping: {patience: 50}}
"""
SAME = ("steps.csv", "metrics.csv", "confusion.csv", "model.safetensors")
TRIALS = 60
FOLDERS = 200

Tally = tuple[int, int]
Operation = Callable[..., Any]


def fake_picture(record: object, folder: Path, *rest: object) -> None:
    """A small file instead of pictures, which take a quarter of a second each."""
    disk.atomic_write(folder / "accuracy.png", b"picture" * 100)


# Querying git and the CPU each time would take as long as a training.
ENVIRONMENT = run_module.describe_environment({})

# A killed process loses nothing that was written to the system; flushing to disk would take most of the time.
os.fsync = lambda handle: None
run_module.describe_environment = lambda checksums: ENVIRONMENT
pictures_module.plot_run = fake_picture
pictures_module.draw_all = lambda *arguments: []  # type: ignore[assignment]


def in_child(work: Callable[[], object], strike: Callable[[int], None] | None = None) -> int:
    """Run work in a child process, optionally hit by ``strike``; returns the exit code, negative for a signal."""
    child = os.fork()
    if not child:
        gc.disable()  # a collection would copy the parent's memory, which takes longer than the training
        code = 70
        try:
            work()
            code = 0
        except NnlabError as error:
            code = error.exit_code
        except Interrupted as error:
            code = error.exit_code
        finally:
            os._exit(code)
    if strike:
        strike(child)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class Faults:
    """An experiment, its undisturbed result, and faults to inject."""

    def __init__(self, root: Path, seed: int, extra: tuple[str, ...] = (), stride: int = 1) -> None:
        self.root = root
        self.stride = stride
        self.first = 1 + seed % stride
        self.seed = seed
        self.random = random.Random(seed)
        self._count = 0
        spec = root / "faults.yaml"
        spec.write_text(SPEC, encoding="utf-8")
        self.experiment = load_experiment(spec, extra)
        self.expected = self.contents(run(self.experiment, root / "undisturbed").path)

    def contents(self, folder: Path) -> list[bytes]:
        """The files that must not differ."""
        return [(folder / name).read_bytes() for name in SAME]

    def runs(self) -> Path:
        """A new folder for runs."""
        self._count += 1
        return self.root / f"runs-{self._count}"

    def recovered(self, runs: Path, reporter: Reporter | None = None, *, may_restart: bool = False) -> bool:
        """Resume the run and compare it with the undisturbed one.

        With ``may_restart`` the resume may be rejected first, with all checkpoints kept, and then restarted.
        """
        if not runs.exists() or not any((folder / "summary.json").exists() for folder in runs.iterdir()):
            runs = self.runs()  # killed before anything was recorded: start again
            in_child(lambda: run(self.experiment, runs))
        code = in_child(lambda: resume(last_run(runs), reporter))
        if may_restart and code == RunError.exit_code and checkpoint_files(last_run(runs)):
            code = in_child(lambda: resume(last_run(runs), reporter, restart=True))
        return code == 0 and self.contents(last_run(runs)) == self.expected

    def tally(self, trials: Iterator[bool]) -> Tally:
        """The numbers of injected and survived faults."""
        survived = list(trials)
        return len(survived), sum(survived)

    def train(self, runs: Path, attempt: Operation | None = None) -> Callable[[], object]:
        """A training whose file operations go through ``attempt``."""

        def work() -> object:
            if attempt:
                disk.attempt = attempt
            return run(self.experiment, runs)

        return work

    def operations(self) -> int:
        """The number of file operations of a training."""
        return self._counted(lambda attempt: self.train(self.runs(), attempt))

    @staticmethod
    def _counted(work: Callable[[Operation], Callable[[], object]]) -> int:
        counted = mmap.mmap(-1, 8)

        def attempt(operation: Operation, *arguments: object) -> object:
            counted[:] = (int.from_bytes(counted[:]) + 1).to_bytes(8)
            return operation(*arguments)

        in_child(work(attempt))
        return int.from_bytes(counted[:])

    def kills_at_random(self) -> Tally:
        """kill -9 at random moments of a training and of resuming it."""

        def trials() -> Iterator[bool]:
            started = time.perf_counter()
            in_child(self.train(self.runs()))
            usual = time.perf_counter() - started
            for _ in range(TRIALS // self.stride):
                runs = self.runs()
                killed = in_child(self.train(runs), lambda child: self._kill(child, usual))
                if runs.exists() and any((folder / "summary.json").exists() for folder in runs.iterdir()):
                    in_child(lambda runs=runs: resume(last_run(runs)), lambda child: self._kill(child, usual))
                yield self.recovered(runs) and killed in (0, -signal.SIGKILL)

        return self.tally(trials())

    def _kill(self, child: int, within: float) -> None:
        time.sleep(self.random.uniform(0, within))
        os.kill(child, signal.SIGKILL)

    def kills_inside_saves(self) -> Tally:
        """kill -9 during each file operation, after half of a write."""

        def kill(operation: Operation, arguments: tuple[Any, ...]) -> None:
            if operation is not os.write and self.random.random() < 0.5:
                operation(*arguments)
            os.kill(os.getpid(), signal.SIGKILL)

        return self.tally(self._each_operation(lambda number: self._striking(number, kill), -signal.SIGKILL))

    def failures(self) -> Tally:
        """The n-th file operation fails, for every n; later ones succeed."""

        def fail(operation: Operation, arguments: tuple[Any, ...]) -> None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        return self.tally(self._each_operation(lambda number: self._striking(number, fail), 5))

    @staticmethod
    def _striking(number: int, strike: Callable[[Operation, tuple[Any, ...]], None]) -> Operation:
        """An operation that runs ``strike`` at the given number, after half of a write."""
        left = [number]

        def attempt(operation: Operation, *arguments: Any) -> object:
            left[0] -= 1
            if left[0] == 0:
                if operation is os.write:
                    os.write(arguments[0], arguments[1][: len(arguments[1]) // 2])
                strike(operation, arguments)
            return operation(*arguments)

        return attempt

    def full_disk(self) -> Tally:
        """The disk is full from the n-th operation, for every n."""

        def plan(number: int) -> Operation:
            return self._refusing(number, errno.ENOSPC, (os.write, os.mkdir, os.open))

        return self.tally(self._each_operation(plan, 5))

    def read_only(self) -> Tally:
        """The folder is read-only from the n-th operation, for every n."""

        def plan(number: int) -> Operation:
            return self._refusing(number, errno.EROFS, (os.write, os.mkdir, os.open, os.replace, os.unlink))

        return self.tally(self._each_operation(plan, 5))

    @staticmethod
    def _refusing(number: int, code: int, refused: tuple[Operation, ...]) -> Operation:
        left = [number]

        def attempt(operation: Operation, *arguments: Any) -> object:
            left[0] -= 1
            reading = operation is os.open and len(arguments) > 1 and arguments[1] == os.O_RDONLY
            if left[0] <= 0 and operation in refused and not reading:
                raise OSError(code, os.strerror(code))
            return operation(*arguments)

        return attempt

    def _each_operation(self, plan: Callable[[int], Operation], code: int) -> Iterator[bool]:
        for number in range(self.first, self.operations() + 1, self.stride):
            runs = self.runs()
            ended = in_child(self.train(runs, plan(number)))
            yield self.recovered(runs) and ended in (0, code)

    def failing_resumptions(self) -> Tally:
        """The disk fails once or becomes full while a run is resumed, before its first checkpoint or half way.

        Once the disk works, the run is resumed again.
        """

        def fail(operation: Operation, arguments: tuple[Any, ...]) -> None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        plans: list[tuple[Path, Callable[[int], Operation]]] = [
            (self._begun(), lambda number: self._refusing(number, errno.ENOSPC, (os.write, os.mkdir, os.open))),
            (self._stopped(), lambda number: self._striking(number, fail)),
        ]
        return self.tally(
            self._resumed(start, plan(number))
            for start, plan in plans
            for number in range(self.first, self._operations_to_resume(start) + 1, self.stride)
        )

    def _resumed(self, start: Path, attempt: Operation) -> bool:
        runs = self._copy(start)
        return in_child(self._resumption(runs, attempt)) in (0, 5) and self.recovered(runs)

    def _operations_to_resume(self, start: Path) -> int:
        return self._counted(lambda attempt: self._resumption(self._copy(start), attempt))

    def _resumption(self, runs: Path, attempt: Operation) -> Callable[[], object]:
        def work() -> object:
            disk.attempt = attempt
            return resume(last_run(runs))

        return work

    def _copy(self, runs: Path) -> Path:
        return Path(shutil.copytree(runs, self.runs()))

    def _begun(self) -> Path:
        """A run that was killed before its first checkpoint."""
        runs = self.runs()

        def work() -> object:
            run_module.train = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)
            return run(self.experiment, runs)

        if in_child(work) != -signal.SIGKILL:
            raise AssertionError("the run was not killed")
        return runs

    def flipped_bytes(self) -> Tally:
        """A flipped bit in the latest checkpoint, at every kilobyte."""

        def damage(raw: bytearray, place: int) -> bytes:
            raw[place] ^= 1 << self.random.randrange(8)
            return bytes(raw)

        return self.tally(self._each_kilobyte(damage))

    def truncations(self) -> Tally:
        """The latest checkpoint is truncated, at every kilobyte."""
        return self.tally(self._each_kilobyte(lambda raw, place: bytes(raw[:place])))

    def _each_kilobyte(self, damage: Callable[[bytearray, int], bytes]) -> Iterator[bool]:
        runs = self._stopped()
        newest = checkpoint_files(last_run(runs))[0]
        intact = newest.read_bytes()
        for place in range(0, len(intact), 1024):
            newest.write_bytes(damage(bytearray(intact), place))
            warned = Warnings()
            kept = {path: path.read_bytes() for path in last_run(runs).rglob("*") if path.is_file()}
            survived = in_child(lambda warned=warned: (resume(last_run(runs), warned), warned.check(newest.name))) == 0
            yield survived and self.contents(last_run(runs)) == self.expected
            for path, raw in kept.items():
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(raw)

    def _stopped(self) -> Path:
        """A run that was interrupted half way."""
        runs = self.runs()

        def work() -> object:
            train = run_module.train

            def stopping(training: Any, observers: Any, stop: Any, keeper: Any) -> Any:
                class Stop:
                    def on_step(self, step: int, objective: float) -> None:
                        if step == min(17, training.iterations // 2):
                            stop.receive(signal.SIGTERM, None)

                    def on_evaluation(self, row: object) -> None: ...

                return train(training, [*observers, Stop()], stop, keeper)

            run_module.train = stopping
            return run(self.experiment, runs)

        if in_child(work) != 128 + signal.SIGTERM:
            raise AssertionError("the run was not stopped")
        return runs

    def garbage_in_tables(self) -> Tally:
        """Torn and foreign lines in metrics.csv and steps.csv, at the end and in the middle."""

        def trials() -> Iterator[bool]:
            for name in ("metrics.csv", "steps.csv"):
                for garbage in (b"12", b"\x00\xff\xfe\n", b"1,2,3,4\n", b"a,b\nc\n" * 1000):
                    for share in (0.3, 0.6, 1.0):
                        runs = self._stopped()
                        path = last_run(runs) / name
                        raw = path.read_bytes()
                        place = int(len(raw) * share)
                        path.write_bytes(raw[:place] + garbage + raw[place:])
                        yield self.recovered(runs, may_restart=True)

        return self.tally(trials())

    def starts_at_once(self) -> Tally:
        """200 runs start within one second of the clock, in four processes."""
        runs = self.runs()

        def work() -> None:
            for _ in range(FOLDERS // 4):
                create_folder(runs, "same")

        with fixed_clock(datetime(2025, 1, 1, tzinfo=UTC)):
            children = [os.fork() for _ in range(1)]
            if children == [0]:
                for _ in range(3):
                    in_child(work)
                os._exit(0)
            work()
            os.waitpid(children[0], 0)
        return FOLDERS, len(list(runs.iterdir()))

    def clock_set_back(self) -> Tally:
        """The clock goes back an hour between start and resume, and a day before another start."""

        def trials() -> Iterator[bool]:
            runs = self._stopped()
            with fixed_clock(datetime(2001, 1, 1, tzinfo=UTC)):
                first = last_run(runs)
                yield self.recovered(runs) and self.contents(first) == self.expected
                yield self.contents(run(self.experiment, runs).path) == self.expected
                yield len(list(runs.iterdir())) == 2

        return self.tally(trials())


class Warnings(Silent):
    """Collects the warnings of a resumed run."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        """Keep a line."""
        self.lines.append(line)

    def check(self, name: str) -> None:
        """Raise an error unless a damaged file was named."""
        if not any(name in line for line in self.lines):
            raise AssertionError(f"no warning about {name}")


@contextmanager
def fixed_clock(moment: datetime) -> Iterator[None]:
    """Set the clock for the names of new folders."""

    class Clock:
        @staticmethod
        def now(zone: object) -> datetime:
            return moment

    real = folder_names.datetime
    folder_names.datetime = Clock  # type: ignore[assignment,misc]
    try:
        yield
    finally:
        folder_names.datetime = real  # type: ignore[misc]


KINDS: dict[str, tuple[str, Callable[[Faults], Tally]]] = {
    "kill": ("kill -9 at random moments", Faults.kills_at_random),
    "save": ("kill -9 in the middle of each file operation", Faults.kills_inside_saves),
    "fail": ("the n-th file operation fails, every n", Faults.failures),
    "full": ("disk full from the n-th operation on, every n", Faults.full_disk),
    "readonly": ("folder read-only from the n-th operation on, every n", Faults.read_only),
    "resume": ("the disk fails or is full while a run is resumed, every n", Faults.failing_resumptions),
    "flip": ("a flipped bit at each kilobyte of a checkpoint", Faults.flipped_bytes),
    "cut": ("a checkpoint cut off at each kilobyte", Faults.truncations),
    "garbage": ("torn or foreign lines in the tables", Faults.garbage_in_tables),
    "starts": ("200 starts within a second", Faults.starts_at_once),
    "clock": ("the clock set back", Faults.clock_set_back),
    "sweep": ("kill -9 of a process that sweeps", of_sweeps(SweepFaults.kills_of_the_parent)),
    "worker": ("kill -9 of workers of a sweep", of_sweeps(SweepFaults.kills_of_workers)),
}
# More weights give larger checkpoints.
CHANGES = dict.fromkeys(("flip", "cut"), ("model.hidden=[200]",))


def main(arguments: list[str] | None = None) -> int:
    """Inject the named faults, or all of them, and print the results; 1 when anything was lost."""
    parser = argparse.ArgumentParser(description="Inject faults into runs and check that nothing is lost.")
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--seed", type=int, default=0, help="random seed of moments, bits and halves")
    parser.add_argument("-s", dest="changes", action="append", default=[], help="override a key of the spec")
    parser.add_argument("--stride", type=int, default=1, help="inject every N-th fault, 1/N of the kills")
    parser.add_argument("--lines", action="store_true", help="read arguments from each line of standard input")
    given = parser.parse_args(arguments)
    unknown = set(given.kinds) - KINDS.keys()
    if unknown:
        parser.error(f"no fault is called {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    if given.lines:
        return max((answer(line) for line in sys.stdin), default=0)
    sys.stdout.write("| fault | injected | survived | lost |\n|---|---|---|---|\n")
    lost = 0
    with tempfile.TemporaryDirectory() as root:
        for kind in given.kinds or KINDS:
            name, inject = KINDS[kind]
            place = Path(root, kind)
            place.mkdir()
            faults = Faults(place, given.seed, (*CHANGES.get(kind, ()), *given.changes), given.stride)
            injected, survived = inject(faults)
            lost += injected - survived
            sys.stdout.write(f"| {name} | {injected} | {survived} | {injected - survived} |\n")
            sys.stdout.flush()
    return 1 if lost else 0


def answer(line: str) -> int:
    """Inject the faults of one line within five minutes, and end the table with the exit code."""
    signal.alarm(300)
    code = main(line.split())
    signal.alarm(0)
    sys.stdout.write(f"exit {code}\n")
    sys.stdout.flush()
    return code


if __name__ == "__main__":
    sys.exit(main())
