"""Sweeps whose workers train nothing: they write run folders by a formula, at once, and end in an order of choice."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from nnlab.config.experiment import Experiment
from nnlab.config.sweep import Sweep
from nnlab.config.sweep_loading import sweep_from_python
from nnlab.metric_columns import METRICS_COLUMNS
from nnlab.records.formats import csv_line
from nnlab.sweeps.progress import Progress, SilentSweep
from nnlab.sweeps.run import SweepResult
from nnlab.sweeps.trial import TrialOutcome, TrialTask

SPIRAL: dict[str, Any] = {
    "name": "spiral",
    "seed": 3,
    "data": {"name": "spiral", "points": 10, "validation": 0.2},
    "model": {"name": "softmax"},
    "optimizer": {"name": "sgd", "lr": 0.1},
    "train": {"iterations": 90, "batch_size": "full", "eval_every": 10},
}
RATES = [0.5, 0.25, 0.125]

Formula = Callable[[Experiment, int], float | None]
Sweeping = Callable[..., SweepResult]
"""The fixture that runs or resumes a sweep of fake trainings."""


def spiral_sweep(over: Any = None, **arguments: Any) -> Sweep:
    """A sweep over three learning rates, or ``over`` other keys."""
    return sweep_from_python(SPIRAL, {"optimizer.lr": RATES} if over is None else over, **arguments)


def accuracy_by_lr(experiment: Experiment, step: int) -> float | None:
    """Higher with more steps and with a smaller learning rate; above 1 a training diverges."""
    lr = experiment.optimizer.lr
    return None if lr > 1 else (1 - lr) * step / (step + 10) + 0.001 * (experiment.seed % 7)


class FakeWorkers:
    """Write run folders in place of training.

    ``scripts`` has for a trial what happens at its first starts instead: lost, failed (before it has a folder),
    failed run, interrupted. ``last_first`` ends
    the trial first that was submitted last. ``started`` lists what was started, each with its ``until``.
    """

    def __init__(
        self,
        slots: int = 2,
        *,
        scripts: Mapping[int, Sequence[str]] | None = None,
        formula: Formula = accuracy_by_lr,
        last_first: bool = False,
        on_start: Callable[[TrialTask], object] = lambda task: None,
    ) -> None:
        self.slots = slots
        self.started: list[tuple[int, int | None]] = []
        self.tasks: list[TrialTask] = []
        self.stopped = self.closed = False
        self.scripts = {number: list(script) for number, script in (scripts or {}).items()}
        self._formula = formula
        self._last_first = last_first
        self._on_start = on_start
        self._queue: list[tuple[TrialTask, Future[TrialOutcome]]] = []
        self._changed = threading.Condition()
        threading.Thread(target=self._work, daemon=True).start()

    def submit(self, task: TrialTask) -> "Future[TrialOutcome]":
        future: Future[TrialOutcome] = Future()
        with self._changed:
            self._queue.append((task, future))
            self._changed.notify()
        return future

    def stop(self) -> None:
        self.stopped = True

    def close(self) -> None:
        with self._changed:
            self.closed = True
            self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self.closed)
                if not self._queue:
                    return
                task, future = self._queue.pop(-1 if self._last_first else 0)
            future.set_result(TrialOutcome(task.number, "waiting") if self.stopped else self._train(task))

    def _train(self, task: TrialTask) -> TrialOutcome:
        self.started.append((task.number, task.until))
        self.tasks.append(task)
        self._on_start(task)
        script = self.scripts.get(task.number)
        if script:
            how = script.pop(0)
            if how in ("interrupted", "failed run"):
                write_run(task, half_way(task), how.removesuffix(" run"), self._formula)
            return TrialOutcome(
                task.number,
                how.removesuffix(" run"),
                "its worker process died" if how == "lost" else "the disk is full",
                5,
            )
        steps = task.experiment.train.iterations or 0
        end = min(task.until or steps, steps)
        if self._formula(task.experiment, end) is None:
            write_run(task, 10, "diverged", self._formula)
            return TrialOutcome(task.number, "diverged", "the loss is not finite", 3)
        write_run(task, end, "completed" if end == steps else "interrupted", self._formula)
        return TrialOutcome(task.number, "completed" if end == steps else "paused")


def half_way(task: TrialTask) -> int:
    """The last evaluation before half of what a trial is to train."""
    return (task.until or task.experiment.train.iterations or 0) // 20 * 10


def write_run(task: TrialTask, steps: int, status: str, formula: Formula) -> None:
    """The spec, the metrics and the summary of a run that made ``steps`` steps."""
    folder: Path = task.folder
    folder.mkdir(exist_ok=True)
    rows = []
    for step in range(0, steps + 1, 10):
        row: dict[str, float | None] = dict.fromkeys(METRICS_COLUMNS)
        value = formula(task.experiment, step) or 0.0
        measured = dict.fromkeys(("train_loss", "train_accuracy", "validation_accuracy"), value)
        rows.append(row | measured | {"step": step, "objective": 1 - value})
    lines = [",".join(METRICS_COLUMNS) + "\n", *(csv_line([row[column] for column in METRICS_COLUMNS]) for row in rows)]
    (folder / "metrics.csv").write_text("".join(lines), encoding="utf-8")
    (folder / "spec.yaml").write_text(task.experiment.to_yaml(), encoding="utf-8")
    summary = {
        "status": status,
        "steps": steps,
        "parameters": 1,
        "final": rows[-1],
        "best": rows[-1],
        "train_seconds": 60.0,
        "spec_sha256": task.experiment.sha256(),
        "message": "",
    }
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")


def files_of(path: Path) -> dict[str, bytes]:
    """Everything in the folder of a sweep."""
    return {str(file.relative_to(path)): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}


class KeptLines(SilentSweep):
    """A reporter that keeps the lines and the last progress."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.progress: Progress | None = None

    def say(self, line: str) -> None:
        self.lines.append(line)

    def trial(self, line: str) -> None:
        self.lines.append(line)

    def show(self, progress: Progress) -> None:
        self.progress = progress
