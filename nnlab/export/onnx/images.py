"""Layers of images (N, C, H, W): convolution, pooling, enlargement."""

from typing import Any

import numpy as np

from nnlab.export.onnx.graph import Converter, Graph


def conv2d(graph: Graph, name: str, layer: Any, x: str) -> str:
    """Conv with W as nnlab stores it, (F, C/groups, Kh, Kw), and b where there is one."""
    constants = graph.parameters(name, layer)
    settings = {"dilations": list(layer.windows.dilation), "group": layer.groups}
    return graph.node("Conv", name, [x, *constants.values()], layer.out_shape, **_windows(layer), **settings)


def pool(operator: str) -> Converter:
    """MaxPool, whose border counts as −∞, or AveragePool, which leaves the border out, as nnlab's do."""

    def convert(graph: Graph, name: str, layer: Any, x: str) -> str:
        return graph.node(operator, name, [x], layer.out_shape, **_windows(layer))

    return convert


def global_avg_pool(graph: Graph, name: str, layer: Any, x: str) -> str:
    """GlobalAveragePool gives (N, C, 1, 1), of which Flatten makes (N, C)."""
    mean = graph.node("GlobalAveragePool", f"{name}.mean", [x], (*layer.out_shape, 1, 1))
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


def _windows(layer: Any) -> dict[str, list[int]]:
    windows = layer.windows
    return {"kernel_shape": list(windows.size), "strides": list(windows.stride), "pads": list(windows.border)}
