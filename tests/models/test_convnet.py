"""The textbook's convolutional network: which layers, which shapes, how many parameters and products."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trainings import make_network

from nnlab.core.initialisers import He, Normal
from nnlab.errors import ShapeError
from nnlab.gradcheck import Method, check, model_subject
from nnlab.layers.conv import Conv2D
from nnlab.layers.linear import Linear
from nnlab.layers.planning import multiply_adds
from nnlab.losses import CrossEntropy
from nnlab.models.convnet import ConvNet
from nnlab.registry import hyperparameters, registered_name

SEQUENCE = ["conv2d", "relu", "max_pool", "flatten", "linear", "relu", "linear"]


def test_the_network_of_deep_learning_from_scratch_chapter_7() -> None:
    net = make_network(ConvNet(), (1, 28, 28), 10, dtype=None)
    assert [registered_name(layer) for layer in net.layers] == SEQUENCE
    shapes = [(30, 24, 24), (30, 24, 24), (30, 12, 12), (4320,), (100,), (100,), (10,)]
    assert [layer.out_shape for layer in net.layers] == shapes
    assert net.parameter_count == (30 * 25 + 30) + (4320 * 100 + 100) + (100 * 10 + 10) == 433_890
    products = [multiply_adds(layer) for layer in net.layers]
    assert products == [30 * 24 * 24 * 25, 0, 0, 0, 4320 * 100, 0, 100 * 10]


@settings(max_examples=40)
@given(
    in_shape=st.tuples(st.integers(1, 3), st.integers(8, 30), st.integers(8, 30)),
    classes=st.integers(1, 12),
    filters=st.integers(1, 40),
    kernel=st.integers(1, 5),
    stride=st.integers(1, 2),
    padding=st.sampled_from([0, 1, 2, "same", "valid"]),
    hidden=st.integers(1, 200),
)
def test_parameters_and_products_by_formula(
    in_shape: Any, classes: int, filters: int, kernel: int, stride: int, padding: Any, hidden: int
) -> None:
    padding = min(padding, kernel - 1) if isinstance(padding, int) else padding
    C, H, W = in_shape
    if padding == "same":
        out = [-(-length // stride) for length in (H, W)]
    else:
        border = 0 if padding == "valid" else padding
        out = [(length + 2 * border - kernel) // stride + 1 for length in (H, W)]
    pooled = filters * (out[0] // 2) * (out[1] // 2)
    model = ConvNet(filters=filters, kernel=kernel, stride=stride, padding=padding, hidden=hidden)
    net = make_network(model, in_shape, classes, dtype=None)
    weights = [filters * C * kernel**2, pooled * hidden, hidden * classes]
    assert net.parameter_count == sum(weights) + filters + hidden + classes
    products = sum(multiply_adds(layer) for layer in net.layers)
    assert products == filters * out[0] * out[1] * C * kernel**2 + weights[1] + weights[2]


def test_every_layer_gets_the_keys_of_the_model() -> None:
    init = Normal(std=0.25)
    stack = ConvNet(filters=7, kernel=3, stride=2, padding="same", hidden=6, init=init).stack((1, 9, 9), (4,))
    conv, first, last = stack[0], stack[4], stack[6]
    assert isinstance(conv, Conv2D)
    assert (conv.filters, conv.kernel, conv.stride, conv.padding, conv.bias) == (7, 3, 2, "same", True)
    for layer, units in ((first, 6), (last, 4)):
        assert isinstance(layer, Linear)
        assert (layer.units, layer.init) == (units, init)
    assert conv.init == init


def test_the_keys_and_defaults_are_those_of_the_contract() -> None:
    defaults = {key.name: key.default for key in hyperparameters(ConvNet)}
    assert defaults == {"filters": 30, "kernel": 5, "stride": 1, "padding": 0, "hidden": 100, "init": He()}


def test_legacy_weights_are_drawn_conv_then_linear_then_linear() -> None:
    net = make_network(ConvNet(filters=4, kernel=3, hidden=6, init=Normal(std=0.01)), (2, 8, 8), 3, rng="legacy")
    script, state = np.random.RandomState(0), net.state()
    np.testing.assert_array_equal(state["conv2d1.W"], 0.01 * script.randn(4, 2, 3, 3))
    np.testing.assert_array_equal(state["linear1.W"], 0.01 * script.randn(4 * 3 * 3, 6))
    np.testing.assert_array_equal(state["linear2.W"], 0.01 * script.randn(6, 3))


def test_every_stack_is_new() -> None:
    model = ConvNet()
    layers = [*model.stack((1, 8, 8), (2,)), *model.stack((1, 8, 8), (2,))]
    assert len({id(layer) for layer in layers}) == 14


@pytest.mark.parametrize(
    ("keys", "in_shape", "message"),
    [
        ({}, (784,), "layer 1 conv2d: needs images (C, H, W), got 784"),
        ({}, (1, 4, 4), "layer 1 conv2d: kernel 5 exceeds input 4x4"),
        ({}, (1, 5, 5), "layer 3 max_pool: size 2 exceeds input 1x1"),
        ({"kernel": 29}, (1, 28, 28), "layer 1 conv2d: kernel 29 exceeds input 28x28"),
    ],
)
def test_images_that_are_too_small_are_refused(keys: Any, in_shape: Any, message: str) -> None:
    with pytest.raises(ShapeError) as refusal:
        make_network(ConvNet(**keys), in_shape, 10, dtype=None)
    assert str(refusal.value) == message


@pytest.mark.parametrize("method", ["central", "complex"])
@pytest.mark.parametrize("keys", [{}, {"stride": 2, "padding": "same"}, {"padding": 1}])
def test_its_gradients_are_numerical_ones(keys: Any, method: Method) -> None:
    model = ConvNet(filters=3, kernel=3, hidden=4, **keys)
    results = check(
        lambda seed: model_subject("convnet", make_network(model, (2, 7, 6), 3, dtype=None), CrossEntropy(), [], seed),
        method,
        sampled=10,
    )
    assert all(result.passed for result in results), results
    parameters = {f"{name}.{part}" for name in ("conv2d1", "linear1", "linear2") for part in ("W", "b")}
    assert {result.tensor for result in results} == {"x", *parameters}
    assert all(result.norm > 1e-4 for result in results), "a gradient of zero proves nothing"
