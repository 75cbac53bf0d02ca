"""A run that was interrupted and resumed is, byte for byte, one that was never interrupted."""

import io
import json
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stopped_runs import change_environment, contents, environment, killed, stopped, summary

from nnlab.config.experiment import Experiment
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import Diverged, Interrupted, RunError
from nnlab.optim.base import Block
from nnlab.optim.sgd import SGD
from nnlab.records.checkpoint import checkpoint_files, read_checkpoint, write_checkpoint
from nnlab.records.reader import read_run
from nnlab.registry import optimizers
from nnlab.train import run as run_module
from nnlab.train.checkpoints import most_bytes, parts
from nnlab.train.resume import last_run, resume
from nnlab.train.run import run

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_pictures")]


def assert_same(experiment: Experiment, tmp_path: Path, at: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    whole = run(experiment, tmp_path / "whole").path
    folder = stopped(experiment, tmp_path / "runs", at, monkeypatch)
    assert summary(folder)["status"] == "interrupted"
    assert resume(folder).path == folder
    assert contents(folder) == contents(whole)
    assert summary(folder) == summary(whole)
    read_run(folder)
    return folder


@pytest.mark.parametrize("rng", ["streams", "legacy"])
@pytest.mark.parametrize("name", optimizers.names())
def test_every_optimizer_resumes_exactly(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, rng: str
) -> None:
    rule = f"optimizer={{name: {name}, lr: 0.05}}"
    folder = assert_same(load(rule, f"rng={rng}"), tmp_path, 10, monkeypatch)  # in the middle of an epoch of eight
    assert environment(folder)["resumed_after"] == [10]


@pytest.mark.parametrize(
    "changes",
    [
        ["data={name: moons, points: 6000}", "rng=legacy", "train.iterations=12000", "model.hidden=[2]"],
        ["data.validation=0.2", "train.early_stopping={patience: 50}", "model.hidden=[150, 150]"],
    ],
    ids=["the order of an epoch", "best weights"],
)
def test_a_checkpoint_is_within_its_size_limit(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: list[str]
) -> None:
    folder = stopped(load(*changes), tmp_path, 10, monkeypatch)
    setup = RunSetup(load(*changes)).allocate()
    checkpoint = read_checkpoint(checkpoint_files(folder)[0], 2**30)
    size = sum(array.nbytes for array in checkpoint.arrays.values())
    before = sum(array.nbytes for part in parts(setup).values() for array in part.state().values())
    assert before + 2**16 < size <= most_bytes(setup)


@pytest.mark.parametrize(
    "changes",
    [
        ["train.sampling=replacement"],
        ["train.sampling=replacement", "rng=legacy"],
        ["train.ema=0.9", "train.eval_train=batch", "train.snapshots=4", "dtype=float64"],
        ["train.ema=0.9", "data.validation=0.2", "train.early_stopping={patience: 4}", "train.iterations=200"],
        ["train.accumulate=3", "train.eval_train=batch", "model.dropout=0.2"],
        ["train.batch_size=full"],
        ["train.eval_train=batch"],
        ["train.eval_train=batch", "rng=legacy", "dtype=float64"],
        ["train.eval_train=batch", "train.batch_size=full"],
        ["train.diagnostics=true", "train.snapshots=4"],  # at steps 0, 7, 13 and 20, so at the moment of a stop too
        ["train.schedule={name: cosine}", "train.clip_norm=0.1"],
        ["train.schedule={name: plateau, metric: train_loss, patience: 1}", "penalty.l2=1e-3"],
        ["data.validation=0.2", "train.schedule={name: warmup, steps: 15, after: {name: plateau, patience: 1}}"],
        ["data.validation=0.2", "train.early_stopping={patience: 2}", "train.iterations=200"],
        ["data.validation=0.2", "train.early_stopping={patience: 2, restore_best: false}", "train.iterations=200"],
        ["train.checkpoint_every=auto"],
        ["train.checkpoint_every=never"],
        ["train.eval_every=epoch", "train.iterations=null", "train.epochs=3"],
        ["train.eval_every=7", "train.iterations=19"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("at", [1, 9, 13])
def test_every_kind_of_training_resumes_exactly(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: list[str], at: int
) -> None:
    assert_same(load(*changes), tmp_path, at, monkeypatch)


@pytest.mark.parametrize("rng", ["streams", "legacy"])
def test_images_with_augmentation_convolutions_and_shards_resume_exactly(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: str
) -> None:
    text = """\
data: {name: mnist, train_size: 60, test_size: 20, augment: [{name: shift, pixels: 2}, {name: rotate, degrees: 10}]}
model: {name: convnet, filters: 3, kernel: 5, stride: 3, hidden: 8}
optimizer: {name: momentum, lr: 0.05}
train: {iterations: 9, batch_size: 16, eval_every: 2, checkpoint_every: 3}
"""
    changes = [f"rng={rng}", *["compute.shards=2"] * (rng == "streams")]
    assert_same(load(*changes, text=text), tmp_path, 5, monkeypatch)


def test_a_run_may_be_interrupted_many_times(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = load("train.early_stopping={metric: train_loss, patience: 3}", "rng=legacy")
    whole = run(experiment, tmp_path / "whole").path
    folder = stopped(experiment, tmp_path / "runs", 1, monkeypatch)
    train = run_module.train
    for at in (2, 3, 7, 8, 19):

        def interrupted(training: RunSetup, observers: Any, stop: Any, keeper: Any, at: int = at) -> Any:
            def asked() -> bool:
                calls.append(1)
                if len(calls) > at - training.start:
                    stop.receive(signal.SIGTERM, None)
                return bool(stop())

            calls: list[int] = []
            return train(training, observers, asked, keeper)

        with monkeypatch.context() as patched:
            patched.setattr(run_module, "train", interrupted)
            with pytest.raises(Interrupted) as caught:
                resume(folder)
        assert caught.value.exit_code == 143
        assert summary(folder)["steps"] == at
    resume(folder)
    assert contents(folder) == contents(whole)


@pytest.mark.parametrize("at", [4, 8, 10, 11])
def test_a_resumed_run_that_diverges_keeps_the_weights_of_the_last_evaluation(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    experiment = load("optimizer={name: sgd, lr: 0.05}", "train.eval_every=5", "train.checkpoint_every=1")
    folder = stopped(experiment, tmp_path / "runs", at, monkeypatch)
    update = SGD.update

    def poisoned(self: SGD, block: Block, lr: float) -> None:
        update(self, block, lr)
        if self.t == 13:
            block.theta[0] = np.nan

    monkeypatch.setattr(SGD, "update", poisoned)
    with pytest.raises(Diverged, match=r"a weight became nan at step 13.*the weights saved are those of step 10"):
        resume(folder)
    with pytest.raises(Diverged):
        run(experiment, tmp_path / "whole")
    assert contents(folder) == contents(last_run(tmp_path / "whole"))
    assert summary(folder)["final"]["step"] == 10


def test_a_restarted_run_has_no_snapshot_of_its_interruption(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_same(load("train.snapshots=5", "train.checkpoint_every=never"), tmp_path, 9, monkeypatch)


def test_two_newest_checkpoints_and_the_best_are_kept(load: Callable[..., Experiment], tmp_path: Path) -> None:
    folder = run(load("train.eval_every=1", "train.checkpoint_every=1"), tmp_path / "runs").path
    best = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["best"]["step"]
    kept = [read_checkpoint(path, 2**20).step for path in checkpoint_files(folder)]
    assert kept == sorted({20, 19, best}, reverse=True)


def test_diagnostics_of_a_repeated_evaluation_are_the_same(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last evaluation is not due by itself and comes after the last checkpoint."""
    experiment = load("train.iterations=19", "train.diagnostics=true", "model.activation=relu")
    with killed(monkeypatch, evaluation=19):
        run(experiment, tmp_path / "runs")
    folder = last_run(tmp_path / "runs")
    resume(folder)
    assert environment(folder)["resumed_after"] == [19]
    assert contents(folder) == contents(run(experiment, tmp_path / "whole").path)


def test_train_seconds_include_the_time_before_resuming(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path, 10, monkeypatch)
    checkpoint = read_checkpoint(checkpoint_files(folder)[0], 2**20)
    write_checkpoint(folder, replace(checkpoint, metadata={**checkpoint.metadata, "seconds": 1000.0}))
    assert 1000 < resume(folder).summary["train_seconds"] < 1100
    assert 1000 < read_checkpoint(checkpoint_files(folder)[0], 2**20).metadata["seconds"] < 1100


def test_drift_of_earlier_resumptions_stays_recorded(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load("train.snapshots=4"), tmp_path, 10, monkeypatch)
    change_environment(folder, packages={"numpy": "1.0"})
    (folder / "snapshots" / ".step-0000005.safetensors.0a1b2c3d.tmp").write_bytes(b"half")
    resume(folder, allow_drift=True)
    resume(folder, iterations=25)
    found = environment(folder)
    assert found["resumed_after"] == [10, 20]
    assert len(found["drift"]) == 1
    assert found["drift"][0].startswith("numpy: 1.0 then")
    assert not list((folder / "snapshots").glob(".*"))


def test_train_seconds_of_a_failed_run_include_the_time_before_resuming(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path, 10, monkeypatch)
    checkpoint = read_checkpoint(checkpoint_files(folder)[0], 2**20)
    write_checkpoint(folder, replace(checkpoint, metadata={**checkpoint.metadata, "seconds": 1000.0}))

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_module, "train", full)
    with pytest.raises(RunError, match=r"No space left on device; once it can, nnlab train --resume .* resumes it"):
        resume(folder)
    found = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert found["status"] == "failed"
    assert 1000 < found["train_seconds"] < 1100


def test_resuming_reads_each_document_of_the_run_once(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path, 10, monkeypatch)
    opened: Counter[str] = Counter()
    real = io.open

    def counting(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if "r" in mode:
            opened[Path(str(file)).name] += 1
        return real(file, mode, *arguments, **options)

    for module in ("io", "builtins"):
        monkeypatch.setattr(f"{module}.open", counting)
    resume(folder)
    monkeypatch.undo()
    documents = ("spec.yaml", "summary.json", "environment.json")
    assert [opened[name] for name in documents] == [1, 1, 1]
