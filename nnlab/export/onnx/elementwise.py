"""Activations, and layers that pass their input on in evaluation."""

from math import pi, sqrt
from typing import Any

import numpy as np

from nnlab.export.onnx.graph import Converter, Graph


def passed_on(graph: Graph, name: str, layer: Any, x: str) -> str:
    """No node: the output is the input."""
    return x


def function(operator: str, **settings: str) -> Converter:
    """A node of one operator; ``settings`` has the layer's field for each attribute of the operator."""

    def convert(graph: Graph, name: str, layer: Any, x: str) -> str:
        attributes = {attribute: float(getattr(layer, field)) for attribute, field in settings.items()}
        return graph.node(operator, name, [x], layer.out_shape, **attributes)

    return convert


def gelu(graph: Graph, name: str, layer: Any, x: str) -> str:
    """x/2 · (1 + erf(x/√2)), or x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))): the operator Gelu came with opset 20."""

    def node(operator: str, part: str, *inputs: str) -> str:
        return graph.node(operator, f"{name}.{part}", inputs, layer.out_shape)

    def constant(part: str, value: float) -> str:
        return graph.constant(f"{name}.{part}", np.array(value))

    one = constant("one", 1.0)
    if layer.approximate == "tanh":
        square = node("Mul", "square", x, x)
        scaled = node("Mul", "scaled", square, constant("cubic", 0.044715))
        factor = node("Mul", "factor", node("Add", "plus_one", scaled, one), constant("scale", sqrt(2 / pi)))
        odd = node("Tanh", "tanh", node("Mul", "inner", x, factor))
    else:
        odd = node("Erf", "erf", node("Mul", "inner", x, constant("scale", sqrt(1 / 2))))
    half = node("Mul", "half", x, constant("one_half", 0.5))
    return graph.node("Mul", name, [half, node("Add", "gate", odd, one)], layer.out_shape)


def swish(graph: Graph, name: str, layer: Any, x: str) -> str:
    """x · Sigmoid(βx): the operator Swish came with opset 24."""
    z = x
    if layer.beta != 1:
        beta = graph.constant(f"{name}.beta", np.array(layer.beta))
        z = graph.node("Mul", f"{name}.scaled", [x, beta], layer.out_shape)
    gate = graph.node("Sigmoid", f"{name}.gate", [z], layer.out_shape)
    return graph.node("Mul", name, [x, gate], layer.out_shape)


def prelu(graph: Graph, name: str, layer: Any, x: str) -> str:
    """PRelu, whose slopes broadcast to a sample."""
    slopes = graph.constant(f"{name}.a", layer.a.value.reshape(layer.along))
    return graph.node("PRelu", name, [x, slopes], layer.out_shape)
