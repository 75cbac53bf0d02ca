"""The linear layer, and flattening before it."""

from typing import Any

from nnlab.export.onnx.graph import Graph


def linear(graph: Graph, name: str, layer: Any, x: str) -> str:
    """Gemm with W as nnlab stores it, (D_in, D_out), and b where there is one."""
    constants = graph.parameters(name, layer)
    return graph.node("Gemm", name, [x, *constants.values()], layer.out_shape)


def flatten(graph: Graph, name: str, layer: Any, x: str) -> str:
    """Flatten in C, H, W order."""
    return graph.node("Flatten", name, [x], layer.out_shape, axis=1)
