"""Models written out layer by layer."""

import numpy as np
import pytest

from nnlab.core.random import make_streams
from nnlab.errors import ShapeError
from nnlab.layers import Layer
from nnlab.layers.activations import Sigmoid
from nnlab.layers.flatten import Flatten
from nnlab.layers.linear import Linear
from nnlab.models.mlp import MLP
from nnlab.models.network import Network
from nnlab.models.sequential import Sequential


def allocated(stack: list[Layer], in_shape: tuple[int, ...], classes: int) -> Network:
    network = Network(stack, in_shape, classes, make_streams("streams", 0))
    network.allocate(np.float64)
    return network


def test_the_layers_come_in_the_order_given() -> None:
    layers: list[Layer] = [Flatten(), Linear(units=5), Sigmoid(), Linear(units=2, bias=False)]
    stack = Sequential(layers=layers).stack((1, 2, 2), 2)
    assert stack == layers


def test_the_same_layers_are_the_same_network_as_an_mlp() -> None:
    written = Sequential(layers=[Flatten(), Linear(units=5), Sigmoid(), Linear(units=2)]).stack((1, 2, 2), 2)
    named = MLP(hidden=[5], activation=Sigmoid()).stack((1, 2, 2), 2)
    x = np.random.default_rng(0).standard_normal((3, 1, 2, 2))
    first, second = allocated(written, (1, 2, 2), 2), allocated(named, (1, 2, 2), 2)
    np.testing.assert_array_equal(first.forward(x, training=False), second.forward(x, training=False))


def test_every_stack_is_new() -> None:
    model = Sequential(layers=[Linear(units=2)])
    (first,), (second,) = model.stack((3,), 2), model.stack((3,), 2)
    assert first is not second
    assert first is not model.layers[0]


def test_a_layer_given_twice_becomes_two_layers() -> None:
    hidden, sigmoid = Linear(units=3), Sigmoid()
    model = Sequential(layers=[hidden, sigmoid, hidden, sigmoid, Linear(units=2)])
    stack = model.stack((3,), 2)
    assert len({id(layer) for layer in stack}) == 5
    network = allocated(stack, (3,), 2)
    assert network.parameter_count == (3 * 3 + 3) * 2 + 3 * 2 + 2
    assert len(network.state()) == 6


def test_the_last_layer_must_give_one_score_for_each_class() -> None:
    stack = Sequential(layers=[Linear(units=5), Sigmoid()]).stack((3,), 2)
    with pytest.raises(ShapeError, match=r"layer 2 sigmoid.* 5 .* 2 classes"):
        Network(stack, (3,), 2, make_streams("streams", 0))
