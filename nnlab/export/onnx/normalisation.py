"""Normalisation of activations, as in evaluation."""

from typing import Any

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


def lrn(graph: Graph, name: str, layer: Any, x: str) -> str:
    """LRN, which divides α by the size: given is α times the size, made odd as nnlab counts it."""
    size = 2 * (layer.size // 2) + 1
    return graph.node(
        "LRN", name, [x], layer.out_shape, size=size, alpha=layer.alpha * size, beta=layer.beta, bias=layer.k
    )
