"""Divergence: the first NaN or infinity is named."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from trainings import make_experiment, make_network

from nnlab.config.experiment import Experiment
from nnlab.engine.divergence import (
    NonFinite,
    Origin,
    all_finite,
    check_update,
    nonfinite_gradient,
    nonfinite_output,
    nonfinite_penalty,
    nonfinite_weight,
)
from nnlab.errors import Diverged
from nnlab.layers.activations import Tanh
from nnlab.layers.linear import Linear
from nnlab.models.network import Network
from nnlab.optim.base import Block, Squares
from nnlab.optim.sgd import SGD
from nnlab.records.reader import read_run
from nnlab.train.run import run

SPEC = """\
data:      {name: moons, points: 30, test_points: 10}
model:     {name: mlp, hidden: [6], activation: relu}
optimizer: {name: sgd, lr: 0.1}
train:     {iterations: 20, batch_size: 10, eval_every: 4}
"""


@pytest.fixture
def load(tmp_path: Path, no_pictures: None) -> Callable[..., Experiment]:
    return partial(make_experiment, tmp_path, SPEC)


def diverged(experiment: Experiment, runs: Path) -> tuple[str, Path]:
    with pytest.raises(Diverged) as caught:
        run(experiment, runs)
    (folder,) = runs.iterdir()
    return str(caught.value), folder


@pytest.mark.parametrize(
    ("vector", "finite"),
    [([1.0, -2.0], True), ([3e38, -3e38], True), ([1.0, np.nan], False), ([np.inf, 1.0], False), ([], True)],
)
def test_large_numbers_are_finite_though_their_squares_are_not(vector: list[float], finite: bool) -> None:
    numbers = np.array(vector, np.float32)
    with np.errstate(all="ignore"):
        assert all_finite(numbers, float(np.dot(numbers, numbers))) is finite


@pytest.mark.parametrize("clipping", [[], ["train.clip_value=0.1"]], ids=str)  # which must not hide an infinity
def test_a_nonfinite_gradient_is_named_and_its_step_is_not_counted(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clipping: list[str]
) -> None:
    backward, calls = Linear.backward_parameters, []

    def poisoned(self: Linear, dy: np.ndarray) -> None:
        backward(self, dy)
        calls.append(self.index)
        if calls.count(0) == 7 and self.index == 0:
            self.b.grad[0] = np.inf

    monkeypatch.setattr(Linear, "backward_parameters", poisoned)
    message, folder = diverged(load(*clipping), tmp_path / "runs")
    assert "the gradient became inf at step 7, first in the gradient of linear1.b; the usual cause is" in message
    record = read_run(folder)
    assert record.summary["steps"] == 6
    assert record.steps["step"].tolist() == [1, 2, 3, 4, 5, 6]
    assert (record.final or {})["step"] == 4
    assert "the weights saved are those of step 4" in message
    assert all(np.isfinite(array).all() for array in load_file(folder / "model.safetensors").values())


def test_a_nonfinite_weight_is_named(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = SGD.update

    def poisoned(self: SGD, block: Block, lr: float) -> None:
        update(self, block, lr)
        if self.t == 6:
            block.theta[0] = np.nan

    monkeypatch.setattr(SGD, "update", poisoned)
    message, folder = diverged(load(), tmp_path / "runs")
    assert "a weight became nan at step 6, first in linear1.W" in message
    assert all(np.isfinite(array).all() for array in load_file(folder / "model.safetensors").values())


def test_the_layer_whose_outputs_overflow_is_named(load: Callable[..., Experiment], tmp_path: Path) -> None:
    message, _ = diverged(load("model.hidden=[6, 6]", "optimizer.lr=1e6", "penalty.l2=1e3"), tmp_path / "runs")
    assert "a learning rate that is too large (here 1e+06): try a tenth of it" in message


def test_the_weights_whose_penalty_overflows_are_named(load: Callable[..., Experiment], tmp_path: Path) -> None:
    changes = ["data={name: spiral}", "model.hidden=[8]", "optimizer.lr=3", "penalty.l2=1", "train.iterations=200"]
    message, _ = diverged(load(*changes), tmp_path / "runs")
    assert re.search(
        r"the objective became inf at step \d+, first in the penalty on linear\d\.W; the usual cause is", message
    )


@pytest.mark.parametrize(("part", "named"), [("test", "test inputs"), ("train", "inputs")])
def test_a_sample_that_only_an_evaluation_sees_is_named(
    load: Callable[..., Experiment], tmp_path: Path, part: str, named: str
) -> None:
    rng = np.random.default_rng(0)
    samples = {name: rng.standard_normal((40, 2)) for name in ("x_train", "x_test")}
    samples[f"x_{part}"][17, 1] = 3e37
    npz, labels = tmp_path / "far.npz", np.arange(40) % 2
    np.savez(npz, y_train=labels, y_test=labels, **samples)
    experiment = load(f"data={{name: table, path: {npz}, scaling: none}}", "model.hidden=[6, 6]", "model.init=100.0")
    message, _ = diverged(experiment, tmp_path / "runs")
    assert f"the {part} loss became nan at step 0, first in the outputs of linear" in message
    assert f"the usual cause is the {named} reach 3e+37: scale them to about 1" in message


def test_inputs_out_of_scale_are_the_likely_cause(load: Callable[..., Experiment], tmp_path: Path) -> None:
    table = tmp_path / "far.csv"
    table.write_text("a,b,label\n" + "".join(f"{k}e30,{-k}e25,{k % 2}\n" for k in range(1, 30)), encoding="utf-8")
    data = f"data={{name: table, path: {table}, scaling: none}}"
    message, _ = diverged(load(data, "optimizer.lr=1e6"), tmp_path / "runs")
    assert re.search(r"the inputs reach 2\.\de\+31: scale them to about 1", message)


def three_equal_layers() -> Network:
    """Three linear layers and three activations of equal settings and shapes."""
    layers = [layer for _ in range(3) for layer in (Linear(units=4, l2=1.0), Tanh())]
    network = make_network(layers, (4,), 4)
    network.flat.values[:] = 0.5
    return network


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("kind", ["linear", "tanh"])
def test_outputs_of_equal_layers_are_named_apart(number: int, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = three_equal_layers()
    layer = network.layers[2 * (number - 1) + (kind == "tanh")]
    monkeypatch.setattr(layer, "forward", lambda x, training: np.full_like(x, np.nan))
    origin = nonfinite_output(network, np.ones((2, 4)))
    assert str(origin) == f"the outputs of {kind}{number}"
    assert (origin.layer, origin.tensor) == (f"{kind}{number}", "")


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("tensor", ["W", "b"])
def test_tensors_of_equal_layers_are_named_apart(number: int, tensor: str) -> None:
    network = three_equal_layers()
    parameter = dict(network.named_parameters())[f"linear{number}.{tensor}"]
    parameter.grad[...] = np.inf
    value, origin = nonfinite_gradient(network)
    assert (value, str(origin)) == (np.inf, f"the gradient of linear{number}.{tensor}")
    with pytest.raises(NonFinite) as caught:
        check_update(Squares(np.inf, np.inf), network, np.ones((2, 4)))
    assert caught.value.quantity == "the gradient"
    assert caught.value.origin == origin == Origin("the gradient of {}", f"linear{number}", tensor)
    parameter.value[...] = -np.inf
    value, origin = nonfinite_weight(network)
    assert (value, str(origin)) == (-np.inf, f"linear{number}.{tensor}")
    network.flat.gradients[:] = 1.0
    with pytest.raises(NonFinite) as caught:
        check_update(Squares(1.0, np.inf), network, np.ones((2, 4)))
    assert (caught.value.quantity, caught.value.origin) == ("a weight", origin)
    if tensor == "W":
        parameter.value[0] = 1e200
        with np.errstate(over="ignore"):
            origin = nonfinite_penalty(network, network.regularizer_terms([]))
            assert str(origin) == f"the penalty on linear{number}.W"
            assert (origin.layer, origin.tensor) == (f"linear{number}", "W")
