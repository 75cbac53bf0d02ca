"""Every layer gives the same numbers in ONNX."""

from typing import Any

import numpy as np
import pytest
from onnx import ModelProto, checker, helper
from onnx_models import RUNNERS, run_model, vary

from nnlab.core.arrays import Array, Shape
from nnlab.core.flat_parameters import FlatParameters
from nnlab.core.random import make_streams
from nnlab.errors import UsageError
from nnlab.export.onnx.converters import CONVERTERS
from nnlab.export.onnx.graph import Graph
from nnlab.export.onnx.model import IR_VERSION, OPSET
from nnlab.layers.activations import Identity, LeakyReLU, Sigmoid
from nnlab.layers.base import Layer
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.composite import set_up_layers
from nnlab.layers.concat import Concat
from nnlab.layers.conv import Conv2D
from nnlab.layers.dropout import Dropout
from nnlab.layers.layer_norm import LayerNorm
from nnlab.layers.linear import Linear
from nnlab.layers.lrn import LocalResponseNorm
from nnlab.layers.planning import initialise
from nnlab.layers.pool import AvgPool, MaxPool
from nnlab.layers.prelu import PReLU
from nnlab.layers.residual import Residual
from nnlab.registry import layers, registered_name

OWN: list[tuple[Layer, Shape]] = [
    (Conv2D(filters=2, kernel=4, stride=3, padding="same"), (2, 9, 7)),
    (Conv2D(filters=2, kernel=5, padding="valid"), (1, 6, 5)),
    (MaxPool(size=4, stride=3, padding="same"), (2, 9, 8)),
    (AvgPool(size=4, stride=3, padding="same"), (2, 9, 8)),
    (AvgPool(size=3, stride=2, padding=2), (2, 1, 6)),
    (MaxPool(size=4, stride=1, padding="same"), (2, 5, 6)),  # more padding below and at the right
    (AvgPool(size=3, stride=2, padding="same"), (2, 8, 6)),
    (MaxPool(size=2, stride=3), (1, 6, 7)),  # which leaves out the last rows and columns
    (LocalResponseNorm(size=4, alpha=0.7), (7, 2, 3)),  # an even size counts as the next odd one
    (LocalResponseNorm(size=9, alpha=0.7), (3, 2, 2)),
    (BatchNorm(eps=0.2), (3, 2, 2)),
    (LayerNorm(eps=0.2), (5,)),
    (LeakyReLU(slope=0.3), (5,)),
    (PReLU(), (4, 3)),
    (PReLU(shared=True), (3, 2, 2)),
    (Concat(branches=[[], [Dropout()], [BatchNorm()]]), (2, 3, 3)),
    (Residual(layers=[Residual(layers=[Linear(units=4), Sigmoid()]), Concat(branches=[[Linear(units=2)], []])]), (3,)),
]
EXAMPLES = [*((layer, shape) for _, cls in layers.items() for layer, shape in cls.examples()), *OWN]


def with_weights(layer: Layer, in_shape: Shape, dtype: Any) -> str:
    """Give a layer memory and weights; returns its name."""
    _, (name,) = set_up_layers([layer], in_shape, make_streams("streams", 0))
    if layer.parameters:
        layer.flat = FlatParameters(layer.parameters, dtype)  # type: ignore[attr-defined]  # keeps the memory
        initialise(layer, np.random.default_rng(0))
    vary([layer], np.random.default_rng(1))
    return name


def model_of(name: str, layer: Layer, dtype: Any) -> ModelProto:
    graph = Graph(dtype, CONVERTERS)
    start = graph.node("Identity", "start", ["x"], layer.in_shape)
    end = graph.node("Identity", "y", [graph.layers([(name, layer)], start)], layer.out_shape)
    finished = graph.finished("one layer", {"x": (layer.in_shape, graph.element_type)}, [end])
    model = helper.make_model(finished, ir_version=IR_VERSION, opset_imports=[helper.make_opsetid("", OPSET)])
    checker.check_model(model, full_check=True)  # compares the shapes of all values with those that ONNX infers
    return model


def samples(layer: Layer, N: int, dtype: Any) -> Array:
    x = layer.example_inputs(np.random.default_rng(2), N).astype(dtype)
    return 2 * x if layer.differentiable else x


@pytest.mark.parametrize("index", range(len(EXAMPLES)), ids=lambda i: f"{i} {registered_name(EXAMPLES[i][0])}")
def test_layer_gives_the_same_numbers(index: int) -> None:
    layer, in_shape = EXAMPLES[index]
    for dtype, runners, tolerance in ((np.float32, RUNNERS, 2e-6), (np.float64, RUNNERS[1:], 1e-7)):
        name = with_weights(layer, in_shape, dtype)
        model = model_of(name, layer, dtype)
        for N in (1, 7):
            x = samples(layer, N, dtype)
            expected = layer.forward(x, training=False).copy()
            assert np.abs(expected).max() > 0.1
            for runner in runners:
                found = run_model(runner, model, x)["y"]
                assert (found.shape, found.dtype) == (expected.shape, dtype)
                np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * np.abs(expected).max())


def test_every_registered_layer_has_a_converter() -> None:
    assert set(CONVERTERS) == set(layers.names())
    assert {registered_name(layer) for layer, _ in EXAMPLES} == set(CONVERTERS)


def test_layer_without_a_converter_is_refused() -> None:
    layer = Residual(layers=[Linear(units=3), Identity()])
    name = with_weights(layer, (3,), np.float32)
    known = {kind: convert for kind, convert in CONVERTERS.items() if kind != "identity"}
    with pytest.raises(UsageError, match=r"^--to onnx: residual1\.identity1: the layer identity cannot be exported$"):
        Graph(np.float32, known).layers([(name, layer)], "x")


def test_constants_are_named_as_in_the_safetensors_file() -> None:
    layer = Concat(branches=[[Residual(layers=[Conv2D(filters=3, kernel=1), BatchNorm()])], []])
    name = with_weights(layer, (2, 3, 3), np.float32)
    model = model_of(name, layer, np.float32)
    own = {parameter.name for parameter in layer.parameters} | set(layer.buffers)
    assert {constant.name for constant in model.graph.initializer} == {f"{name}.{key}" for key in own}
    assert {node.name for node in model.graph.node} >= {
        *("concat1", "concat1.branch1.residual1", "concat1.branch1.residual1.conv2d1"),
        *("concat1.branch1.residual1.batch_norm1", "concat1.branch1.residual1.projection"),
    }
