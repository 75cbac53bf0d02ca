"""The axes of a sample in another order."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le, MaxLen, MinLen

from nnlab.core.arrays import Array, Shape, shape_text
from nnlab.layers.base import Layer
from nnlab.registry import Doc, layers


@layers.register("permute")
@dataclass(kw_only=True)
class Permute(Layer):
    """The axes of each sample in another order: [2, 1] makes (T, D) of sequences (D, T).

        y[n,j,i] = x[n,i,j]
        dx[n,i,j] = dy[n,j,i]

    The formulas are for order [2, 1]. Before conv1d it makes the features of each step the channels.
    Equals ``textbook.Permute``.
    Source: numpy.transpose; Keras' Permute has the same keys.
    """

    order: Annotated[
        list[Annotated[int, Ge(1), Le(4)]],
        MinLen(1),
        MaxLen(4),
        Doc("axes of the input, counted from 1 without the batch, in their new order, such as [2, 1]"),
    ]

    def conflicts(self) -> Iterator[tuple[tuple[str], str]]:
        """Each axis is named once."""
        if sorted(self.order) != list(range(1, len(self.order) + 1)):
            right = list(range(len(self.order), 0, -1))
            yield ("order",), f"must have each axis from 1 to {len(self.order)} once, such as {right}, got {self.order}"

    @classmethod
    def examples(cls) -> "list[tuple[Permute, Shape]]":
        return [(cls(order=[2, 1]), (3, 4)), (cls(order=[2, 3, 1]), (2, 3, 4))]

    def build(self, in_shape: Shape) -> Shape:
        if len(in_shape) != len(self.order):
            raise self.shape_error(f"order {self.order} is of {len(self.order)} axes, got {shape_text(in_shape)}")
        return tuple(in_shape[axis - 1] for axis in self.order)

    def forward(self, x: Array, *, training: bool) -> Array:
        """A contiguous copy: the next layers would read a view out of order at each step."""
        y = self.workspace.array("y", (len(x), *self.out_shape), x.dtype)
        np.copyto(y, x.transpose(0, *self.order))
        return y

    def backward(self, dy: Array) -> Array:
        """The axes of dy in the order of the input."""
        dx = self.workspace.array("dx", (len(dy), *self.in_shape), dy.dtype)
        np.copyto(dx.transpose(0, *self.order), dy)
        return dx
