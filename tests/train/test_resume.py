"""A run that was stopped and resumed is, byte for byte, one that never stopped."""

import json
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlab.errors import Diverged, Interrupted, RunError, UsageError
from nnlab.optim.sgd import SGD
from nnlab.records.checkpoint import checkpoint_files, read_checkpoint, write_checkpoint
from nnlab.records.disk import atomic_write
from nnlab.records.lock import RunLock, writing
from nnlab.records.reader import read_run
from nnlab.registry import optimizers
from nnlab.spec.experiment import Experiment, load_experiment
from nnlab.train import run as run_module
from nnlab.train.checkpoints import most_bytes, parts
from nnlab.train.loop import Training
from nnlab.train.resume import last_run, resume
from nnlab.train.run import run
from nnlab.train.setup import make_training, prepare

SPEC = """\
data:      {name: moons, points: 30, test_points: 10}
model:     {name: mlp, hidden: [6], activation: tanh, dropout: 0.2, batch_norm: true}
optimizer: {name: adam, lr: 0.05}
train:     {iterations: 20, batch_size: 8, eval_every: 3, checkpoint_every: 2}
"""
TABLES = ("steps.csv", "metrics.csv")


pytestmark = pytest.mark.usefixtures("no_pictures")


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Experiment]:
    def make(*changes: str, text: str = SPEC) -> Experiment:
        path = tmp_path / "own.yaml"
        path.write_text(text, encoding="utf-8")
        return load_experiment(path, changes)

    return make


