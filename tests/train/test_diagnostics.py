"""Per-layer statistics, against the same numbers computed from the run's own files."""

import csv
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from trainings import make_experiment

from nnlab.core.random import make_streams
from nnlab.engine.activation_statistics import dead_share, saturated_share
from nnlab.layers.activations import ReLU, Sigmoid, Tanh
from nnlab.train.diagnostics import histogram
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
def diagnosed(trained_with_pictures: Callable[..., Path], no_pictures: None) -> Callable[..., Path]:
    return trained_with_pictures


@pytest.fixture
def trained_with_pictures(tmp_path: Path) -> Callable[..., Path]:
    def make(activation: str = "relu", overrides: tuple[str, ...] = ()) -> Path:
        return run(make_experiment(tmp_path, SPEC % activation, *overrides), tmp_path / "runs").path

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


def test_diagnostics_change_nothing_in_the_training(diagnosed) -> None:
    with_them, without = diagnosed(), diagnosed(overrides=("train.diagnostics=false",))
    for name in ("steps.csv", "metrics.csv"):
        assert (with_them / name).read_bytes() == (without / name).read_bytes()
    assert not (without / "diagnostics.csv").exists()


@pytest.mark.usefixtures("no_pixels")
@pytest.mark.slow
def test_recorded_diagnostics_are_plotted(trained_with_pictures) -> None:
    with_them, without = trained_with_pictures(), trained_with_pictures(overrides=("train.diagnostics=false",))
    for name in ("gradients.png", "activation_histograms.png"):
        assert (with_them / "plots" / name).is_file()
        assert not (without / "plots" / name).exists()


def test_dead_and_saturated_fractions_by_hand() -> None:
    y = np.array([[0.0, 0.0, 2.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
    layers = [ReLU(), Sigmoid(), Tanh()]
    for layer in layers:
        layer.setup((4,), make_streams("streams", 0))
    assert dead_share(layers[0], y) == 0.5
    assert dead_share(layers[1], y) is None
    assert saturated_share(layers[1], np.array([[0.005, 0.5, 0.995, 0.011]])) == 0.5
    assert saturated_share(layers[2], np.array([[-0.99, 0.5, 0.97, 0.981]])) == 0.5
    assert saturated_share(layers[0], y) is None


def test_small_weights_give_vanishing_gradients(diagnosed) -> None:
    folder = diagnosed("sigmoid", ("model.init=0.01", "model.hidden=[10, 10, 10]"))
    norms = [float(row["gradient_norm"]) for row in rows_of(folder, "diagnostics.csv") if row["gradient_norm"]][-4:]
    assert len(norms) == 4
    assert norms[0] < norms[-1] / 1000


def test_statistics_are_of_five_hundred_samples_or_one_chunk_of_an_evaluation(diagnosed) -> None:
    for overrides, samples in [(("data.points=300",), 500), (("data.points=300", "model.hidden=[8192, 4]"), 128)]:
        rows = rows_of(diagnosed(overrides=(*overrides, "train.batch_size=10")), "histograms.csv")
        counts = [int(row["count"]) for row in rows if (row["step"], row["layer"]) == ("0", "linear3")]
        assert sum(counts) == 2 * samples


def test_the_histograms_at_the_end_are_those_of_the_weights_that_are_saved(diagnosed) -> None:
    stopping = "train.early_stopping={metric: train_loss, patience: 1, minimum_change: 1e3}"
    early = rows_of(diagnosed(overrides=(stopping, "train.iterations=12")), "histograms.csv")
    assert {row["step"] for row in early} == {"0", "3"}  # the first evaluation that counts is the best
    stopping = "train.early_stopping={metric: train_accuracy, patience: 2}"
    folder = diagnosed(overrides=(stopping, "train.iterations=120", "optimizer.lr=3"))
    saved = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert saved["final"]["step"] < saved["steps"]
    assert {row["step"] for row in rows_of(folder, "histograms.csv")} == {"0", str(saved["final"]["step"])}


@pytest.mark.parametrize(
    "overrides",
    [("model.init=0",), ("model.init=1e-8", "dtype=float32"), ("penalty.l2=5", "dtype=float32", "train.iterations=90")],
)
def test_constant_outputs_do_not_fail_the_run(diagnosed, overrides: tuple[str, ...]) -> None:
    rows = rows_of(diagnosed("sigmoid", overrides), "histograms.csv")
    assert sum(int(row["count"]) for row in rows if row["layer"] == "linear3") == 2 * 40 * 2


@pytest.mark.parametrize("numbers", [[], [0.5] * 9, [0.5, np.float32(0.5).item() + 6e-8], [1e30, 1e30], [-0.0, 0.0]])
def test_a_histogram_counts_every_finite_number(numbers: list[float]) -> None:
    edges, counts = histogram(np.array([*numbers, np.nan, np.inf, -np.inf], np.float32))
    assert sum(counts) == len(numbers)
    assert len(edges) == len(counts) + 1 == 41
    assert all(left < right for left, right in pairwise(edges))
    assert all(edges[0] <= np.float32(number) <= edges[-1] for number in numbers)


def test_layers_inside_a_residual_block_have_statistics_of_their_own(diagnosed) -> None:
    inner = "[{name: linear, units: 5}, relu, {name: linear, units: 3}]"
    layers = f"[{{name: residual, layers: {inner}}}, {{name: linear, units: 2}}]"
    rows = rows_of(diagnosed(overrides=(f"model={{name: sequential, layers: {layers}}}",)), "diagnostics.csv")
    inside = [f"residual1.{name}" for name in ("linear1", "relu1", "linear2", "projection")]
    last = [row for row in rows if row["step"] == "6"]
    assert [row["layer"] for row in last] == [*inside, "residual1", "linear1"]
    with_gradient = [row["layer"] for row in last if row["gradient_norm"]]
    assert with_gradient == [inside[0], *inside[2:], "linear1"]
    assert [row["layer"] for row in last if row["dead_share"]] == ["residual1.relu1"]
