"""The worked example of a model: its layers for a small sample, and how many parameters each has."""

from collections.abc import Mapping
from typing import Any

from nnlab.core.arrays import Shape, shape_text
from nnlab.core.random import make_streams
from nnlab.insight.explain.worked_example import Stage, Step, WorkedExample, settings_text
from nnlab.models.network import Network
from nnlab.registry import layers, models

_SMALL: Mapping[str, tuple[Mapping[str, Any], Shape, Shape]] = {
    "mlp": ({"hidden": [4]}, (3,), (2,)),
    "softmax": ({}, (3,), (2,)),
    "convnet": ({"filters": 2, "kernel": 3, "hidden": 4}, (1, 6, 6), (2,)),
    "alexnet": ({}, (3, 224, 224), (1000,)),
    "resnet_mini": ({"filters": 4}, (3, 32, 32), (10,)),
    "recurrent": ({"units": 2, "cell": "lstm"}, (5, 1), (2,)),
    "sequential": ({}, (3,), (2,)),
}


def model_example(name: str) -> WorkedExample:
    """A row for each layer: parameters as product of sizes."""
    settings, in_shape, out_shape = _SMALL.get(name, ({}, (3,), (2,)))
    if name == "sequential":
        settings = {"layers": [layers["linear"](units=4), layers["relu"](), layers["linear"](units=2)]}
    stack = models[name](**settings).stack(in_shape, out_shape)
    network = Network(stack, in_shape, out_shape, make_streams("streams", 0))
    steps = []
    for layer_name, layer in zip(network.names, network.layers, strict=True):
        parts = " + ".join(f"{shape_text(each.shape).replace('x', '·')} ({each.name})" for each in layer.parameters)
        count = sum(parameter.size for parameter in layer.parameters)
        shape = f"{shape_text(layer.in_shape)} → {shape_text(layer.out_shape)}"
        steps.append(Step(layer_name, f"{shape}, {parts} = {count:,}" if parts else shape))
    steps.append(Step("parameters", f"{network.parameter_count:,}"))
    given = [Step("sample", shape_text(in_shape)), Step("scores", shape_text(out_shape))]
    return WorkedExample(settings_text(name, settings), given, [Stage("", steps)])
