"""Snapshots hold the weights after the step in their name."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file
from trainings import make_experiment

from nnlab.config.experiment import Experiment
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import Diverged, RunError, SpecError, UsageError
from nnlab.figures.run_animation import animate
from nnlab.figures.run_view import run_view
from nnlab.records.reader import read_run
from nnlab.train.run import run

Load = Callable[..., Experiment]

SPEC = """\
dtype: float64
data:      {name: moons, points: 20}
model:     {name: mlp, hidden: [4], activation: relu, batch_norm: true}
optimizer: {name: sgd, lr: 0.1}
train:     {iterations: 10, batch_size: full, eval_every: 5, snapshots: 5}
"""


@pytest.fixture
def load(tmp_path: Path, no_pictures: None) -> Load:
    return partial(make_experiment, tmp_path, SPEC)


def snapshots(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "snapshots").iterdir())


def assert_same_weights(snapshot: Path, model: Path) -> None:
    found, expected = load_file(snapshot), load_file(model)
    assert found.keys() == expected.keys()
    assert all(np.array_equal(found[name], expected[name]) for name in expected)


def test_snapshots_are_spread_evenly_from_start_to_end(load: Load, tmp_path: Path) -> None:
    experiment = load()
    folder = run(experiment, tmp_path / "runs").path
    assert snapshots(folder) == [f"step-{step:07d}.safetensors" for step in (0, 2, 5, 8, 10)]
    network = RunSetup(experiment).network
    network.allocate("float64")
    first = load_file(folder / "snapshots" / "step-0000000.safetensors")
    assert first.keys() == network.state().keys()
    for name, array in network.state().items():
        np.testing.assert_array_equal(first[name], array)
    last = folder / "snapshots" / "step-0000010.safetensors"
    assert_same_weights(last, folder / "model.safetensors")
    shorter = run(load("train.iterations=5"), tmp_path / "runs").path
    middle, end = load_file(folder / "snapshots" / "step-0000005.safetensors"), load_file(shorter / "model.safetensors")
    for name, array in end.items():
        np.testing.assert_array_equal(middle[name], array)
    with safe_open(last, framework="np") as file:
        assert file.metadata() == {"spec_sha256": experiment.sha256()}


def test_snapshots_change_nothing_in_the_training(load: Load, tmp_path: Path) -> None:
    kept, plain = (run(load(f"train.snapshots={n}"), tmp_path / "runs").path for n in (5, 0))
    for name in ("steps.csv", "metrics.csv"):
        assert (kept / name).read_bytes() == (plain / name).read_bytes()
    assert not (plain / "snapshots").exists()


def test_more_snapshots_than_steps_are_one_per_step(load: Load, tmp_path: Path) -> None:
    folder = run(load("train.snapshots=1000"), tmp_path / "runs").path
    assert len(snapshots(folder)) == 11


@pytest.mark.parametrize("count", [1, 1001, -2, "true"])
def test_the_number_of_snapshots_has_bounds(load: Load, count: object) -> None:
    with pytest.raises(SpecError, match=r"train\.snapshots: must be a whole number from 2 to 1000 or 0, got"):
        load(f"train.snapshots={count}")


def test_early_stopping_saves_snapshots_of_its_end_and_of_the_restored_weights(load: Load, tmp_path: Path) -> None:
    stopping = "train.early_stopping={metric: train_loss, patience: 2, minimum_change: 1e3, restore_best: %s}"
    changes = ["train.iterations=60", "train.snapshots=4", "train.eval_every=7"]
    folder = run(load(*changes, stopping % "false"), tmp_path / "runs").path
    assert json.loads((folder / "summary.json").read_text())["steps"] == 21
    assert snapshots(folder) == [f"step-00000{step}.safetensors" for step in ("00", "20", "21")]
    changes[2] = "train.eval_every=15"
    folder = run(load(*changes, stopping % "true"), tmp_path / "runs").path
    assert snapshots(folder) == [f"step-00000{step}.safetensors" for step in ("00", "15", "20", "40")]
    assert_same_weights(folder / "snapshots" / "step-0000015.safetensors", folder / "model.safetensors")


def test_a_diverged_run_has_the_weights_of_its_last_evaluation(load: Load, tmp_path: Path) -> None:
    changes = ["optimizer.lr=1e5", "model.batch_norm=false", "train.snapshots=3", "dtype=float32", "penalty.l2=10"]
    with pytest.raises(Diverged, match="the weights saved are those of step 0"):
        run(load(*changes), tmp_path / "runs")
    (folder,) = (tmp_path / "runs").iterdir()
    assert snapshots(folder) == ["step-0000000.safetensors"]
    first, saved = (load_file(folder / name) for name in ("snapshots/step-0000000.safetensors", "model.safetensors"))
    assert first.keys() == saved.keys()
    for name in first:
        np.testing.assert_array_equal(first[name], saved[name])


@pytest.mark.slow
def test_snapshots_become_an_animation(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.plots.regions.GRID", 3)
    record = read_run(run(load(), tmp_path / "runs").path)
    path = animate(run_view(record), tmp_path / "out")
    assert path == tmp_path / "out" / "boundary.gif"
    assert path.read_bytes().startswith(b"GIF89a")
    bad = record.path / "snapshots" / "step-0000002.safetensors"
    bad.write_bytes(b"x")
    with pytest.raises(RunError, match=r"step-0000002\.safetensors: cannot be loaded"):
        animate(run_view(record), tmp_path / "out")


def test_without_snapshots_the_error_names_the_key(load: Load, tmp_path: Path) -> None:
    folder = run(load("train.snapshots=0"), tmp_path / "runs").path
    with pytest.raises(UsageError, match=r"has no snapshots to animate; .* train\.snapshots: 30"):
        animate(run_view(read_run(folder)), tmp_path)


def test_snapshots_are_shown_in_the_order_of_their_steps(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = run(load(), tmp_path / "runs").path
    last = folder / "snapshots" / "step-0000010.safetensors"
    last.rename(last.with_name("step-10000000.safetensors"))
    shown: list[int] = []
    monkeypatch.setattr(
        "nnlab.figures.run_animation.animate_boundary",
        lambda name, data, frames, out: shown.extend(step for step, _ in frames),
    )
    animate(run_view(read_run(folder)), tmp_path)
    assert shown == [0, 2, 5, 8, 10_000_000]
    last.with_name("step-x.safetensors").write_bytes(b"")
    with pytest.raises(RunError, match=r"step-x\.safetensors: is no snapshot"):
        animate(run_view(read_run(folder)), tmp_path)


def test_restored_weights_are_a_snapshot_after_all_planned_ones(load: Load, tmp_path: Path) -> None:
    stopping = "train.early_stopping={metric: train_loss, patience: 1000, minimum_change: 1e3, restore_best: true}"
    changes = ["train.iterations=20", "train.snapshots=2", "train.eval_every=7", stopping, "optimizer.lr=0.5"]
    folder = run(load(*changes), tmp_path / "runs").path
    kept = snapshots(folder)
    assert kept == [f"step-00000{step}.safetensors" for step in ("00", "07", "20")]
    changes[3] = "train.early_stopping={metric: train_loss, patience: 1000, restore_best: true}"
    folder = run(load(*changes[:-1], "optimizer.lr=30"), tmp_path / "runs").path
    saved = load_file(folder / "model.safetensors")
    last = [load_file(folder / "snapshots" / name) for name in snapshots(folder)]
    assert any(all(np.array_equal(one[name], saved[name]) for name in saved) for one in last)
