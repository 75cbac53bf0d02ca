"""Fault injection into sweeps: kill -9 of the process that sweeps, and of its workers."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from nnlab.config.sweep import Sweep
from nnlab.config.sweep_loading import load_sweep
from nnlab.records.formats import FINISHED, trial_folders
from nnlab.records.json_files import read_summary
from nnlab.records.sweep_folder import read_sweep_summary
from nnlab.sweeps import run as sweep_module
from nnlab.sweeps.pool import LocalWorkers
from nnlab.sweeps.resume import resume_sweep
from nnlab.sweeps.run import SweepResult, run_sweep

KILLS = 50
KILLS_OF_WORKERS = 2  # in one sweep: a trial whose worker dies three times counts as failed
SPEC = """\
data:      {name: moons, points: 30, test_points: 10, validation: 0.2}
model:     {name: mlp, hidden: [6], activation: tanh, dropout: 0.2, batch_norm: true}
optimizer: {name: adam, lr: 0.01}
train:     {iterations: 400, batch_size: 8, eval_every: 50, checkpoint_every: 50}
"""
SWEEPS = {
    "grid": "base: spec.yaml\nover: {optimizer.lr: [0.1, 0.03, 0.01, 0.003]}\nseeds: 3\n",
    "halving": "base: spec.yaml\nover: {optimizer.lr: {log: [0.001, 0.1]}}\nsearch: {name: halving, trials: 9}\n",
}
TRIALS = {"grid": 12, "halving": 9}
SAME = ("spec.yaml", "steps.csv", "metrics.csv", "model.safetensors", "trials.csv", "best.yaml")
SCRIPT = """\
import sys
from nnlab.config.sweep_loading import load_sweep
from nnlab.sweeps import run
from nnlab.sweeps.pool import LocalWorkers
run._draw = lambda path, say: None
workers = LocalWorkers(2)
run.run_sweep(load_sweep(sys.argv[1]), sys.argv[2], workers)
workers.close()
"""

Tally = tuple[int, int]


class SweepFaults:
    """Two sweeps, their undisturbed results, and faults to inject."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root = root
        self.random = random.Random(seed)
        self._count = 0
        self._results: dict[str, Undisturbed] = {}
        (root / "spec.yaml").write_text(SPEC, encoding="utf-8")
        for name, text in SWEEPS.items():
            (root / f"{name}.yaml").write_text(text, encoding="utf-8")

    def kills_of_the_parent(self, kills: int = KILLS) -> Tally:
        """kill -9 of a process that sweeps, at random moments; its workers save and end, and the sweep is resumed."""

        def trials() -> Iterator[bool]:
            for number in range(kills):
                name = list(SWEEPS)[number % len(SWEEPS)]
                yield self._killed_and_resumed(name, workers)

        with self._workers() as workers:
            self._swept("grid", workers)  # starts the processes: the next one takes its usual time
            return tally(trials())

    def kills_of_workers(self, kills: int = KILLS) -> Tally:
        """kill -9 of worker processes at random moments of their trials, two in each sweep."""

        def trials() -> Iterator[bool]:
            done = 0
            while done < kills:
                name = list(SWEEPS)[done // KILLS_OF_WORKERS % len(SWEEPS)]
                killed, survived = self._with_kills(name, workers)
                done += killed
                yield from [survived] * killed

        with self._workers() as workers:
            return tally(trials())

    def _killed_and_resumed(self, name: str, workers: LocalWorkers) -> bool:
        undisturbed = self._undisturbed(name, workers)
        path = self._killed(name, undisturbed.seconds)
        finished = ended_at(path)
        result = resume_sweep(path, workers)
        return undisturbed.equals(result) and finished.items() <= ended_at(path).items()

    def _killed(self, name: str, usual: float) -> Path:
        """The folder of a sweep whose process was killed before its end: some time after one of its trials began."""
        while True:
            runs, begun = self._runs(), self.random.randrange(TRIALS[name])
            command = [sys.executable, "-c", SCRIPT, str(self.root / f"{name}.yaml"), str(runs)]
            with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
                while not list(runs.glob("*-sweep-*/summary.json")) or len(list(runs.glob("*/trial-*"))) < begun:
                    time.sleep(0.005)
                time.sleep(self.random.uniform(0, usual / 2))
                process.kill()
            (path,) = runs.iterdir()
            if read_sweep_summary(path)["status"] == "running":
                return path

    def _with_kills(self, name: str, workers: LocalWorkers) -> tuple[int, bool]:
        undisturbed = self._undisturbed(name, workers)
        killed: list[int] = []

        def kill() -> None:
            while len(killed) < KILLS_OF_WORKERS and not done.wait(self.random.uniform(0.05, 0.5)):
                if processes := list(workers.training.values()):
                    process = self.random.choice(processes)
                    with suppress(ProcessLookupError):
                        os.kill(process, signal.SIGKILL)
                        killed.append(process)

        done = threading.Event()
        killer = threading.Thread(target=kill)
        killer.start()
        result = self._swept(name, workers)
        done.set()
        killer.join()
        return len(killed), undisturbed.equals(result)

    def _undisturbed(self, name: str, workers: LocalWorkers) -> "Undisturbed":
        if name not in self._results:
            started = time.perf_counter()
            path = self._swept(name, workers).path
            self._results[name] = Undisturbed(contents(path), time.perf_counter() - started)
        return self._results[name]

    def _swept(self, name: str, workers: LocalWorkers) -> SweepResult:
        return run_sweep(self._sweep(name), self._runs(), workers)

    def _sweep(self, name: str) -> Sweep:
        return load_sweep(self.root / f"{name}.yaml")

    def _runs(self) -> Path:
        self._count += 1
        return self.root / f"runs-{self._count}"

    @contextmanager
    def _workers(self) -> Iterator[LocalWorkers]:
        """Workers for the sweeps of this process, which draw no pictures."""
        draw = sweep_module._draw
        sweep_module._draw = lambda path, say: None
        workers = LocalWorkers(2)
        try:
            yield workers
        finally:
            workers.close()
            sweep_module._draw = draw


@dataclass(frozen=True)
class Undisturbed:
    """The files of a sweep without faults, and how long it took."""

    files: dict[str, bytes]
    seconds: float

    def equals(self, result: SweepResult) -> bool:
        """Whether a sweep ended as this one."""
        return result.summary["status"] == "completed" and contents(result.path) == self.files


def contents(path: Path) -> dict[str, bytes]:
    """The files of a sweep that must not differ."""
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.name in SAME}


def ended_at(path: Path) -> dict[str, int]:
    """When the summary of each trial that has ended was written: of one trained twice it would change."""
    summaries = [trial / "summary.json" for trial in trial_folders(path) if (trial / "summary.json").exists()]
    return {
        summary.parent.name: summary.stat().st_mtime_ns
        for summary in summaries
        if read_summary(summary)["status"] in FINISHED
    }


def tally(trials: Iterator[bool]) -> Tally:
    """The numbers of injected and survived faults."""
    survived = list(trials)
    return len(survived), sum(survived)


def of_sweeps(inject: Callable[[SweepFaults, int], Tally]) -> Callable[..., Tally]:
    """A kind of ``faults.py`` that is injected into sweeps."""
    return lambda faults: inject(SweepFaults(faults.root, faults.seed), max(KILLS // faults.stride, 1))
