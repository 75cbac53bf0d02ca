"""A layer on each step of a sequence: outputs, gradients, penalties, planning, replicas."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from trainings import make_network

from nnlab.core.threads import Workers
from nnlab.engine.data_parallel import DataParallel
from nnlab.errors import ShapeError
from nnlab.layers.activity import ActivityL2
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.composite import layer_outputs
from nnlab.layers.conv import Conv2D
from nnlab.layers.flatten import Flatten
from nnlab.layers.linear import Linear
from nnlab.layers.planning import activation_memory, multiply_adds
from nnlab.layers.residual import Residual
from nnlab.layers.time_distributed import TimeDistributed

Prepared = Callable[..., Any]


def test_images_step_by_step(prepared: Prepared) -> None:
    layer, alone = (
        prepared(TimeDistributed(layer=Conv2D(filters=2)), (3, 1, 4, 5)),
        prepared(Conv2D(filters=2), (1, 4, 5)),
    )
    assert layer.out_shape == (3, 2, 2, 3)
    assert [parameter.name for parameter in layer.parameters] == ["conv2d1.W", "conv2d1.b"]
    for own, other in zip(layer.parameters, alone.parameters, strict=True):
        own.value[...] = other.value
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal((4, 3, 1, 4, 5)), rng.standard_normal((4, 3, 2, 2, 3))
    y = layer.forward(x, training=True)
    dx = layer.backward(dy)
    dW = np.zeros_like(alone.W.grad)
    for t in range(3):
        np.testing.assert_allclose(y[:, t], alone.forward(x[:, t], training=True), rtol=1e-12)
        np.testing.assert_allclose(dx[:, t], alone.backward(dy[:, t]), rtol=1e-12, atol=1e-14)
        dW += alone.W.grad
    np.testing.assert_allclose(layer.parameters[0].grad, dW, rtol=1e-12)


def test_planning_counts_the_layer_inside_once_a_step(prepared: Prepared) -> None:
    layer = prepared(TimeDistributed(layer=Conv2D(filters=2)), (3, 1, 4, 5))
    assert multiply_adds(layer) == 3 * multiply_adds(prepared(Conv2D(filters=2), (1, 4, 5))) == 3 * 2 * 9 * 2 * 3
    inside = activation_memory(prepared(Conv2D(filters=2), (1, 4, 5)))
    assert activation_memory(layer) == 2 * 3 * 20 + 3 * inside


def test_statistics_are_over_samples_and_steps(prepared: Prepared) -> None:
    layer = prepared(TimeDistributed(layer=BatchNorm()), (3, 2))
    x = np.random.default_rng(0).normal(5, 2, (40, 3, 2))
    layer.take_statistics(x)
    np.testing.assert_allclose(layer.buffers["batch_norm1.running_mean"], x.mean((0, 1)), rtol=1e-12)
    outputs = {name: y for name, _, y in layer_outputs([("time", layer)], x)}
    assert [(name, y.shape) for name, y in outputs.items()] == [("time.batch_norm1", (120, 2)), ("time", (40, 3, 2))]


def test_penalties_of_a_batch_in_parts_are_those_of_the_whole() -> None:
    def make() -> Any:
        inner = Residual(layers=[Linear(units=4), ActivityL2(strength=0.5)])
        return make_network([TimeDistributed(layer=inner), Flatten(), Linear(units=2)], (3, 4), 2)

    x, dscores = np.random.default_rng(0).standard_normal((6, 3, 4)), np.random.default_rng(1).standard_normal((6, 2))
    whole, parts = make(), make()
    split = DataParallel(parts, 2, Workers(1))
    for network in (whole, split):
        network.forward(x, training=True)
        network.backward(dscores)
    np.testing.assert_allclose(parts.flat.gradients, whole.flat.gradients, rtol=1e-10, atol=1e-13)


def test_features_without_steps_are_refused(prepared: Prepared) -> None:
    with pytest.raises(ShapeError, match=r"^layer 1 time_distributed: needs a sequence .*, got 5$"):
        prepared(TimeDistributed(layer=Linear(units=2)), (5,))
    with pytest.raises(ShapeError, match=r"^layer 1 time_distributed: layer 1 conv2d: needs images"):
        prepared(TimeDistributed(layer=Conv2D(filters=2)), (5, 3))
