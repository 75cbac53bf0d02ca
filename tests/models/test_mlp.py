"""The multi-layer perceptron and the softmax classifier: which layers, in which order, with how many parameters."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trainings import make_network

from nnlab.core.initialisers import Normal, Xavier
from nnlab.layers.activations import ELU, ReLU, Sigmoid
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.dropout import Dropout
from nnlab.layers.linear import Linear
from nnlab.models.mlp import MLP, Softmax
from nnlab.registry import hyperparameters, registered_name


def kinds(stack: list[Any]) -> list[str]:
    return [registered_name(layer) for layer in stack]


@given(
    inputs=st.integers(1, 800),
    hidden=st.lists(st.integers(1, 60), max_size=4),
    classes=st.integers(1, 12),
    batch_norm=st.booleans(),
)
def test_the_number_of_parameters(inputs: int, hidden: list[int], classes: int, batch_norm: bool) -> None:
    model = MLP(hidden=hidden, batch_norm=BatchNorm() if batch_norm else None)
    network = make_network(model, (inputs,), classes, dtype=None)
    linear = sum(fan_in * units + units for fan_in, units in pairwise([inputs, *hidden, classes]))
    assert network.parameter_count == linear + (2 * sum(hidden) if batch_norm else 0)


def test_the_networks_of_the_published_experiments() -> None:
    for hidden, count in (([40, 20], 785 * 40 + 41 * 20 + 21 * 10), ([50], 785 * 50 + 51 * 10), ([], 7850)):
        network = make_network(MLP(hidden=hidden), (1, 28, 28), 10, dtype=None)
        assert network.parameter_count == count


def test_each_hidden_block_is_linear_norm_activation_dropout() -> None:
    model = MLP(hidden=[5, 4], activation=Sigmoid(), batch_norm=BatchNorm(), dropout=0.2)
    block = ["linear", "batch_norm", "sigmoid", "dropout"]
    assert kinds(model.stack((3,), (2,))) == [*block, *block, "linear"]
    assert kinds(model.stack((1, 3, 3), (2,))) == ["flatten", *block, *block, "linear"]


@pytest.mark.parametrize(
    ("keys", "block"),
    [
        ({}, ["linear", "relu"]),
        ({"dropout": 0.5}, ["linear", "relu", "dropout"]),
        ({"batch_norm": BatchNorm()}, ["linear", "batch_norm", "relu"]),
        ({"activation": Sigmoid()}, ["linear", "sigmoid"]),
    ],
)
def test_without_batch_norm_and_dropout_there_are_no_such_layers(keys: dict[str, Any], block: list[str]) -> None:
    assert kinds(MLP(hidden=[5], **keys).stack((3,), (2,))) == [*block, "linear"]


def test_every_layer_gets_the_keys_of_the_model() -> None:
    init = Normal(std=0.25)
    model = MLP(
        hidden=[7, 6], activation=ELU(alpha=0.5), init=init, batch_norm=BatchNorm(eps=1e-3, momentum=0.5), dropout=0.2
    )
    stack = model.stack((3,), (2,))
    linear = [layer for layer in stack if isinstance(layer, Linear)]
    assert [layer.units for layer in linear] == [7, 6, 2]
    assert all(layer.init == init and layer.bias for layer in linear)
    assert [layer.alpha for layer in stack if isinstance(layer, ELU)] == [0.5, 0.5]
    assert [(layer.eps, layer.momentum) for layer in stack if isinstance(layer, BatchNorm)] == [(1e-3, 0.5)] * 2
    assert [layer.rate for layer in stack if isinstance(layer, Dropout)] == [0.2, 0.2]


def test_every_stack_is_new_and_every_layer_its_own() -> None:
    model = MLP(hidden=[4, 4], activation=ReLU(), batch_norm=BatchNorm(), dropout=0.1)
    layers = [*model.stack((3,), (2,)), *model.stack((3,), (2,))]
    assert len({id(layer) for layer in layers}) == len(layers)
    assert not any(layer is model.activation or layer is model.batch_norm for layer in layers)


def test_two_dropout_layers_drop_differently() -> None:
    stack = MLP(hidden=[50, 50], dropout=0.5).stack((3,), (2,))
    make_network(stack, (3,), 2)
    first, second = (layer for layer in stack if isinstance(layer, Dropout))
    ones = np.ones((20, 50))
    assert not np.array_equal(first.forward(ones, training=True), second.forward(ones, training=True))


def test_softmax_is_one_linear_layer_from_flattened_samples() -> None:
    model = Softmax(init=Xavier())
    assert kinds(model.stack((4,), (3,))) == ["linear"]
    flatten, linear = model.stack((1, 2, 2), (3,))
    assert registered_name(flatten) == "flatten"
    assert isinstance(linear, Linear)
    assert linear.units == 3
    assert linear.init == Xavier()


def test_the_models_have_the_keys_of_the_contract() -> None:
    assert [key.name for key in hyperparameters(Softmax)] == ["init"]
    assert [key.name for key in hyperparameters(MLP)] == ["hidden", "activation", "init", "batch_norm", "dropout"]
