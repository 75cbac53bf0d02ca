"""Interrupted and killed runs, and the files that must be the same after resuming."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from nnlab.config.experiment import Experiment
from nnlab.core.rows import Row
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import Interrupted
from nnlab.train import run as run_module
from nnlab.train.reporting import Silent
from nnlab.train.resume import last_run
from nnlab.train.run import run

TABLES = ("steps.csv", "metrics.csv")


def stopped(experiment: Experiment, runs: Path, at: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run that was interrupted by a signal during step ``at``."""
    train = run_module.train

    def interrupted(training: RunSetup, observers: Any, stop: Any, keeper: Any) -> Any:
        class Signal:
            def on_step(self, step: int, objective: float) -> None:
                if step == at:
                    stop.receive(signal.SIGINT, None)

            def on_evaluation(self, row: object) -> None: ...

        return train(training, [*observers, Signal()], stop, keeper)

    with monkeypatch.context() as patched:
        patched.setattr(run_module, "train", interrupted)
        with pytest.raises(Interrupted, match=r"--resume .* (resumes it|restarts it from step 0 \(no checkpoint\))$"):
            run(experiment, runs)
    return last_run(runs)


@contextmanager
def killed(
    monkeypatch: pytest.MonkeyPatch, *, step: int | None = None, evaluation: int | None = None
) -> Iterator[None]:
    """Kill the training in the body after a step or before an evaluation is recorded, without saving."""
    train = run_module.train

    class Kill:
        def on_step(self, made: int, objective: float) -> None:
            if made == step:
                raise KeyboardInterrupt

        def on_evaluation(self, row: Row) -> None:
            if row["step"] == evaluation:
                raise KeyboardInterrupt

    def short(training: RunSetup, observers: Any, stop: Any, keeper: Any) -> Any:
        return train(training, [Kill(), *observers], stop, keeper)

    with monkeypatch.context() as patched:
        patched.setattr(run_module, "train", short)
        with pytest.raises(KeyboardInterrupt):
            yield


def contents(folder: Path) -> dict[str, bytes]:
    """The files that must be the same however often a run was interrupted."""
    names = [*TABLES, "model.safetensors", "diagnostics.csv", "histograms.csv", "confusion.csv", "spec.yaml"]
    snapshots = sorted((folder / "snapshots").glob("*"))
    files = [folder / name for name in names if (folder / name).exists()] + snapshots
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


class Lines(Silent):
    """A reporter that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def environment(folder: Path) -> dict[str, Any]:
    found = json.loads((folder / "environment.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def change_environment(folder: Path, **changes: Any) -> None:
    """Change the recorded environment of a run; mappings are merged."""
    found = environment(folder)
    for key, value in changes.items():
        found[key] = {**found[key], **value} if isinstance(value, dict) else value
    (folder / "environment.json").write_text(json.dumps(found), encoding="utf-8")


def summary(folder: Path) -> dict[str, Any]:
    found = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    found.pop("train_seconds")
    return found
