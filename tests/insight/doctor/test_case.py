"""What rules see of a run: the network measured before and after training, updates made again, commands."""

import shlex
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import nnlab
from nnlab.errors import Diverged, RunError
from nnlab.insight.doctor.case import Case, Unavailable
from nnlab.insight.doctor.diagnose import diagnose

SPEC = """
name: small wine
data: {name: wine}
model: {name: mlp, hidden: [8, 6], activation: sigmoid, init: xavier, dropout: 0.2}
optimizer: {name: momentum, lr: 0.1}
train: {iterations: 12, batch_size: 30, eval_every: 4, pictures: false}
"""


def trained(folder: Path, text: str = SPEC, **overrides: object) -> Path:
    """The folder of a run, diverged ones included."""
    path = folder / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    with suppress(Diverged):
        nnlab.run(path, folder / "my runs", overrides={key.replace("__", "."): v for key, v in overrides.items()})
    return max((folder / "my runs").iterdir())


def test_the_network_is_measured_with_its_initial_and_its_saved_weights(tmp_path: Path) -> None:
    case = Case(trained(tmp_path, model__dropout=0.0))
    losses = case.curve("train_loss")[1]
    assert case.after.loss == pytest.approx(losses[-1], rel=1e-5)  # whichever is asked first
    assert case.before.loss == pytest.approx(losses[0], rel=1e-5)
    assert case.chance == pytest.approx(np.log(3))
    assert case.constant_loss < case.chance


def test_the_first_updates_are_those_of_the_run(tmp_path: Path) -> None:
    case = Case(trained(tmp_path))
    assert case.first_updates.objectives.tolist() == case.objectives.tolist()
    assert set(case.first_updates.ratios) == {"linear1", "linear2", "linear3"}
    assert case.first_updates.end == pytest.approx(case.final_objective, rel=1e-5)
    slower = case.rehearse("optimizer.lr=1e-6")
    assert slower.end == pytest.approx(slower.start, abs=1e-3)


def test_layers_have_gradients_and_gains_where_they_have_weights(tmp_path: Path) -> None:
    before = Case(trained(tmp_path)).before
    assert [layer.name for layer in before.trained] == ["linear1", "linear2", "linear3"]
    assert all(0.7 < (layer.gain or 0) < 1.4 and (layer.gradient or 0) > 0 for layer in before.trained)
    assert [layer.saturated for layer in before.activations] == [0.0, 0.0]
    assert all(layer.dead is None and layer.alike < 1 for layer in before.activations)


def test_a_command_is_quoted_for_the_shell(tmp_path: Path) -> None:
    case = Case(trained(tmp_path))
    command = case.retry("optimizer={name: adam, lr: 0.01}")
    expected = ["nnlab", "train", (case.path / "spec.yaml").as_posix(), "-s", "optimizer={name: adam, lr: 0.01}"]
    assert shlex.split(command) == expected


TABLE = """
data: {name: table, path: points.csv, target: y, test_split: 0}
model: {name: mlp, hidden: [4]}
optimizer: {name: sgd, lr: 0.05}
train: {iterations: 20, batch_size: 10, eval_every: 5, pictures: false}
"""


def test_records_alone_are_enough_where_the_data_was_moved(tmp_path: Path) -> None:
    lines = [f"{x},{np.sin(x)}" for x in np.linspace(-2, 2, 40)]
    (tmp_path / "points.csv").write_text("\n".join(["x,y", *lines]), encoding="utf-8")
    run = trained(tmp_path, TABLE)
    whole = diagnose(Case(run))
    moved = (tmp_path / "points.csv").rename(tmp_path / "moved.csv")
    alone = diagnose(Case(run))
    assert 0 < alone.checked < whole.checked
    assert any("points.csv" in reason for reason in alone.missing)
    assert alone.hints[0].endswith(f"{run.name}' --data PATH")
    assert "not checked: " in alone.as_text()
    assert diagnose(Case(run, moved)).checked == whole.checked


def test_runs_without_weights_or_updates_are_diagnosed(tmp_path: Path) -> None:
    run = trained(tmp_path, train__iterations=1, train__eval_every=1)
    (run / "model.safetensors").unlink()
    case = Case(run)
    assert case.lacks("weights")
    with pytest.raises(Unavailable, match="fewer than two updates"):
        _ = case.objectives
    assert not diagnose(case).problems
    with pytest.raises(RunError, match="no such run folder"):
        Case(tmp_path / "nothing")


def test_a_divergence_from_large_inputs_blames_them(tmp_path: Path) -> None:
    text = TABLE.replace("{name: table, path: points.csv, target: y, test_split: 0}", "{name: auto_mpg, scaling: none}")
    case = Case(trained(tmp_path, text, model__activation="identity"))
    assert case.record.status == "diverged"
    (first,) = [finding for finding in diagnose(case).findings if finding.name == "diverged"]
    assert first.sentence == "The training diverged: the inputs are too large."
    assert first.command.endswith("data.scaling=standard")


def test_a_network_without_trained_weights_is_diagnosed(tmp_path: Path) -> None:
    frozen = """
data: {name: iris}
model: {name: sequential, layers: [batch_norm, {name: linear, units: 3, frozen: true}]}
optimizer: {name: sgd, lr: 0.1}
train: {iterations: 30, batch_size: 20, eval_every: 10, pictures: false}
"""
    case = Case(trained(tmp_path, frozen))
    assert case.before.trained == []
    assert diagnose(case).checked > 20