def stopped(experiment: Experiment, runs: Path, at: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run to which a signal came during step ``at``."""
    train = run_module.train

    def interrupted(training: Training, observers: Any, stop: Any, keeper: Any) -> Any:
        class Signal:
            def on_step(self, step: int, objective: float) -> None:
                if step == at:
                    stop.receive(signal.SIGINT, None)

            def on_evaluation(self, row: object) -> None: ...

        return train(training, [*observers, Signal()], stop, keeper)

    with monkeypatch.context() as patched:
        patched.setattr(run_module, "train", interrupted)
        with pytest.raises(Interrupted, match=r"--resume .* (goes on|begins again, for want of a checkpoint)$"):
            run(experiment, runs)
    return last_run(runs)


def contents(folder: Path) -> dict[str, bytes]:
    """Everything that must come out the same, however often a run was stopped."""
    names = [*TABLES, "model.safetensors", "diagnostics.csv", "histograms.csv", "spec.yaml"]
    snapshots = sorted((folder / "snapshots").glob("*"))
    files = [folder / name for name in names if (folder / name).exists()] + snapshots
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def summary(folder: Path) -> dict[str, Any]:
    found = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    found.pop("train_seconds")
    return found


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
def test_every_update_rule_goes_on_exactly(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, rng: str
) -> None:
    rule = f"optimizer={{name: {name}, lr: 0.05}}"
    folder = assert_same(load(rule, f"rng={rng}"), tmp_path, 10, monkeypatch)  # in the middle of an epoch of eight
    environment = json.loads((folder / "environment.json").read_text(encoding="utf-8"))
    assert environment["resumed_after"] == [10]


@pytest.mark.parametrize(
    "changes",
    [
        ["data={name: moons, points: 6000}", "rng=legacy", "train.iterations=12000", "model.hidden=[2]"],
        ["data.validation=0.2", "train.early_stopping={patience: 50}", "model.hidden=[150, 150]"],
    ],
    ids=["the order of an epoch", "best weights"],
)
def test_what_training_adds_to_its_state_is_not_too_large(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: list[str]
) -> None:
    folder = stopped(load(*changes), tmp_path, 10, monkeypatch)
    prepared = make_training(load(*changes), prepare(load(*changes)))
    checkpoint = read_checkpoint(checkpoint_files(folder)[0], 2**30)
    size = sum(array.nbytes for array in checkpoint.arrays.values())
    before = sum(array.nbytes for part in parts(prepared).values() for array in part.state().values())
    assert before + 2**16 < size <= most_bytes(prepared)


@pytest.mark.parametrize(
    "changes",
    [
        ["train.sampling=replacement"],
        ["train.sampling=replacement", "rng=legacy"],
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
def test_every_way_to_train_goes_on_exactly(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: list[str], at: int
) -> None:
    assert_same(load(*changes), tmp_path, at, monkeypatch)


@pytest.mark.parametrize("rng", ["streams", "legacy"])
def test_images_with_augmentation_convolutions_and_parts_of_batches(
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


def test_a_run_may_be_stopped_many_times(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = load("train.early_stopping={metric: train_loss, patience: 3}", "rng=legacy")
    whole = run(experiment, tmp_path / "whole").path
    folder = stopped(experiment, tmp_path / "runs", 1, monkeypatch)
    train = run_module.train
    for at in (2, 3, 7, 8, 19):

        def interrupted(training: Training, observers: Any, stop: Any, keeper: Any, at: int = at) -> Any:
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
def test_numbers_gone_wrong_after_a_resumption_leave_the_weights_of_the_last_evaluation(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    experiment = load("optimizer={name: sgd, lr: 0.05}", "train.eval_every=5", "train.checkpoint_every=1")
    folder = stopped(experiment, tmp_path / "runs", at, monkeypatch)
    step = SGD.step

    def poisoned(self: SGD, lr: float | None = None) -> None:
        step(self, lr)
        if self.t == 13:
            self._blocks[0].theta[0] = np.nan

    monkeypatch.setattr(SGD, "step", poisoned)
    with pytest.raises(Diverged, match=r"a weight became nan at step 13.*the weights saved are those of step 10"):
        resume(folder)
    with pytest.raises(Diverged):
        run(experiment, tmp_path / "whole")
    assert contents(folder) == contents(last_run(tmp_path / "whole"))
    assert summary(folder)["final"]["step"] == 10


def test_a_finished_run_is_left_alone(load: Callable[..., Experiment], tmp_path: Path) -> None:
    folder = run(load(), tmp_path / "runs").path
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    said: list[str] = []

    class Lines(run_module.Silent):
        def say(self, line: str) -> None:
            said.append(line)

    assert resume(folder, Lines()).summary == json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert said == [f"{folder}: is completed, so there is nothing left to do; --iterations N extends it"]
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("changes", [[], ["train.eval_every=7"], ["rng=legacy"], ["train.diagnostics=true"]])
def test_a_finished_run_becomes_a_longer_one(
    load: Callable[..., Experiment], tmp_path: Path, changes: list[str]
) -> None:
    longer = run(load(*changes, "train.iterations=33"), tmp_path / "longer").path
    folder = run(load(*changes), tmp_path / "runs").path
    assert resume(folder, iterations=33).path == folder
    assert contents(folder) == contents(longer)
    with pytest.raises(UsageError, match="--iterations: must be above the 33 updates already made, got 20"):
        resume(folder, iterations=20)
    newest = checkpoint_files(folder)[0]
    newest.write_bytes(newest.read_bytes()[:-1])
    with pytest.raises(UsageError, match="--iterations: must be above the 33 updates already made, got 32"):
        resume(folder, iterations=32)
    assert contents(folder) == contents(longer)


@pytest.mark.parametrize("schedule", ["cosine", "{name: warmup, steps: 3, after: cosine}"])
def test_a_schedule_over_the_whole_training_is_not_silently_stretched(
    load: Callable[..., Experiment], tmp_path: Path, schedule: str
) -> None:
    folder = run(load(f"train.schedule={schedule}"), tmp_path / "runs").path
    before = contents(folder)
    rates = "learning rates up to step 20: those of a training of 20 updates, not of 33"
    with pytest.raises(RunError, match=f"{rates}\n--allow-drift goes on anyway"):
        resume(folder, iterations=33)
    assert contents(folder) == before
    resume(folder, iterations=33, allow_drift=True)
    environment = json.loads((folder / "environment.json").read_text(encoding="utf-8"))
    assert environment["drift"] == [rates]


def test_a_longer_run_keeps_the_snapshots_it_has(load: Callable[..., Experiment], tmp_path: Path) -> None:
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


def test_a_run_begun_again_has_no_snapshot_of_its_stop(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_same(load("train.snapshots=5", "train.checkpoint_every=never"), tmp_path, 9, monkeypatch)


def test_a_run_that_stopped_early_stops_there_again(load: Callable[..., Experiment], tmp_path: Path) -> None:
    stopping = "train.early_stopping={metric: train_loss, patience: 2, minimum_change: 10}"
    folder = run(load(stopping), tmp_path / "runs").path
    longer = run(load(stopping, "train.iterations=50"), tmp_path / "longer").path
    resume(folder, iterations=50)
    assert summary(folder)["steps"] == 6
    assert contents(folder) == contents(longer)


def test_a_finished_run_without_checkpoints_cannot_be_extended(load: Callable[..., Experiment], tmp_path: Path) -> None:
    folder = run(load("train.checkpoint_every=never"), tmp_path / "runs").path
    with pytest.raises(UsageError, match="has no checkpoint to go on from"):
        resume(folder, iterations=50)


def test_the_newest_two_checkpoints_and_the_best_are_kept(load: Callable[..., Experiment], tmp_path: Path) -> None:
    folder = run(load("train.eval_every=1", "train.checkpoint_every=1"), tmp_path / "runs").path
    best = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["best"]["step"]
    kept = [read_checkpoint(path, 2**20).step for path in checkpoint_files(folder)]
    assert kept == sorted({20, 19, best}, reverse=True)


def test_what_changed_is_shown_and_refused(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path / "runs", 10, monkeypatch)
    spec = (folder / "spec.yaml").read_text(encoding="utf-8")
    (folder / "spec.yaml").write_text(spec.replace("lr: 0.05", "lr: 0.01"), encoding="utf-8")
    environment = json.loads((folder / "environment.json").read_text(encoding="utf-8"))
    environment["packages"]["numpy"] = "1.0"
    environment["data_sha256"] = {"train": "abc"}
    (folder / "environment.json").write_text(json.dumps(environment), encoding="utf-8")
    with pytest.raises(RunError) as caught:
        resume(folder)
    message = str(caught.value)
    assert "spec optimizer.lr: 0.05 then, 0.01 now" in message
    assert f"numpy: 1.0 then, {np.__version__} now" in message
    assert "data train: abc then, nothing now" in message
    assert message.endswith("--allow-drift goes on anyway")
    assert summary(folder)["status"] == "interrupted"
    resume(folder, allow_drift=True)
    assert summary(folder)["status"] == "completed"
    after = json.loads((folder / "environment.json").read_text(encoding="utf-8"))
    assert after["drift"] == [line.strip() for line in message.splitlines()[1:-1]]
    read_run(folder)


@pytest.mark.parametrize("written", ["", "summary.json", "environment.json", "spec.yaml"])
def test_a_run_may_be_stopped_while_it_is_made_longer(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    """As where a process is killed after it wrote one of the files that say how a run goes on."""
    folder = stopped(load(), tmp_path / "runs", 10, monkeypatch)

    def cut_short(path: Path, raw: bytes) -> None:
        if written:
            atomic_write(path, raw)
        if path.name == written or not written:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("nnlab.records.run_folder.atomic_write", cut_short)
        with pytest.raises(KeyboardInterrupt):
            resume(folder, iterations=33)
    resume(folder)
    assert summary(folder)["steps"] == (33 if written == "spec.yaml" else 20)
    if written != "spec.yaml":
        resume(folder, iterations=33)
    assert contents(folder) == contents(run(load("train.iterations=33"), tmp_path / "longer").path)


def test_an_end_that_was_moved_in_the_spec_is_refused(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path / "runs", 10, monkeypatch)
    spec = (folder / "spec.yaml").read_text(encoding="utf-8")
    (folder / "spec.yaml").write_text(spec.replace("iterations: 20", "iterations: 33"), encoding="utf-8")
    with pytest.raises(RunError, match=r"spec train\.iterations: 20 then, 33 now\n--allow-drift"):
        resume(folder)
    (folder / "spec.yaml").write_text(spec.replace("iterations: 20", "iterations: 9"), encoding="utf-8")
    with pytest.raises(RunError, match=r"spec\.yaml: training ends after 9 updates now, but 10 were made already"):
        resume(folder, allow_drift=True)


def test_a_spec_of_another_network_cannot_be_drifted_to(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path / "runs", 10, monkeypatch)
    spec = (folder / "spec.yaml").read_text(encoding="utf-8")
    (folder / "spec.yaml").write_text(spec.replace("- 6", "- 7").replace("[6]", "[7]"), encoding="utf-8")
    with pytest.raises(RunError, match="the checkpoint after step 10 does not fit this spec: saved model"):
        resume(folder, allow_drift=True)


def test_damaged_checkpoints_and_tables_are_passed_over(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = load("train.eval_every=1", "train.checkpoint_every=1")
    whole = run(experiment, tmp_path / "whole").path
    said: list[str] = []

    class Lines(run_module.Silent):
        def say(self, line: str) -> None:
            said.append(line)

    def newest(folder: Path) -> Path:
        return checkpoint_files(folder)[0]

    def flip(folder: Path) -> None:
        path = newest(folder)
        raw = bytearray(path.read_bytes())
        raw[-1] ^= 1
        path.write_bytes(bytes(raw))

    harm: dict[str, Callable[[Path], object]] = {
        "checkpoints/step-0000010.safetensors: is damaged: its contents": flip,
        "step-0000010.safetensors: is damaged: ": lambda folder: newest(folder).write_bytes(b"x"),
        "": lambda folder: newest(folder).unlink(),
        "metrics.csv: is not as it was written": lambda folder: (folder / "metrics.csv").write_bytes(b"x" * 10_000),
        "steps.csv: steps.csv has only": lambda folder: (folder / "steps.csv").write_bytes(b"x"),
        "steps.csv: missing": lambda folder: (folder / "steps.csv").unlink(),
    }
    for number, (message, harmed) in enumerate(harm.items()):
        folder = stopped(experiment, tmp_path / f"runs{number}", 10, monkeypatch)
        harmed(folder)
        said.clear()
        resume(folder, Lines())
        assert message in said[0]
        assert contents(folder) == contents(whole)


def test_checkpoints_that_are_of_no_use_do_not_take_the_place_of_new_ones(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load("train.checkpoint_every=1"), tmp_path, 16, monkeypatch)
    for file in checkpoint_files(folder)[:2]:
        file.write_bytes(file.read_bytes()[:-1])
    train = run_module.train

    def killed(training: Training, observers: Any, stop: Any, keeper: Any) -> Any:
        class Kill:
            def on_step(self, step: int, objective: float) -> None:
                if step == training.start + 4:
                    raise KeyboardInterrupt

            def on_evaluation(self, row: object) -> None: ...

        return train(training, [*observers, Kill()], stop, keeper)

    with monkeypatch.context() as patched:
        patched.setattr(run_module, "train", killed)
        with pytest.raises(KeyboardInterrupt):
            resume(folder)
    start, *_ = json.loads((folder / "environment.json").read_text(encoding="utf-8"))["resumed_after"]
    steps = [read_checkpoint(file, 2**20).step for file in checkpoint_files(folder)]
    assert steps[:2] == [start + 3, start + 2]
    assert start < 15


def test_garbage_after_the_last_checkpoint_is_cut_off(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path / "runs", 10, monkeypatch)
    for name in TABLES:
        with (folder / name).open("ab") as file:
            file.write(b"\xff\x00torn,1,2")
    (folder / ".summary.json.abc.tmp").write_bytes(b"half")
    (folder / "checkpoints" / ".x.tmp").write_bytes(b"half")
    resume(folder)
    assert contents(folder) == contents(run(load(), tmp_path / "whole").path)
    assert not list(folder.rglob("*.tmp"))


def test_diagnostics_of_an_evaluation_that_is_made_again_are_the_same(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last evaluation is not due by itself and comes after the last checkpoint."""
    experiment = load("train.iterations=19", "train.diagnostics=true", "model.activation=relu")
    train = run_module.train

    def killed(training: Training, observers: Any, stop: Any, keeper: Any) -> Any:
        class Kill:
            def on_step(self, step: int, objective: float) -> None: ...

            def on_evaluation(self, row: dict[str, Any]) -> None:
                if row["step"] == 19:
                    raise KeyboardInterrupt

        return train(training, [Kill(), *observers], stop, keeper)

    with monkeypatch.context() as patched:
        patched.setattr(run_module, "train", killed)
        with pytest.raises(KeyboardInterrupt):
            run(experiment, tmp_path / "runs")
    folder = last_run(tmp_path / "runs")
    resume(folder)
    environment = json.loads((folder / "environment.json").read_text(encoding="utf-8"))
    assert environment["resumed_after"] == [19]
    assert contents(folder) == contents(run(experiment, tmp_path / "whole").path)


def test_a_lost_log_is_begun_anew(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path, 10, monkeypatch)
    (folder / "log.txt").unlink()
    assert resume(folder).summary["status"] == "completed"
    assert "going on after step 10" in (folder / "log.txt").read_text(encoding="utf-8")


def test_a_failed_run_knows_how_long_it_took(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path, 10, monkeypatch)
    checkpoint = read_checkpoint(checkpoint_files(folder)[0], 2**20)
    write_checkpoint(folder, replace(checkpoint, facts={**checkpoint.facts, "seconds": 1000.0}))

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_module, "train", full)
    with pytest.raises(RunError, match=r"No space left on device; once it can, nnlab train --resume .* goes on"):
        resume(folder)
    found = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert found["status"] == "failed"
    assert 1000 < found["train_seconds"] < 1100


