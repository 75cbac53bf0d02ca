"""Layers on sequences, and reshaping into them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlab.export.onnx.graph import Graph

FROM_THE_END = np.iinfo(np.int64).min
"""Where a slice with a negative step ends that takes everything."""


def reshape(graph: Graph, name: str, layer: Any, x: str) -> str:
    """Reshape of each sample, in C order."""
    return _reshaped(graph, name, x, layer.out_shape)


def image_rows(graph: Graph, name: str, layer: Any, x: str) -> str:
    """Transpose to N, H, C, W, then Reshape."""
    C, H, W = layer.in_shape
    rows = graph.node("Transpose", f"{name}.transpose", [x], (H, C, W), perm=[0, 2, 1, 3])
    return _reshaped(graph, name, rows, layer.out_shape)


def permute(graph: Graph, name: str, layer: Any, x: str) -> str:
    """Transpose, whose axis 0 is the batch."""
    return graph.node("Transpose", name, [x], layer.out_shape, perm=[0, *layer.order])


def last_step(graph: Graph, name: str, layer: Any, x: str) -> str:
    """Gather of the last step."""
    last = graph.constant(f"{name}.last", np.array(-1), np.int64)
    return graph.node("Gather", name, [x, last], layer.out_shape, axis=1)


def reverse(graph: Graph, name: str, layer: Any, x: str) -> str:
    """Slice of axis 1 with step -1."""
    bounds = {"starts": -1, "ends": FROM_THE_END, "axes": 1, "steps": -1}
    inputs = [graph.constant(f"{name}.{key}", np.array([value]), np.int64) for key, value in bounds.items()]
    return graph.node("Slice", name, [x, *inputs], layer.out_shape)


def time_distributed(graph: Graph, name: str, layer: Any, x: str) -> str:
    """Reshape to one batch of all steps, the layer inside, and Reshape back."""
    (stack,) = layer.stacks
    T, *step = layer.in_shape
    with graph.batch_of(T):
        rows = _reshaped(graph, f"{name}.steps", x, step)
        y = graph.layers([(f"{name}.{key}", inner) for key, inner in stack.named], rows)
    return _reshaped(graph, name, y, layer.out_shape)


def _reshaped(graph: Graph, name: str, x: str, shape: Sequence[int]) -> str:
    sizes = graph.constant(f"{name}.shape", np.array([-1, *shape]), np.int64)
    return graph.node("Reshape", name, [x, sizes], tuple(shape))
