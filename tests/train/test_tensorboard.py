"""Event files that a training writes for TensorBoard: equal to an export, however often it was interrupted."""

import sys
from pathlib import Path

import pytest
from event_reading import curve, events_in
from inline_workers import InlineWorkers
from stopped_runs import killed, stopped
from trainings import make_experiment

from nnlab.config.sweep_loading import sweep_from_arguments
from nnlab.errors import Diverged, UsageError
from nnlab.export.request import ExportRequest
from nnlab.export.tensorboard.export import export
from nnlab.sweeps.run import run_sweep
from nnlab.train.crossval import cross_validate
from nnlab.train.resume import last_run, resume
from nnlab.train.run import run

SPEC = """\
data:      {name: spiral, points: 20, classes: 2, validation: 0.25}
model:     {name: mlp, hidden: [4]}
optimizer: {name: sgd, lr: 0.1}
train:     {iterations: 12, batch_size: 10, eval_every: 4, checkpoint_every: 3, diagnostics: true, tensorboard: true}
"""
pytestmark = pytest.mark.usefixtures("no_pictures")


def contents(folder: Path) -> dict[str, bytes]:
    """What the event files of each folder hold; their names differ by the step that they were begun at."""
    found = {str(path.parent.relative_to(folder)): path.read_bytes() for path in folder.rglob("events.out.tfevents.*")}
    assert len(found) == len(list(folder.rglob("events.out.tfevents.*"))) == 3
    return found


def assert_equal_to_export(folder: Path, out: Path) -> None:
    export(ExportRequest(run=folder, out=out))
    assert contents(folder / "tensorboard") == contents(out)


def test_training_writes_the_events_that_an_export_gives(tmp_path: Path) -> None:
    done = run(make_experiment(tmp_path, SPEC), tmp_path / "runs")
    assert_equal_to_export(done.path, tmp_path / "out")
    train = done.path / "tensorboard" / "train"
    assert [step for step, _ in curve(train, "objective")] == list(range(1, 13))
    assert [step for step, _ in curve(train, "gradient_norm/linear1")] == [4, 8, 12]
    assert [step for step, _ in curve(train, "dead_share/relu1")] == [0, 4, 8, 12]
    histograms = events_in(train).Histograms("activations/linear2")
    assert [(entry.step, sum(entry.histogram_value.bucket)) for entry in histograms] == [(0, 60), (12, 60)]


def test_training_writes_no_events_by_default(tmp_path: Path) -> None:
    done = run(make_experiment(tmp_path, SPEC, "train.tensorboard=false"), tmp_path / "runs")
    assert not (done.path / "tensorboard").exists()
    assert "tensorboard" not in (done.path / "spec.yaml").read_text(encoding="utf-8")


def test_events_are_there_after_each_evaluation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with killed(monkeypatch, step=6):
        run(make_experiment(tmp_path, SPEC), tmp_path / "runs")
    train = last_run(tmp_path / "runs") / "tensorboard" / "train"
    assert [step for step, _ in curve(train, "loss")] == [0, 4]
    assert [step for step, _ in curve(train, "objective")] == [1, 2, 3, 4]


@pytest.mark.parametrize("step", [2, 7, 11])
def test_killed_and_resumed_training_has_the_same_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    with killed(monkeypatch, step=step):
        run(make_experiment(tmp_path, SPEC), tmp_path / "runs")
    folder = last_run(tmp_path / "runs")
    resume(folder)
    assert_equal_to_export(folder, tmp_path / "out")
    assert [at for at, _ in curve(folder / "tensorboard" / "train", "loss")] == [0, 4, 8, 12]


def test_interrupted_and_extended_training_has_the_same_events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = stopped(make_experiment(tmp_path, SPEC), tmp_path / "runs", 5, monkeypatch)
    assert_equal_to_export(folder, tmp_path / "interrupted")
    resume(folder)
    resume(folder, iterations=20)
    assert_equal_to_export(folder, tmp_path / "out")
    assert (folder / "tensorboard" / "train" / "events.out.tfevents.0000000012.nnlab").exists()


def test_events_of_a_training_that_diverges_are_complete(tmp_path: Path) -> None:
    with pytest.raises(Diverged):
        run(make_experiment(tmp_path, SPEC, "optimizer.lr=1e6", "model.activation=identity"), tmp_path / "runs")
    assert_equal_to_export(last_run(tmp_path / "runs"), tmp_path / "out")


@pytest.mark.slow
def test_folds_and_trials_have_events(tmp_path: Path) -> None:
    spec = SPEC.replace(", validation: 0.25", "").replace("iterations: 12", "iterations: 2")
    folds = cross_validate(make_experiment(tmp_path, spec), 2, tmp_path / "runs").path
    assert_equal_to_export(folds / "fold-2", tmp_path / "fold")
    sweep = sweep_from_arguments(tmp_path / "spec.yaml", ["optimizer.lr=0.1,0.2", "data.validation=0.25"])
    trials = run_sweep(sweep, tmp_path / "runs", InlineWorkers(1)).path
    assert_equal_to_export(trials / "trial-002", tmp_path / "trial")


def test_missing_package_is_reported_before_a_folder_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(make_experiment(tmp_path, SPEC), tmp_path / "before")
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    experiment, runs = make_experiment(tmp_path, SPEC), tmp_path / "runs"
    sweep = sweep_from_arguments(tmp_path / "spec.yaml", ["optimizer.lr=0.1,0.2"])
    starts = [
        lambda: run(experiment, runs),
        lambda: cross_validate(experiment, 2, runs),
        lambda: run_sweep(sweep, runs, InlineWorkers(1)),
        lambda: resume(done.path, iterations=20),
    ]
    for start in starts:
        with pytest.raises(UsageError, match=r"^train\.tensorboard: needs the package tensorboardX .*\[tensorboard\]"):
            start()
    assert not runs.exists()