@pytest.mark.parametrize("at", ["begin", "resume"])
def test_without_a_checkpoint_it_is_said_that_all_begins_again(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    folder = stopped(load("train.checkpoint_every=never" if at == "begin" else "seed=1"), tmp_path, 10, monkeypatch)
    for file in checkpoint_files(folder):
        file.unlink()
    said: list[str] = []

    class Lines(run_module.Silent):
        def say(self, line: str) -> None:
            said.append(line)

    resume(folder, Lines())
    assert said[0] == f"{folder}: there is no checkpoint to go on from, so training begins again from the start"


def test_a_second_writer_is_refused(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path / "runs", 10, monkeypatch)
    lock = RunLock(folder)
    with pytest.raises(RunError, match=r"process \d+ is writing it"):
        resume(folder)
    lock.release()
    resume(folder)
    assert not (folder / "lock").exists()


@pytest.mark.parametrize("missing", ["summary.json", "spec.yaml"])
def test_a_folder_that_is_no_run(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    folder = stopped(load(), tmp_path / "runs", 10, monkeypatch)
    (folder / missing).unlink()
    with pytest.raises(RunError, match="nothing to go on with"):
        resume(folder)


def test_the_last_run_is_the_one_that_began_last(tmp_path: Path) -> None:
    for name in ("20250101-000000-b-000000", "20250102-000000-a-000000", "notes"):
        (tmp_path / name).mkdir()
        if name != "notes":
            (tmp_path / name / "spec.yaml").write_text("", encoding="utf-8")
    assert last_run(tmp_path).name == "20250102-000000-a-000000"
    with pytest.raises(RunError, match="holds no run to go on with"):
        last_run(tmp_path / "notes")
    with pytest.raises(RunError, match="cannot be read"):
        last_run(tmp_path / "gone")


def test_what_another_process_finished_a_moment_ago_is_left_alone(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path, 10, monkeypatch)
    unfinished = (folder / "summary.json").read_bytes()
    resume(folder)
    finished = (folder / "summary.json").read_bytes()
    (folder / "summary.json").write_bytes(unfinished)

    def locked(place: Path) -> Any:
        (place / "summary.json").write_bytes(finished)
        return writing(place)

    monkeypatch.setattr("nnlab.train.resume.writing", locked)
    assert resume(folder).summary == json.loads(finished)
    assert (folder / "summary.json").read_bytes() == finished
    environment = json.loads((folder / "environment.json").read_text(encoding="utf-8"))
    assert environment["resumed_after"] == [10]


def test_the_time_that_went_before_counts(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path, 10, monkeypatch)
    checkpoint = read_checkpoint(checkpoint_files(folder)[0], 2**20)
    write_checkpoint(folder, replace(checkpoint, facts={**checkpoint.facts, "seconds": 1000.0}))
    assert 1000 < resume(folder).summary["train_seconds"] < 1100
    assert 1000 < read_checkpoint(checkpoint_files(folder)[0], 2**20).facts["seconds"] < 1100


def test_what_happened_at_earlier_resumptions_is_remembered(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load("train.snapshots=4"), tmp_path, 10, monkeypatch)
    file = folder / "environment.json"
    environment = json.loads(file.read_text(encoding="utf-8"))
    environment["packages"]["numpy"] = "1.0"
    file.write_text(json.dumps(environment), encoding="utf-8")
    (folder / "snapshots" / ".step-0000005.safetensors.0a1b2c3d.tmp").write_bytes(b"half")
    resume(folder, allow_drift=True)
    resume(folder, iterations=25)
    environment = json.loads(file.read_text(encoding="utf-8"))
    assert environment["resumed_after"] == [10, 20]
    assert len(environment["drift"]) == 1
    assert environment["drift"][0].startswith("numpy: 1.0 then")
    assert not list((folder / "snapshots").glob(".*"))
