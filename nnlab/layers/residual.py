"""Residual blocks."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
from annotated_types import MaxLen

from nnlab.core.arrays import Array, Shape, shape_text
from nnlab.core.flat_parameters import Parameter
from nnlab.core.random import Streams
from nnlab.errors import ShapeError
from nnlab.layers.activations import ReLU
from nnlab.layers.activity import ActivityL1, ActivityL2
from nnlab.layers.base import Layer, layer_outputs, set_up
from nnlab.layers.conv import Conv2D
from nnlab.layers.linear import Linear
from nnlab.registry import Component, Doc, layers
from nnlab.regularizers import Regularizer


@layers.register("residual")
@dataclass(kw_only=True)
class Residual(Layer):
    """y = f(x) + x, with f the inner layers (He et al. 2016, arXiv 1512.03385).

    Where f changes the shape, x goes through a projection without bias: a 1x1 convolution with a stride for images, a
    linear layer for features.
    """

    layers: Annotated[list[Layer], Component("layer", many=True), MaxLen(1000), Doc("the inner layers f")]

    @classmethod
    def examples(cls) -> "list[tuple[Residual, Shape]]":
        """The identity as shortcut, and both projections; penalties on weights and outputs inside."""
        return [
            (cls(layers=[Linear(units=5, l1=0.1, l2=0.2), ActivityL2(strength=0.1), ActivityL1(strength=0.1)]), (5,)),
            (cls(layers=[Linear(units=4), ReLU(), Linear(units=5)]), (5,)),
            (cls(layers=[Linear(units=3)]), (5,)),
            (cls(layers=[Conv2D(filters=3, stride=2, padding=1)]), (2, 4, 4)),
        ]

    def build(self, in_shape: Shape) -> Shape:
        """Any shape to what the inner layers make of it."""
        self._inner = [deepcopy(layer) for layer in self.layers]
        try:
            out_shape, names = set_up(self._inner, in_shape, self.streams, self.address)
            self._shortcut = self._projection(in_shape, out_shape)
        except ShapeError as error:
            raise self.reject(str(error)) from None
        self._names = names
        for name, layer in self.inner():
            for parameter in layer.parameters:
                parameter.name = f"{name}.{parameter.name}"
            self.parameters += layer.parameters
            self.buffers |= {f"{name}.{key}": buffer for key, buffer in layer.buffers.items()}
        return out_shape

    def multiply_adds(self) -> int:
        """Those of the inner layers and the projection."""
        return sum(layer.multiply_adds() for _, layer in self.inner())

    def replica(self, streams: Streams, parameters: Mapping[int, Parameter]) -> Self:
        """Twins of the layers inside, too."""
        other = super().replica(streams, parameters)
        other._inner = [layer.replica(streams, parameters) for layer in self._inner]
        other._shortcut = self._shortcut.replica(streams, parameters) if self._shortcut else None
        return other

    def inner(self) -> list[tuple[str, Layer]]:
        """The layers of f, and the projection if there is one."""
        shortcut = [("projection", self._shortcut)] if self._shortcut else []
        return [*zip(self._names, self._inner, strict=True), *shortcut]

    def inner_outputs(self, x: Array) -> Iterator[tuple[str, Layer, Array]]:
        """Those of f one after the other, then the projection of x."""
        yield from layer_outputs(zip(self._names, self._inner, strict=True), x)
        if self._shortcut:
            yield "projection", self._shortcut, self._shortcut.forward(x, training=False)

    def activation_memory(self) -> int:
        """Those of all layers inside, and the sums."""
        return super().activation_memory() + sum(layer.activation_memory() for _, layer in self.inner())

    def smallest_batch(self) -> int:
        """What the inner layers need."""
        return max((layer.smallest_batch() for layer in self._inner), default=1)

    def forward(self, x: Array, *, training: bool) -> Array:
        """f(x) + shortcut(x)."""
        inner = x
        for layer in self._inner:
            inner = layer.forward(inner, training=training)
        shortcut = self._shortcut.forward(x, training=training) if self._shortcut else x
        return np.add(inner, shortcut, out=self.workspace.like("y", inner))

    def backward(self, dy: Array) -> Array:
        """dx = f'(x) dy + shortcut'(x) dy."""
        inner = dy
        for layer in reversed(self._inner):
            inner = layer.backward(inner)
        shortcut = self._shortcut.backward(dy) if self._shortcut else dy
        return np.add(inner, shortcut, out=self.workspace.like("dx", inner))

    def penalties(self) -> list[tuple[Regularizer, Parameter]]:
        """Those of the inner layers."""
        return [own for layer in self._inner for own in layer.penalties()]

    def activity_penalty(self) -> complex:
        """The sum of the inner layers'."""
        return sum(layer.activity_penalty() for layer in self._inner)

    def kink_sides(self) -> Array | None:
        """Those of the inner layers, one after the other."""
        sides = [side.reshape(-1) for layer in self._inner if (side := layer.kink_sides()) is not None]
        return np.concatenate(sides) if sides else None

    def _projection(self, in_shape: Shape, out_shape: Shape) -> Layer | None:
        """What turns x into the shape of f(x); None where they agree."""
        if in_shape == out_shape:
            return None
        projection: Layer
        if len(in_shape) == len(out_shape) == 1:
            projection = Linear(units=out_shape[0], bias=False)
        elif len(in_shape) == len(out_shape) == 3:
            # The smallest stride that is large enough both down and across.
            stride = max(-(-length // windows) for length, windows in zip(in_shape[1:], out_shape[1:], strict=True))
            projection = Conv2D(filters=out_shape[0], kernel=1, stride=stride, bias=False)
        else:
            raise self._mismatch(in_shape, out_shape)
        found, _ = set_up([projection], in_shape, self.streams, (*self.address, len(self._inner)))
        if found != out_shape:
            raise self._mismatch(in_shape, out_shape)
        return projection

    def _mismatch(self, in_shape: Shape, out_shape: Shape) -> ShapeError:
        shapes = f"{shape_text(in_shape)} into {shape_text(out_shape)}"
        return ShapeError(f"the inner layers turn {shapes}, and no 1x1 projection does the same to the shortcut")
