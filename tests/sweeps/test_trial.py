"""A trial is the run that ``nnlab train`` of its spec writes, whatever interrupts it."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from trainings import make_experiment

from nnlab.config.experiment import Experiment
from nnlab.config.loading import load_experiment
from nnlab.core.signals import never
from nnlab.errors import DataError, Interrupted
from nnlab.records.drawing import lacks_pictures
from nnlab.records.json_files import read_summary
from nnlab.storage.layout import SUMMARY_FILE
from nnlab.sweeps import trial as trial_module
from nnlab.sweeps.trial import TrialOutcome, TrialTask, run_trial
from nnlab.train.run import run

pytestmark = pytest.mark.usefixtures("no_pictures")

SPIRAL = """\
data:      {name: spiral, points: 30, test_points: 10}
model:     {name: mlp, hidden: [8], activation: relu, init: he}
optimizer: {name: adam, lr: 0.05}
train:     {iterations: 30, batch_size: 10, eval_every: 4}
"""
KINDS = {
    "mlp": (),
    "legacy": ("rng=legacy", "train.sampling=replacement", "dtype=float64", "data.validation=0.2"),
    "batch_norm": ("model.batch_norm=true", "model.dropout=0.2", "train.diagnostics=true", "train.snapshots=3"),
    "early_stopping": ("data.validation=0.2", "train.early_stopping={patience: 2}", "optimizer.lr=0.3"),
    "shards": ("compute.shards=2", "seed=3", "train.epochs=4", "train.iterations=null", "train.eval_every=epoch"),
}
# Without those that say when and where it was trained.
OTHERS = {"environment.json", "summary.json", "log.txt"}


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.parent.name not in ("checkpoints", "plots"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in files if path.name not in OTHERS}


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., TrialTask]:
    def task(*changes: str, spec: str = SPIRAL, **more: Any) -> TrialTask:
        return TrialTask(1, make_experiment(tmp_path, spec, *changes), tmp_path / "trial-001", threads=1, **more)

    return task


def stop_after(steps: int) -> Callable[[], bool]:
    asked = iter(range(steps + 1))
    return lambda: next(asked, steps) == steps


def trained(experiment: Experiment, folder: Path) -> dict[str, bytes]:
    return contents(run(experiment, folder / "runs").path)


@pytest.mark.parametrize("kind", KINDS)
def test_trial_equals_training_of_its_spec(make: Callable[..., TrialTask], kind: str, tmp_path: Path) -> None:
    task = make(*KINDS[kind])
    expected = trained(task.experiment, tmp_path)
    assert run_trial(task, never) == TrialOutcome(1, "completed", read_summary(task.folder / SUMMARY_FILE)["message"])
    assert contents(task.folder) == expected
    assert contents(run(load_experiment(task.folder / "spec.yaml"), tmp_path / "again").path) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_paused_and_stopped_trial_ends_as_undisturbed_one(
    make: Callable[..., TrialTask], kind: str, tmp_path: Path
) -> None:
    task = make(*KINDS[kind])
    expected = trained(task.experiment, tmp_path)
    for until in (3, 3, 8):
        assert run_trial(replace(task, until=until), never).status == "paused"
        assert read_summary(task.folder / SUMMARY_FILE)["steps"] == until
    stopped = run_trial(task, stop_after(1))
    assert (stopped.status, stopped.exit_code) == ("interrupted", 0)
    assert read_summary(task.folder / SUMMARY_FILE)["steps"] == 9
    assert run_trial(replace(task, until=1000), never).status == "completed"
    assert contents(task.folder) == expected


def test_finished_trial_is_left_alone(make: Callable[..., TrialTask]) -> None:
    task = make()
    first = run_trial(task, never)
    before = {path: path.stat().st_mtime_ns for path in task.folder.rglob("*")}
    assert run_trial(replace(task, until=3), never) == first
    assert {path: path.stat().st_mtime_ns for path in task.folder.rglob("*")} == before


def test_trial_killed_before_its_summary_starts_again(make: Callable[..., TrialTask], tmp_path: Path) -> None:
    task = make("train.diagnostics=true")
    expected = trained(task.experiment, tmp_path)
    (task.folder / "checkpoints").mkdir(parents=True)
    (task.folder / "steps.csv").write_text("step,loss\n1,0.5\n", encoding="utf-8")
    (task.folder / "lock").write_text("1234567\n", encoding="utf-8")
    assert run_trial(task, never).status == "completed"
    assert contents(task.folder) == expected


def test_trial_without_pictures_does_not_count_as_lacking_them(make: Callable[..., TrialTask]) -> None:
    task = make()
    run_trial(task, never)
    assert not lacks_pictures(task.folder, "run")


def test_diverged_trial_has_its_status_each_time(make: Callable[..., TrialTask]) -> None:
    task = make("optimizer={name: sgd, lr: 1e6}", "loss={name: mean_squared_error}")
    first = run_trial(task, never)
    assert (first.status, first.exit_code) == ("diverged", 3)
    assert (run_trial(task, never).status, run_trial(task, never).exit_code) == ("diverged", 3)


def test_threads_stand_in_for_auto_only(make: Callable[..., TrialTask], monkeypatch: pytest.MonkeyPatch) -> None:
    used = []
    train_and_record = trial_module.train_and_record

    def watched(setup: Any, *arguments: Any, **options: Any) -> Any:
        used.append(setup.threads)
        return train_and_record(setup, *arguments, **options)

    monkeypatch.setattr(trial_module, "train_and_record", watched)
    monkeypatch.setattr("nnlab.core.threads.available_cores", lambda: 8)
    auto, three = make(), make("compute.threads=3")
    run_trial(replace(auto, threads=5), never)
    run_trial(replace(three, threads=5, folder=three.folder.with_name("trial-002")), never)
    assert used == [5, 3]
    assert "threads: auto" in (auto.folder / "spec.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("error", "status", "exit_code", "message"),
    [
        (DataError("gone"), "failed", 4, "gone"),
        (Interrupted(15), "interrupted", 143, "SIGTERM"),
        (OSError(28, "No space left on device"), "failed", 5, "trial-001: No space left on device"),
        (MemoryError(), "failed", 2, "trial-001: this needs more memory than there is"),
        (ZeroDivisionError("zero"), "failed", 70, "ZeroDivisionError"),
    ],
)
def test_what_a_training_raises_is_an_outcome(
    make: Callable[..., TrialTask],
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    status: str,
    exit_code: int,
    message: str,
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(trial_module, "RunSetup", fail)
    task = make()
    outcome = run_trial(task, never)
    assert (outcome.status, outcome.exit_code) == (status, exit_code)
    assert message in outcome.message
    assert "\n" not in outcome.message
    if exit_code == 70:
        assert "ZeroDivisionError: zero" in (task.folder / "log.txt").read_text(encoding="utf-8")
    monkeypatch.undo()
    assert run_trial(task, never).status == "completed"


def test_failure_while_training_is_recorded_and_the_trial_can_be_retried(
    make: Callable[..., TrialTask], tmp_path: Path
) -> None:
    task = make("train.checkpoint_every=2")
    expected = trained(task.experiment, tmp_path)

    def broken() -> bool:
        raise RuntimeError("broken")

    outcome = run_trial(task, broken)
    assert (outcome.status, outcome.exit_code) == ("failed", 70)
    assert read_summary(task.folder / SUMMARY_FILE)["status"] == "failed"
    assert run_trial(task, never).status == "completed"
    assert contents(task.folder) == expected


@pytest.mark.slow
def test_trial_loads_no_matplotlib() -> None:
    code = "import sys, nnlab.sweeps.trial; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not {"matplotlib", "typer", "rich", "PIL", "requests", "pooch"} & set(loaded)


class Disk:
    """Follows which files and folders have contents that a power failure would lose."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.unsynced: dict[int, str] = {}
        self.at_summaries: list[set[str]] = []
        self.syncs = 0
        self._write, self._fsync, self._replace = os.write, os.fsync, os.replace
        for name in ("write", "fsync", "replace"):
            monkeypatch.setattr(os, name, getattr(self, name))

    def write(self, handle: int, contents: Any) -> int:
        self.unsynced[os.fstat(handle).st_ino] = "written"
        return self._write(handle, contents)

    def fsync(self, handle: int) -> None:
        self.syncs += 1
        self._fsync(handle)
        self.unsynced.pop(os.fstat(handle).st_ino, None)

    def replace(self, old: Path, new: Path) -> None:
        if new.name == "summary.json":
            found = {ino: path.name for path in new.parent.rglob("*") if (ino := path.stat().st_ino) in self.unsynced}
            found |= {new.parent.stat().st_ino: "folder"} if new.parent.stat().st_ino in self.unsynced else {}
            self.at_summaries.append(set(found.values()))
        self._replace(old, new)
        self.unsynced[new.parent.stat().st_ino] = "entries"


@pytest.mark.skipif(os.name != "posix", reason="only there folders are synced")
@pytest.mark.parametrize(("changes", "summaries"), [((), 1), (("train.checkpoint_every=5",), 2)])
def test_trial_has_a_summary_once_all_its_files_are_on_the_disk(
    make: Callable[..., TrialTask], monkeypatch: pytest.MonkeyPatch, changes: tuple[str, ...], summaries: int
) -> None:
    task, disk = make(*KINDS["batch_norm"], *changes), Disk(monkeypatch)
    assert run_trial(task, never).status == "completed"
    assert disk.at_summaries == [{"lock", "log.txt"}] * summaries
    assert not disk.unsynced.keys() & {path.stat().st_ino for path in task.folder.rglob("*") if path.name != "log.txt"}
    assert task.folder.stat().st_ino not in disk.unsynced


def test_a_trial_does_not_make_the_folder_of_its_sweep_again(make: Callable[..., TrialTask], tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    outcome = run_trial(replace(make(), folder=gone / "trial-001"), never)
    assert (outcome.status, outcome.message) == (
        "failed",
        f"{gone}: was renamed or removed while the sweep was running",
    )
    assert not gone.exists()
