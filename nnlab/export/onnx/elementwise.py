"""Activations, and layers that pass their input on in evaluation."""

from typing import Any

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
