"""Layers in sequence: shapes, names, indices, and the addresses of their random streams."""

import pytest

from nnlab.core.random import make_streams
from nnlab.errors import ShapeError
from nnlab.layers.activations import ReLU, Tanh
from nnlab.layers.base import Layer
from nnlab.layers.composite import set_up_layers
from nnlab.layers.conv import Conv2D
from nnlab.layers.dropout import Dropout
from nnlab.layers.flatten import Flatten
from nnlab.layers.linear import Linear
from nnlab.layers.pool import MaxPool
from nnlab.registry import layers as layer_registry


def stack() -> list[Layer]:
    return [
        Conv2D(filters=4),
        ReLU(),
        Dropout(),
        Conv2D(filters=2),
        ReLU(),
        MaxPool(),
        Flatten(),
        Dropout(),
        Linear(units=3),
    ]


def test_shapes_names_indices_and_addresses() -> None:
    layers = stack()
    shape, names = set_up_layers(layers, (1, 8, 8), make_streams("streams", 0))
    assert shape == (3,)
    assert [layer.out_shape for layer in layers[:7]] == [
        (4, 6, 6),
        (4, 6, 6),
        (4, 6, 6),
        (2, 4, 4),
        (2, 4, 4),
        (2, 2, 2),
        (8,),
    ]
    assert [layer.in_shape for layer in layers[1:]] == [layer.out_shape for layer in layers[:-1]]
    assert names == [
        "conv2d1",
        "relu1",
        "dropout1",
        "conv2d2",
        "relu2",
        "max_pool1",
        "flatten1",
        "dropout2",
        "linear1",
    ]
    assert [layer.index for layer in layers] == list(range(9))
    assert layers[8].label == "layer 9 linear"
    # A layer is found by how many of its kind came before it.
    assert [layer.address for layer in layers] == [(0,), (0,), (0,), (1,), (1,), (0,), (0,), (1,), (0,)]


def test_a_layer_of_another_kind_in_between_moves_no_address() -> None:
    plain, decorated = [Dropout(), Dropout()], [Dropout(), Tanh(), Linear(units=5), Tanh(), Dropout()]
    for layers in (plain, decorated):
        set_up_layers(layers, (5,), make_streams("streams", 0))
    assert [layer.address for layer in decorated if isinstance(layer, Dropout)] == [layer.address for layer in plain]


def test_a_prefix_comes_before_every_address() -> None:
    layers = [Dropout(), Dropout()]
    set_up_layers(layers, (5,), make_streams("streams", 0), (3, 1))
    assert [layer.address for layer in layers] == [(3, 1, 0), (3, 1, 1)]


def test_a_stack_without_layers_keeps_the_shape() -> None:
    assert set_up_layers([], (2, 3), make_streams("streams", 0)) == ((2, 3), [])


def test_the_first_layer_that_does_not_fit_is_named() -> None:
    with pytest.raises(ShapeError, match=r"^layer 4 conv2d: kernel 3 exceeds input 2x2$"):
        set_up_layers(stack(), (1, 4, 4), make_streams("streams", 0))


@pytest.mark.parametrize(("name", "kind"), list(layer_registry.items()))
def test_layers_compare_by_identity(name: str, kind: type[Layer]) -> None:
    (one, _), (other, _) = kind.examples()[0], kind.examples()[0]
    assert one != other
    assert [other, one].index(one) == 1
    assert len({one, other, one}) == 2
