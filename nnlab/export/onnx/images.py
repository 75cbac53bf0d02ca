"""Layers of images (N, C, H, W) and of channels along one axis (N, C, L): convolution, pooling, enlargement."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlab.export.onnx.graph import Converter, Graph


def conv(graph: Graph, name: str, layer: Any, x: str) -> str:
    """Conv with W as nnlab stores it, (F, C/groups, Kh, Kw) or (F, C/groups, K), and b where there is one."""
    constants = graph.parameters(name, layer)
    settings = {"dilations": layer.windows.dilation[-layer.axes :], "group": layer.groups}
    return graph.node("Conv", name, [x, *constants.values()], layer.out_shape, **_windows(layer), **settings)


def pool(operator: str) -> Converter:
    """MaxPool, whose border counts as −∞, or AveragePool, which leaves the border out, as nnlab's do."""

    def convert(graph: Graph, name: str, layer: Any, x: str) -> str:
        return graph.node(operator, name, [x], layer.out_shape, **_windows(layer))

    return convert


def global_avg_pool(graph: Graph, name: str, layer: Any, x: str) -> str:
    """GlobalAveragePool gives (N, C, 1, 1) or (N, C, 1), of which Flatten makes (N, C)."""
    ones = (1,) * (len(layer.in_shape) - 1)
    mean = graph.node("GlobalAveragePool", f"{name}.mean", [x], (*layer.out_shape, *ones))
    return graph.node("Flatten", name, [mean], layer.out_shape, axis=1)


def upsample(graph: Graph, name: str, layer: Any, x: str) -> str:
    """Resize to the pixel at ⌊i/factor⌋, ⌊j/factor⌋."""
    scales = graph.constant(f"{name}.scales", np.array([1, 1, layer.factor, layer.factor]), np.float32)
    return graph.node(
        "Resize",
        name,
        [x, "", scales],
        layer.out_shape,
        mode="nearest",
        nearest_mode="floor",
        coordinate_transformation_mode="asymmetric",
    )


def _windows(layer: Any) -> dict[str, Sequence[int]]:
    windows, axes = layer.windows, slice(-layer.axes, None)
    before, after = windows.border[:2], windows.border[2:]
    return {
        "kernel_shape": windows.size[axes],
        "strides": windows.stride[axes],
        "pads": [*before[axes], *after[axes]],
    }
