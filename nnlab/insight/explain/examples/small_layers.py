"""The layers of the worked examples: settings, input shape and number of samples, small enough for paper."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnlab.core.arrays import Array, Shape
from nnlab.core.flat_parameters import FlatParameters
from nnlab.core.random import make_streams
from nnlab.layers.base import Layer
from nnlab.registry import activations, layers, registered_name

Small = tuple[Mapping[str, Any], Shape, int]

_IMAGE = (1, 4, 4)
SMALL: Mapping[str, Small] = {
    "linear": ({"units": 2}, (3,), 2),
    "conv2d": ({"filters": 1, "kernel": 3}, _IMAGE, 1),
    "conv1d": ({"filters": 1, "kernel": 3}, (1, 5), 1),
    "max_pool": ({"size": 2}, _IMAGE, 1),
    "avg_pool": ({"size": 2}, _IMAGE, 1),
    "max_pool1d": ({"size": 2}, (1, 6), 1),
    "avg_pool1d": ({"size": 2}, (1, 6), 1),
    "global_avg_pool": ({}, (2, 2, 2), 1),
    "global_avg_pool1d": ({}, (2, 4), 1),
    "batch_norm": ({}, (2,), 4),
    "layer_norm": ({}, (4,), 2),
    "group_norm": ({"groups": 2}, (6,), 1),
    "instance_norm": ({}, (2, 2, 2), 1),
    "lrn": ({"size": 3, "alpha": 0.5, "beta": 1.0, "k": 1.0}, (3, 1, 1), 1),
    "dropout": ({"rate": 0.5}, (6,), 1),
    "activity_l1": ({"strength": 0.1}, (3,), 2),
    "activity_l2": ({"strength": 0.1}, (3,), 2),
    "flatten": ({}, (1, 2, 3), 1),
    "reshape": ({"shape": [3, 2]}, (6,), 1),
    "permute": ({"order": [2, 1]}, (2, 3), 1),
    "image_rows": ({}, (1, 3, 2), 1),
    "last_step": ({}, (3, 2), 1),
    "reverse": ({}, (3, 2), 1),
    "softmax": ({}, (3,), 1),
    "log_softmax": ({}, (3,), 1),
    "upsample": ({"factor": 2}, (1, 2, 2), 1),
    "embedding": ({"tokens": 4, "units": 2}, (3,), 1),
    "rnn": ({"units": 1}, (2, 1), 1),
    "lstm": ({"units": 1}, (2, 1), 1),
    "gru": ({"units": 1}, (2, 1), 1),
}

# Numbers of which none is the same as its neighbours, and whose products are short.
_X = (1.0, 2.0, -1.0, 0.5, 3.0, -2.0, 0.0, 1.5)
_DY = (1.0, -1.0, 2.0, 0.5, -0.5)
_WEIGHTS = (1.0, -1.0, 0.5, 2.0, 0.0, -0.5)
_PARAMETERS: Mapping[str, Sequence[float]] = {
    "gamma": (1.0, 2.0),
    "beta": (0.0, 1.0),
    "b": (0.5, -0.5),
    "a": (0.25, 0.5),
    "Wx": (0.5, 1.0, -0.5, 0.25),
    "Wh": (0.5, -1.0, 1.0, 0.25),
    "bh": (0.5, 0.0, -0.5),
}
_ROWS_OF_BATCH_NORM = ((1.0, 10.0), (2.0, 20.0), (3.0, 30.0), (6.0, 40.0))


def small_layer(name: str) -> tuple[Layer, Mapping[str, Any], int]:
    """A layer with small weights, set up for a small input, its settings, and how many samples it gets."""
    settings, in_shape, samples = _settings(name)
    layer = layers[name](**settings)
    layer.setup(in_shape, make_streams("streams", 1))
    FlatParameters(layer.parameters, np.float64)
    for parameter in layer.parameters:
        values = _PARAMETERS.get(parameter.name.rpartition(".")[2], _WEIGHTS)
        parameter.value[...] = np.resize(values, parameter.shape)
    return layer, settings, samples


def _settings(name: str) -> Small:
    if name in SMALL:
        return SMALL[name]
    if name == "time_distributed":
        return {"layer": _inner()}, (2, 2), 1
    if name == "residual":
        return {"layers": [_inner()]}, (2,), 1
    if name == "concat":
        return {"branches": [[_inner()], []]}, (2,), 1
    if name in activations:
        return {}, (3,), 1
    layer, in_shape = next(iter(layers[name].examples()))  # of a plugin
    return {key: value for key, value in vars(layer).items() if key in layer.__dataclass_fields__}, in_shape, 1


def _inner() -> Layer:
    linear: Layer = layers["linear"](units=2, bias=False)
    return linear


def small_input(layer: Layer, samples: int) -> Array:
    """Its input (samples, *in_shape)."""
    name = registered_name(layer)
    if name == "batch_norm":
        return np.array(_ROWS_OF_BATCH_NORM)
    if name == "embedding":
        return np.array([[2.0, 0.0, 2.0]])
    if name in activations:
        return np.array([[-1.0, 0.5, 2.0]])
    return np.resize(_X, (samples, *layer.in_shape))


def small_gradient(layer: Layer, samples: int) -> Array:
    """The gradient of its output: ones for an activation, so that dx is its slope."""
    values = (1.0,) if registered_name(layer) in activations else _DY
    return np.resize(values, (samples, *layer.out_shape))
