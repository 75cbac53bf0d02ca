"""From images to vectors."""

from dataclasses import dataclass
from math import prod

import numpy as np

from nnlab.core.arrays import Array, Shape
from nnlab.layers.base import Layer
from nnlab.registry import layers


class Reshaping(Layer):
    """The same numbers of each sample, in C order, in another shape."""

    def forward(self, x: Array, *, training: bool) -> Array:
        """The numbers in C order."""
        self._like = x
        if not x.flags.c_contiguous:
            ordered = self.workspace.array("y", x.shape, x.dtype)
            np.copyto(ordered, x)
            x = ordered
        return x.reshape(len(x), *self.out_shape)

    def backward(self, dy: Array) -> Array:
        """The same numbers in the input's shape and memory order."""
        dx = dy.reshape(len(dy), *self.in_shape)
        if self._like.flags.c_contiguous:
            return dx
        ordered = self.workspace.like("dx", self._like, dy.dtype)
        np.copyto(ordered, dx)
        return ordered


@layers.register("flatten")
@dataclass(kw_only=True)
class Flatten(Reshaping):
    """Each sample as one vector, (N, C, H, W) to (N, C·H·W), in C, H, W order.

        y[n,(c·H+i)·W+j] = x[n,c,i,j]
        dx[n,c,i,j] = dy[n,(c·H+i)·W+j]

    Equals ``textbook.Flatten``.
    Source: "Deep Learning from Scratch", section 7.5.
    """

    @classmethod
    def examples(cls) -> "list[tuple[Flatten, Shape]]":
        return [(cls(), (2, 3, 2))]

    def build(self, in_shape: Shape) -> Shape:
        return (prod(in_shape),)
