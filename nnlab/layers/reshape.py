"""Layers that read the numbers of a sample in another shape."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le, MaxLen, MinLen

from nnlab.core.arrays import Array, Shape, shape_text
from nnlab.layers.base import Layer
from nnlab.layers.flatten import Reshaping
from nnlab.registry import Doc, layers


@layers.register("reshape")
@dataclass(kw_only=True)
class Reshape(Reshaping):
    """The same numbers of each sample, in C order, in another shape.

        y_n = reshape(x_n)
        dx_n = reshape(dy_n)

    Equals ``textbook.Reshape``.
    Source: numpy.reshape.
    """

    shape: Annotated[
        list[Annotated[int, Ge(-1), Le(10**7)]],
        MinLen(1),
        MaxLen(4),
        Doc("shape of a sample, such as [28, 28]; -1: what is left over"),
    ]

    def conflicts(self) -> Iterator[tuple[tuple[str], str]]:
        """Sizes are positive, and one at most is left over."""
        if 0 in self.shape or self.shape.count(-1) > 1:
            yield ("shape",), f"must be positive sizes, at most one of them -1, got {self.shape}"

    @classmethod
    def examples(cls) -> "list[tuple[Reshape, Shape]]":
        return [(cls(shape=[3, -1]), (6,)), (cls(shape=[12]), (2, 3, 2))]

    def build(self, in_shape: Shape) -> Shape:
        given = prod(size for size in self.shape if size != -1)
        rest, left = divmod(prod(in_shape), given)
        if left or (rest != 1 and -1 not in self.shape):
            raise self.shape_error(
                f"the {prod(in_shape)} numbers of {shape_text(in_shape)} do not fit into shape {self.shape}"
            )
        return tuple(rest if size == -1 else size for size in self.shape)


@layers.register("image_rows")
@dataclass(kw_only=True)
class ImageRows(Layer):
    """Images as sequences of their rows, from the top, (N, C, H, W) to (N, H, C·W).

        y[n,t,c·W+j] = x[n,c,t,j]
        dx[n,c,t,j] = dy[n,t,c·W+j]

    Equals ``textbook.ImageRows``, in memory that is reused at each step.
    Source: Le, Jaitly & Hinton 2015, arXiv 1504.00941 (images read as sequences).
    """

    @classmethod
    def examples(cls) -> "list[tuple[ImageRows, Shape]]":
        return [(cls(), (1, 3, 4)), (cls(), (2, 3, 2))]

    def build(self, in_shape: Shape) -> Shape:
        if len(in_shape) != 3:
            raise self.shape_error(f"needs images (C, H, W), got {shape_text(in_shape)}")
        C, H, W = in_shape
        return (H, C * W)

    def forward(self, x: Array, *, training: bool) -> Array:
        """Rows before channels; of one channel no number moves."""
        rows = x.transpose(0, 2, 1, 3)
        if rows.shape[2] > 1 or not x.flags.c_contiguous:
            ordered = self.workspace.array("y", rows.shape, x.dtype)
            np.copyto(ordered, rows)
            rows = ordered
        return rows.reshape(len(x), *self.out_shape)

    def backward(self, dy: Array) -> Array:
        """The gradient of each row of each channel."""
        C, H, W = self.in_shape
        return dy.reshape(len(dy), H, C, W).transpose(0, 2, 1, 3)
