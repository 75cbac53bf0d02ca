"""Normalisation of activations, as in evaluation."""

from math import prod
from typing import Any

import numpy as np

from nnlab.core.arrays import Shape
from nnlab.export.onnx.graph import Graph


def batch_norm(graph: Graph, name: str, layer: Any, x: str) -> str:
    """BatchNormalization with the running mean and variance."""
    constants = graph.parameters(name, layer)
    inputs = [x, *(constants[key] for key in ("gamma", "beta", "running_mean", "running_variance"))]
    return graph.node("BatchNormalization", name, inputs, layer.out_shape, epsilon=layer.eps)


def layer_norm(graph: Graph, name: str, layer: Any, x: str) -> str:
    """LayerNormalization over all axes of a sample."""
    constants = graph.parameters(name, layer)
    inputs = [x, constants["gamma"], constants["beta"]]
    return graph.node("LayerNormalization", name, inputs, layer.out_shape, axis=1, epsilon=layer.eps)


def instance_norm(graph: Graph, name: str, layer: Any, x: str) -> str:
    """InstanceNormalization: each channel over its pixels."""
    constants = graph.parameters(name, layer)
    inputs = [x, constants["gamma"], constants["beta"]]
    return graph.node("InstanceNormalization", name, inputs, layer.out_shape, epsilon=layer.eps)


def group_norm(graph: Graph, name: str, layer: Any, x: str) -> str:
    """InstanceNormalization of (N, groups, numbers), then gamma and beta: GroupNormalization came with opset 18."""
    channels, *pixels = layer.in_shape
    grouped = (layer.groups, prod(layer.in_shape) // layer.groups)
    scales = (channels, *(1 for _ in pixels))

    def reshaped(x: str, part: str, shape: Shape) -> str:
        sizes = graph.constant(f"{name}.{part}_shape", np.array([0, *shape]), np.int64)  # 0: as in the input
        return graph.node("Reshape", f"{name}.{part}", [x, sizes], shape)

    ones = graph.constant(f"{name}.ones", np.ones(layer.groups))
    zeros = graph.constant(f"{name}.zeros", np.zeros(layer.groups))
    inputs = [reshaped(x, "groups", grouped), ones, zeros]
    graph.node("InstanceNormalization", f"{name}.normalised", inputs, grouped, epsilon=layer.eps)
    channels_again = reshaped(f"{name}.normalised", "channels", layer.in_shape)
    gamma, beta = (
        graph.constant(f"{name}.{key}", parameter.value.reshape(scales))
        for key, parameter in (("gamma", layer.gamma), ("beta", layer.beta))
    )
    scaled = graph.node("Mul", f"{name}.scaled", [channels_again, gamma], layer.out_shape)
    return graph.node("Add", name, [scaled, beta], layer.out_shape)


def lrn(graph: Graph, name: str, layer: Any, x: str) -> str:
    """LRN, which divides α by the size: given is α times the size, made odd as nnlab counts it."""
    size = 2 * (layer.size // 2) + 1
    return graph.node(
        "LRN", name, [x], layer.out_shape, size=size, alpha=layer.alpha * size, beta=layer.beta, bias=layer.k
    )
