"""Frozen layers keep their initial values; the others are trained as if nothing were frozen."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stopped_runs import contents, stopped
from trainings import make_network

from nnlab.config.experiment import Experiment
from nnlab.core.arrays import Array
from nnlab.core.flat_parameters import FlatParameters, Parameter
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import ShapeError, UsageError
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.conv import Conv2D
from nnlab.layers.flatten import Flatten
from nnlab.layers.linear import Linear
from nnlab.layers.residual import Residual
from nnlab.registry import optimizers
from nnlab.train.resume import resume
from nnlab.train.run import run

TEXT = """\
data:      {name: moons, points: 30, test_points: 10}
model:
  name: sequential
  layers:
    - {name: linear, units: 5, l2: 0.1, frozen: FROZEN}
    - tanh
    - {name: linear, units: 4}
    - {name: batch_norm, frozen: FROZEN}
    - tanh
    - {name: linear, units: 2}
optimizer: {name: adam, lr: 0.05}
penalty:   {l1: 0.001, l2: 0.01}
train:     {iterations: 12, batch_size: 8, eval_every: 4}
"""
FROZEN = ("linear1.W", "linear1.b", "batch_norm1.gamma", "batch_norm1.beta")

Load = Callable[..., Experiment]


def backpropagated(training: RunSetup, x: Array, labels: Array) -> float:
    objective = training.loss.forward(training.network.forward(x, training=True), labels)
    training.network.backward(training.loss.backward())
    return objective


def update(training: RunSetup, step: int) -> float:
    x, labels = training.batches.batch(step)
    training.network.streams.step = step
    objective = backpropagated(training, x, labels)
    for regularizer in training.regularizers:
        regularizer.add_gradient()
    training.optimizer.step(0.05)
    return objective


@pytest.mark.parametrize("name", optimizers.names())
def test_others_are_updated_as_if_frozen_layers_were_reset_after_each_step(load: Load, name: str) -> None:
    rule, layers = f"optimizer={{name: {name}, lr: 0.05}}", TEXT.replace("batch_norm, frozen: FROZEN", "layer_norm")
    layers = layers.replace(", l2: 0.1", "")
    trainings = []
    for frozen in ("true", "false"):
        experiment = load(rule, text=layers.replace("FROZEN", frozen))
        trainings.append(RunSetup(experiment).allocate())
    own, free = trainings
    start = {name: array.copy() for name, array in own.network.state().items()}
    for step in range(1, 7):
        assert update(own, step) == update(free, step)
        for name in ("linear1.W", "linear1.b"):
            free.network.state()[name][...] = start[name]
        for name, array in own.network.state().items():
            np.testing.assert_array_equal(array, free.network.state()[name], err_msg=name)
    moved = {name for name, array in own.network.state().items() if not np.array_equal(array, start[name])}
    assert moved == start.keys() - {"linear1.W", "linear1.b"}


@pytest.mark.usefixtures("no_pictures")
def test_a_run_with_frozen_layers_is_resumed_byte_for_byte(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = load("train.clip_norm=0.1", "train.diagnostics=true", text=TEXT.replace("FROZEN", "true"))
    start = RunSetup(experiment).allocate()
    whole = run(experiment, tmp_path / "whole").path
    from nnlab.storage.tensors import read_tensors

    saved = read_tensors(whole / "model.safetensors", 10**6)
    for name in FROZEN:
        np.testing.assert_array_equal(saved[name], start.network.state()[name])
    assert not np.array_equal(saved["linear2.W"], start.network.state()["linear2.W"])
    np.testing.assert_array_equal(saved["batch_norm1.running_mean"], np.zeros(4))
    rows = (whole / "diagnostics.csv").read_text(encoding="utf-8").splitlines()
    assert {row.split(",")[2] for row in rows if row.startswith(("8,linear1", "8,batch_norm1"))} == {"0.0"}
    folder = stopped(experiment, tmp_path / "runs", 6, monkeypatch)
    resume(folder)
    assert contents(folder) == contents(whole)


def test_regularizers_leave_out_frozen_weights(load: Load) -> None:
    experiment = load(text=TEXT.replace("FROZEN", "true"))
    training = RunSetup(experiment).allocate()
    assert sum(term.W.size for term in training.regularizers if term.regularizer.registered_name == "l2") == 20 + 8
    assert training.optimizer.state()["m"].size == training.network.flat.trained == 20 + 4 + 8 + 2


def test_gradient_clipping_measures_trained_parameters_only(load: Load) -> None:
    experiment = load("train.clip_norm=1e-3", text=TEXT.replace("FROZEN", "true"))
    training = RunSetup(experiment).allocate()
    flat = training.network.flat
    flat.gradients[flat.trained :] = 1e6
    flat.trained_gradients[...] = 1e-9
    training.controls.clip(flat.trained_gradients)
    assert (flat.trained_gradients == np.float32(1e-9)).all()


@pytest.mark.parametrize("shards", [1, 2])
def test_shards_with_a_large_frozen_layer(load: Load, monkeypatch: pytest.MonkeyPatch, shards: int) -> None:
    monkeypatch.setattr("nnlab.engine.joint_layer.JOINT_WEIGHTS", 1)
    text = TEXT.replace("    - {name: batch_norm, frozen: FROZEN}\n", "").replace("FROZEN", "true")
    experiment = load(f"compute.shards={shards}", "dtype=float64", text=text)
    training = RunSetup(experiment).allocate()
    x, labels = training.batches.batch(1)
    assert backpropagated(training, x, labels) > 0
    one = load("compute.shards=1", "dtype=float64", text=text.replace("frozen: true", "frozen: false"))
    other = RunSetup(one).allocate()
    backpropagated(other, x, labels)
    for (name, mine), (_, theirs) in zip(
        training.network.named_parameters(), other.network.named_parameters(), strict=True
    ):
        if not mine.frozen:
            np.testing.assert_allclose(mine.grad, theirs.grad, rtol=1e-12, atol=1e-15, err_msg=name)


def test_freezing_every_layer_is_refused(load: Load) -> None:
    text = TEXT.replace("FROZEN", "true").replace("units: 4", "units: 4, frozen: true")
    with pytest.raises(UsageError, match="every layer with parameters is frozen"):
        RunSetup(load(text=text.replace("units: 2}", "units: 2, frozen: true}")))


def test_frozen_parameters_come_last_in_the_flat_vector() -> None:
    names = [("a", True, True), ("b", False, False), ("c", True, False), ("d", False, True)]
    parameters = [
        Parameter(name, (2,), lambda rng: np.zeros(2), regularized, frozen) for name, regularized, frozen in names
    ]
    flat = FlatParameters(parameters, np.float64)
    assert [parameter.name for parameter in sorted(parameters, key=lambda one: one.slice.start)] == ["c", "b", "a", "d"]
    assert (flat.trained, flat.regularized, len(flat.values)) == (4, 2, 8)


def test_layers_below_the_first_trained_one_have_no_backward_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Linear(units=3, frozen=True), Linear(units=2)
    network = make_network([first, second], (4,), 2)
    monkeypatch.setattr(first, "backward_parameters", None)
    monkeypatch.setattr(first, "backward", None)
    network.forward(np.ones((5, 4)), training=True)
    network.backward(np.ones((5, 2)))
    assert second.W.grad.all()


@pytest.mark.parametrize(
    "make",
    [
        lambda frozen: Conv2D(filters=2, frozen=frozen),
        lambda frozen: Residual(layers=[Conv2D(filters=2, padding="same", frozen=frozen)]),
    ],
)
def test_frozen_layers_leave_the_input_gradient_unchanged(make: Callable[[bool], Any]) -> None:
    found = []
    for frozen in (True, False):
        layer = make(frozen)
        network = make_network([layer, Flatten(), Linear(units=2)], (2, 5, 5), 2)
        x = np.random.default_rng(1).standard_normal((3, 2, 5, 5))
        network.forward(x, training=True)
        found.append(network.input_gradient(np.ones((3, 2))).copy())
    np.testing.assert_array_equal(*found)


def test_a_frozen_batch_norm_uses_its_running_statistics_while_training() -> None:
    layer = BatchNorm(frozen=True)
    make_network([layer, Linear(units=2)], (3,), 2)
    x = 5 + np.random.default_rng(0).standard_normal((6, 3))
    np.testing.assert_allclose(layer.forward(x, training=True), x / np.sqrt(1 + 1e-5))
    assert not layer.buffers["running_mean"].any()


def test_a_model_without_parameters_is_another_error() -> None:
    with pytest.raises(ShapeError, match="no layer has parameters"):
        make_network([Flatten()], (2, 1, 1), 2)
