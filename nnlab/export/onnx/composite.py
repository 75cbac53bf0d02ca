"""Layers made of others."""

from typing import Any

from nnlab.export.onnx.graph import Graph


def residual(graph: Graph, name: str, layer: Any, x: str) -> str:
    """f(x) + shortcut(x)."""
    return graph.node("Add", name, _stacks(graph, name, layer, x), layer.out_shape)


def concat(graph: Graph, name: str, layer: Any, x: str) -> str:
    """The outputs of the branches along channels or features."""
    return graph.node("Concat", name, _stacks(graph, name, layer, x), layer.out_shape, axis=layer.batch_axis)


def _stacks(graph: Graph, name: str, layer: Any, x: str) -> list[str]:
    return [graph.layers([(f"{name}.{key}", inner) for key, inner in stack.named], x) for stack in layer.stacks]
