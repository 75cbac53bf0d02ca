"""What is recorded about each layer, against the same numbers worked out from the run's own files."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nnlab.core.random import make_streams
from nnlab.layers.activations import ReLU, Sigmoid, Tanh
from nnlab.spec.experiment import load_experiment
from nnlab.train.diagnostics import dead_share, saturated_share
from nnlab.train.run import run

SPEC = """\
dtype: float64
data:      {name: moons, points: 20}
model:     {name: mlp, hidden: [5, 4], activation: %s, init: xavier}
optimizer: {name: sgd, lr: 0.1}
train:     {iterations: 6, batch_size: full, eval_every: 3, diagnostics: true}
"""

Rows = list[dict[str, str]]


@pytest.fixture
def diagnosed(tmp_path: Path) -> Callable[..., Path]:
    def make(activation: str = "relu", overrides: tuple[str, ...] = ()) -> Path:
        spec = tmp_path / "moons.yaml"
        spec.write_text(SPEC % activation, encoding="utf-8")
        return run(load_experiment(spec, overrides), tmp_path / "runs").path

    return make


def rows_of(folder: Path, name: str) -> Rows:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_layer_has_a_row_at_every_evaluation_and_gradients_after_the_first(diagnosed) -> None:
    rows = rows_of(diagnosed(), "diagnostics.csv")
    layers = ["linear1", "relu1", "linear2", "relu2", "linear3"]
    assert [(row["step"], row["layer"]) for row in rows] == [(step, la) for step in "036" for la in layers]
    for row in rows:
        trained = row["layer"].startswith("linear") and row["step"] != "0"
        assert bool(row["gradient_norm"]) == bool(row["update_ratio"]) == trained
        assert bool(row["dead_share"]) == row["layer"].startswith("relu")


def test_an_sgd_update_is_the_learning_rate_times_the_gradient(diagnosed, tmp_path: Path) -> None:
    """With plain SGD, ratio · ‖θ before‖ = lr · gradient norm, and θ before is what a run of one step less saves."""
    from safetensors.numpy import load_file

    rows = {row["layer"]: row for row in rows_of(diagnosed(), "diagnostics.csv") if row["step"] == "6"}
    before = load_file(diagnosed(overrides=("train.iterations=5",)) / "model.safetensors")
    for layer in ("linear1", "linear2", "linear3"):
        length = np.sqrt(sum((before[f"{layer}.{part}"] ** 2).sum() for part in ("W", "b")))
        expected = 0.1 * float(rows[layer]["gradient_norm"])
        assert float(rows[layer]["update_ratio"]) * length == pytest.approx(expected, rel=1e-9)


def test_histograms_of_start_and_end_count_every_output(diagnosed) -> None:
    rows = rows_of(diagnosed("sigmoid"), "histograms.csv")
    assert {row["step"] for row in rows} == {"0", "6"}
    counted = {
        (row["step"], row["layer"]): sum(int(other["count"]) for other in rows if same(row, other)) for row in rows
    }
    units = {"linear1": 5, "sigmoid1": 5, "linear2": 4, "sigmoid2": 4, "linear3": 2}
    assert counted == {(step, layer): 40 * width for step in "06" for layer, width in units.items()}


def same(row: dict[str, str], other: dict[str, str]) -> bool:
    return (row["step"], row["layer"]) == (other["step"], other["layer"])


def test_recording_changes_nothing_in_the_training(diagnosed) -> None:
    with_them, without = diagnosed(), diagnosed(overrides=("train.diagnostics=false",))
    for name in ("steps.csv", "metrics.csv"):
        assert (with_them / name).read_bytes() == (without / name).read_bytes()
    assert not (without / "diagnostics.csv").exists()
    assert (with_them / "plots" / "gradients.png").stat().st_size > 5000
    assert (with_them / "plots" / "activations.png").stat().st_size > 5000


def test_dead_and_saturated_shares_by_hand() -> None:
    y = np.array([[0.0, 0.0, 2.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
    layers = [ReLU(), Sigmoid(), Tanh()]
    for layer in layers:
        layer.setup((4,), make_streams("streams", 0))
    assert dead_share(layers[0], y) == 0.5
    assert dead_share(layers[1], y) is None
    assert saturated_share(layers[1], np.array([[0.005, 0.5, 0.995, 0.011]])) == 0.5
    assert saturated_share(layers[2], np.array([[-0.99, 0.5, 0.97, 0.981]])) == 0.5
    assert saturated_share(layers[0], y) is None


def test_small_weights_make_the_gradient_vanish_towards_the_first_layer(diagnosed) -> None:
    folder = diagnosed("sigmoid", ("model.init=0.01", "model.hidden=[10, 10, 10]"))
    norms = [float(row["gradient_norm"]) for row in rows_of(folder, "diagnostics.csv") if row["gradient_norm"]][-4:]
    assert len(norms) == 4
    assert norms[0] < norms[-1] / 1000
