"""An ONNX graph under construction: nodes, the shapes of their outputs, and constant arrays."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import GraphProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from nnlab.core.arrays import Array, Shape
from nnlab.errors import UsageError
from nnlab.layers.base import Layer
from nnlab.plugins.plugin import no_twin
from nnlab.registry import registered_name

BATCH = "N"
"""The name of the free dimension: the number of samples."""

Converter = Callable[["Graph", str, Any, str], str]
"""Adds the nodes of a layer, from graph, name of the layer, layer and input value; returns the output value."""


class Graph:
    """Nodes in the order of computation, which compute in ``dtype``.

    A value has the name of the layer that gives it, such as ``linear1``, a constant that of the array in
    model.safetensors, such as ``linear1.W``.
    """

    def __init__(self, dtype: npt.DTypeLike, converters: Mapping[str, Converter]) -> None:
        self.dtype = np.dtype(dtype)
        self._converters = converters
        self._batch = BATCH
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []
        self._values: dict[str, ValueInfoProto] = {}

    @property
    def element_type(self) -> int:
        """ONNX's number for ``dtype``."""
        return int(helper.np_dtype_to_tensor_dtype(self.dtype))

    def node(
        self,
        operator: str,
        name: str,
        inputs: Sequence[str],
        shape: Shape,
        element: int = 0,
        batch_at: int = 0,
        /,
        **attributes: Any,
    ) -> str:
        """Add a node whose one output has its name and the shape (N, *shape); returns the name.

        ``element`` is ONNX's number for the type of the output where it is not ``dtype``, ``batch_at`` the axis of N.
        """
        self._nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        self._values[name] = self._value(name, shape, element, batch_at)
        return name

    @contextmanager
    def batch_of(self, steps: int) -> Iterator[None]:
        """While this lasts, a batch is one of the steps of all samples: its free dimension has another name."""
        outside, self._batch = self._batch, f"{self._batch}*{steps}"
        yield
        self._batch = outside

    def constant(self, name: str, array: Array, dtype: npt.DTypeLike | None = None) -> str:
        """Add a constant array in a data type (default: the graph's); returns its name."""
        self._constants.append(numpy_helper.from_array(np.asarray(array, dtype or self.dtype, order="C"), name))
        return name

    def parameters(self, name: str, layer: Layer) -> dict[str, str]:
        """Add the parameters and buffers of a layer; returns the name of each constant by its own, such as W."""
        arrays = {parameter.name.rpartition(".")[2]: parameter.value for parameter in layer.parameters}
        return {key: self.constant(f"{name}.{key}", array) for key, array in {**arrays, **layer.buffers}.items()}

    def layers(self, named: Iterable[tuple[str, Layer]], x: str) -> str:
        """Add layers in sequence; returns the output value. Raises UsageError for a layer without a converter."""
        for name, layer in named:
            kind = registered_name(layer)
            if kind not in self._converters:
                if own := no_twin(layer, "ONNX operator"):
                    raise UsageError(f"--to onnx: {name}: {own}")
                raise UsageError(f"--to onnx: {name}: the layer {kind} cannot be exported")
            x = self._converters[kind](self, name, layer, x)
        return x

    def name_value(self, old: str, new: str) -> None:
        """Rename the value ``old`` wherever it occurs; its node keeps its name."""
        for node in self._nodes:
            for names in (node.input, node.output):
                names[:] = [new if name == old else name for name in names]
        value = self._values.pop(old)
        value.name = new
        self._values[new] = value

    def finished(self, name: str, inputs: Mapping[str, tuple[Shape, int]], outputs: Sequence[str]) -> GraphProto:
        """The graph with its inputs, a shape and an element type each, and those values that are its outputs."""
        return helper.make_graph(
            self._nodes,
            name,
            [self._value(key, shape, element) for key, (shape, element) in inputs.items()],
            [self._values[key] for key in outputs],
            self._constants,
            value_info=[value for key, value in self._values.items() if key not in outputs],
        )

    def _value(self, name: str, shape: Shape, element: int = 0, batch_at: int = 0) -> ValueInfoProto:
        sizes: list[str | int | None] = [*shape[:batch_at], self._batch, *shape[batch_at:]]
        return helper.make_tensor_value_info(name, element or self.element_type, sizes)
