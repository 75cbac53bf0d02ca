"""The linear layer, and flattening before it."""

from typing import Any

from nnlab.export.onnx.graph import Graph


def linear(graph: Graph, name: str, layer: Any, x: str) -> str:
    """Gemm with W as nnlab stores it, (D_in, D_out), and b where there is one; of sequences MatMul and Add."""
    constants = graph.parameters(name, layer)
    if len(layer.in_shape) > 1:
        product = f"{name}.product" if layer.bias else name
        y = graph.node("MatMul", product, [x, constants["W"]], layer.out_shape)
        return graph.node("Add", name, [y, constants["b"]], layer.out_shape) if layer.bias else y
    return graph.node("Gemm", name, [x, *constants.values()], layer.out_shape)


def flatten(graph: Graph, name: str, layer: Any, x: str) -> str:
    """Flatten in C, H, W order."""
    return graph.node("Flatten", name, [x], layer.out_shape, axis=1)
