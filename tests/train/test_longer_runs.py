"""Extending a run with more iterations."""

from collections.abc import Callable
from pathlib import Path

import pytest
from stopped_runs import contents, environment, stopped, summary

from nnlab.config.experiment import Experiment
from nnlab.errors import RunError, UsageError
from nnlab.records.checkpoint import checkpoint_files
from nnlab.storage.disk import atomic_write
from nnlab.train.resume import resume
from nnlab.train.run import run

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_pictures")]


@pytest.mark.parametrize("changes", [[], ["train.eval_every=7"], ["rng=legacy"], ["train.diagnostics=true"]])
def test_a_finished_run_is_extended_byte_for_byte(
    load: Callable[..., Experiment], tmp_path: Path, changes: list[str]
) -> None:
    longer = run(load(*changes, "train.iterations=33"), tmp_path / "longer").path
    folder = run(load(*changes), tmp_path / "runs").path
    assert resume(folder, iterations=33).path == folder
    assert contents(folder) == contents(longer)
    with pytest.raises(UsageError, match="--iterations: must be above the 33 steps already made, got 20"):
        resume(folder, iterations=20)
    newest = checkpoint_files(folder)[0]
    newest.write_bytes(newest.read_bytes()[:-1])
    with pytest.raises(UsageError, match="--iterations: must be above the 33 steps already made, got 32"):
        resume(folder, iterations=32)
    assert contents(folder) == contents(longer)


@pytest.mark.parametrize("schedule", ["cosine", "{name: warmup, steps: 3, after: cosine}"])
def test_schedule_over_the_whole_training_is_not_silently_stretched(
    load: Callable[..., Experiment], tmp_path: Path, schedule: str
) -> None:
    folder = run(load(f"train.schedule={schedule}"), tmp_path / "runs").path
    before = contents(folder)
    rates = "learning rates up to step 20: those of a training of 20 steps, not of 33"
    with pytest.raises(RunError, match=f"{rates}\n--allow-drift resumes it anyway"):
        resume(folder, iterations=33)
    assert contents(folder) == before
    resume(folder, iterations=33, allow_drift=True)
    assert environment(folder)["drift"] == [rates]


def test_an_extended_run_keeps_its_snapshots(load: Callable[..., Experiment], tmp_path: Path) -> None:
    experiment = load("train.snapshots=5", "train.iterations=40")
    folder = run(load("train.snapshots=5"), tmp_path / "runs").path
    snapshots = {path.name: path.read_bytes() for path in (folder / "snapshots").iterdir()}
    resume(folder, iterations=40)
    after = contents(folder)
    assert {name: after[f"snapshots/{name}"] for name in snapshots} == snapshots
    whole = contents(run(experiment, tmp_path / "whole").path)
    assert snapshots.keys() | {"step-0000030.safetensors", "step-0000040.safetensors"} == {
        path.name for path in (folder / "snapshots").iterdir()
    }
    assert after["snapshots/step-0000030.safetensors"] == whole["snapshots/step-0000030.safetensors"]


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_a_run_that_stopped_early_cannot_be_extended(
    load: Callable[..., Experiment], tmp_path: Path, schedule: str
) -> None:
    stopping = "train.early_stopping={metric: train_loss, patience: 2, minimum_change: 10}"
    folder = run(load(stopping, f"train.schedule={schedule}"), tmp_path / "runs").path
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(
        UsageError, match=r"was stopped early after step 9 of \d+, .* -s train\.early_stopping\.patience=N$"
    ):
        resume(folder, iterations=50)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_finished_run_without_checkpoints_cannot_be_extended(load: Callable[..., Experiment], tmp_path: Path) -> None:
    folder = run(load("train.checkpoint_every=never"), tmp_path / "runs").path
    with pytest.raises(UsageError, match="has no checkpoint to resume from"):
        resume(folder, iterations=50)


@pytest.mark.parametrize("written", ["", "summary.json", "environment.json", "spec.yaml"])
def test_a_run_may_be_interrupted_while_it_is_extended(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    """A process killed after it wrote only one of the files that an extension changes."""
    folder = stopped(load(), tmp_path / "runs", 10, monkeypatch)

    def cut_short(path: Path, raw: bytes, *, synced: bool) -> None:
        if written:
            atomic_write(path, raw, synced=synced)
        if path.name == written or not written:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("nnlab.storage.file_group.atomic_write", cut_short)
        with pytest.raises(KeyboardInterrupt):
            resume(folder, iterations=33)
    resume(folder)
    assert summary(folder)["steps"] == (33 if written == "spec.yaml" else 20)
    if written != "spec.yaml":
        resume(folder, iterations=33)
    assert contents(folder) == contents(run(load("train.iterations=33"), tmp_path / "longer").path)


def test_iterations_changed_in_the_spec_are_refused(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path / "runs", 10, monkeypatch)
    spec = (folder / "spec.yaml").read_text(encoding="utf-8")
    (folder / "spec.yaml").write_text(spec.replace("iterations: 20", "iterations: 33"), encoding="utf-8")
    with pytest.raises(RunError, match=r"spec train\.iterations: 20 then, 33 now\n--allow-drift"):
        resume(folder)
    (folder / "spec.yaml").write_text(spec.replace("iterations: 20", "iterations: 9"), encoding="utf-8")
    with pytest.raises(RunError, match=r"spec\.yaml: training ends after 9 steps now, but 10 were made already"):
        resume(folder, allow_drift=True)


def test_more_iterations_than_a_spec_can_have_are_refused(load: Callable[..., Experiment], tmp_path: Path) -> None:
    folder = run(load(), tmp_path / "runs").path
    before = contents(folder)
    with pytest.raises(UsageError, match="--iterations: must be at most 1000000000, got 2000000000"):
        resume(folder, iterations=2 * 10**9)
    assert contents(folder) == before
