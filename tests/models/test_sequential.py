"""Models written out layer by layer."""

from typing import Any

import numpy as np
import pytest
from examples import examples
from hypothesis import event, given
from hypothesis import strategies as st
from trainings import make_network

from nnlab.core.flat_parameters import FlatParameters
from nnlab.core.random import Purpose, make_streams
from nnlab.errors import ShapeError
from nnlab.layers.activations import ReLU, Sigmoid
from nnlab.layers.base import Layer
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.composite import set_up_layers
from nnlab.layers.conv import Conv2D
from nnlab.layers.dropout import Dropout
from nnlab.layers.flatten import Flatten
from nnlab.layers.layer_norm import LayerNorm
from nnlab.layers.linear import Linear
from nnlab.layers.lrn import LocalResponseNorm
from nnlab.layers.planning import initialise
from nnlab.layers.pool import AvgPool, GlobalAvgPool, MaxPool
from nnlab.layers.residual import Residual
from nnlab.layers.upsample import Upsample
from nnlab.models.mlp import MLP
from nnlab.models.sequential import Sequential


def test_the_layers_come_in_the_order_given() -> None:
    layers: list[Layer] = [Flatten(), Linear(units=5), Sigmoid(), Linear(units=2, bias=False)]
    stack = Sequential(layers=layers).stack((1, 2, 2), (2,))
    assert repr(stack) == repr(layers)


def test_the_same_layers_are_the_same_network_as_an_mlp() -> None:
    written = Sequential(layers=[Flatten(), Linear(units=5), Sigmoid(), Linear(units=2)]).stack((1, 2, 2), (2,))
    named = MLP(hidden=[5], activation=Sigmoid()).stack((1, 2, 2), (2,))
    x = np.random.default_rng(0).standard_normal((3, 1, 2, 2))
    first, second = make_network(written, (1, 2, 2), 2), make_network(named, (1, 2, 2), 2)
    np.testing.assert_array_equal(first.forward(x, training=False), second.forward(x, training=False))


def test_every_stack_is_new() -> None:
    model = Sequential(layers=[Linear(units=2)])
    (first,), (second,) = model.stack((3,), (2,)), model.stack((3,), (2,))
    assert first is not second
    assert first is not model.layers[0]


def test_a_layer_given_twice_becomes_two_layers() -> None:
    hidden, sigmoid = Linear(units=3), Sigmoid()
    model = Sequential(layers=[hidden, sigmoid, hidden, sigmoid, Linear(units=2)])
    stack = model.stack((3,), (2,))
    assert len({id(layer) for layer in stack}) == 5
    network = make_network(stack, (3,), 2)
    assert network.parameter_count == (3 * 3 + 3) * 2 + 3 * 2 + 2
    assert len(network.state()) == 6


def test_the_last_layer_must_give_one_score_for_each_class() -> None:
    stack = Sequential(layers=[Linear(units=5), Sigmoid()]).stack((3,), (2,))
    with pytest.raises(ShapeError, match=r"layer 2 sigmoid.* 5 .* 2 classes"):
        make_network(stack, (3,), 2, dtype=None)


SIZES = st.integers(1, 4)
WINDOWS = {"stride": SIZES, "padding": st.sampled_from([0, 1, 2, "same", "valid"])}
PLAIN: st.SearchStrategy[Layer] = st.one_of(
    st.builds(Conv2D, filters=SIZES, kernel=SIZES, bias=st.booleans(), **WINDOWS),
    st.builds(MaxPool, size=SIZES, **WINDOWS),
    st.builds(AvgPool, size=SIZES, **WINDOWS),
    st.builds(Upsample, factor=st.integers(1, 2)),
    st.builds(LocalResponseNorm, size=SIZES),
    st.builds(Linear, units=SIZES),
    *(st.builds(cls) for cls in (ReLU, Sigmoid, BatchNorm, LayerNorm, Dropout, Flatten, GlobalAvgPool)),
)
LAYERS = PLAIN | st.lists(PLAIN, min_size=1, max_size=3).map(lambda inner: Residual(layers=inner))


@examples(200)
@given(
    layers=st.lists(LAYERS, min_size=1, max_size=5),
    in_shape=st.tuples(*(st.integers(1, most) for most in (3, 9, 9))),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_any_layers_on_images_give_the_shapes_they_promise_or_are_refused(
    layers: list[Layer], in_shape: tuple[int, int, int], dtype: Any
) -> None:
    stack, streams = Sequential(layers=layers).stack(in_shape, (2,)), make_streams("streams", 0)
    refusal = ""
    try:
        set_up_layers(stack, in_shape, streams)
    except ShapeError as error:
        refusal = str(error)
    event("refused" if refusal else "built")
    if refusal:
        assert refusal.startswith("layer ")
        return
    FlatParameters([parameter for layer in stack for parameter in layer.parameters], dtype)
    for layer in stack:
        initialise(layer, streams.rng(Purpose.INIT, layer.index))
    for N in (3, 1):
        y = np.random.default_rng(0).standard_normal((N, *in_shape)).astype(dtype)
        y.flags.writeable = False
        for layer in stack:
            y = layer.forward(y, training=True)
            assert (y.shape, y.dtype) == ((N, *layer.out_shape), dtype)
            assert np.isfinite(y).all()
        dx = np.ones_like(y)
        for layer in reversed(stack):
            dx = layer.backward(dx)
            assert (dx.shape, dx.dtype) == ((N, *layer.in_shape), dtype)
            assert np.isfinite(dx).all()
            assert all(np.isfinite(parameter.grad).all() for parameter in layer.parameters)
