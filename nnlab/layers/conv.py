"""The two-dimensional convolution."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.arrays import Array, Shape
from nnlab.layers.im2col import Columns, filter_matrix, filters_of
from nnlab.layers.weighted import WeightedLayer
from nnlab.layers.windows import Padding, Size, channels_last, windows_over
from nnlab.registry import Doc, layers


@layers.register("conv2d")
@dataclass(kw_only=True)
class Conv2D(WeightedLayer):
    """y[n,f,i,j] = Σ_c,u,v W[f,c,u,v] x[n,c,i·stride+u,j·stride+v] + b[f], with x padded by zeros.

    Computed as a matrix product of the windows, one row each (im2col), with W (F, C, K, K) as a matrix: see im2col.py.
    Equals ``textbook.Convolution``; faster, since the windows of a few images at a time stay in the cache.
    """

    activation_arrays = 3
    column_bytes = 2**21  # the size of the pieces in which windows become rows

    filters: Annotated[int, Ge(1), Le(10**6), Doc("number of filters F, the channels of the output")]
    kernel: Annotated[Size, Doc("height and width K of each filter")] = 3
    stride: Annotated[Size, Doc("step between positions of the filter")] = 1
    padding: Annotated[Padding, Doc("zero padding: pixels on each side, same (H_out = ⌈H/stride⌉) or valid (none)")] = 0

    @classmethod
    def examples(cls) -> "list[tuple[Conv2D, Shape]]":
        """One and several channels, padding of each kind, a stride, no bias; in pieces of one image each."""
        one, several = cls(filters=2, kernel=2), cls(filters=2, kernel=2, l1=0.1, l2=0.2)
        one.column_bytes = several.column_bytes = 1
        return [
            (one, (1, 3, 4)),
            (several, (2, 3, 4)),
            (cls(filters=2), (1, 5, 4)),
            (cls(filters=3, kernel=2, stride=2, padding=1, bias=False), (2, 5, 4)),
            (cls(filters=2, kernel=3, stride=2, padding="same"), (3, 4, 5)),
        ]

    def build(self, in_shape: Shape) -> Shape:
        self.windows = windows_over(self, in_shape, "kernel", self.kernel, self.stride, self.padding)
        C = in_shape[0]
        fan_in = C * self.kernel**2
        shape = (self.filters, C, self.kernel, self.kernel)
        self.W, self.b = self.weights_and_bias(shape, fan_in, self.filters)
        return (self.filters, *self.windows.out)

    def forward(self, x: Array, *, training: bool) -> Array:
        """y = columns · matrix, piece by piece: each row is a window of x, each column of the matrix a filter."""
        padded = self.windows.pad(channels_last(x, self.workspace, "x"), self.workspace, 0)
        self._columns = columns = Columns(padded, self.windows, int(self.bias), self.workspace, self.column_bytes)
        y = self.workspace.images("y", (len(x), *self.out_shape), x.dtype)
        rows, matrix = y.transpose(0, 2, 3, 1).reshape(-1, self.filters), self._matrix()
        for piece in columns.pieces:
            np.matmul(columns.matrix(piece), matrix, out=rows[piece.rows])
        return y

    def backward_parameters(self, dy: Array) -> None:
        """dW = Σ_pieces columnsᵀ · dy, and db = Σ_n,i,j dy in its last row, since the last column is ones."""
        if not self.frozen:
            self._gradients(self._dy_rows(dy))

    def backward(self, dy: Array) -> Array:
        """Also dx: the windows' gradients dy · Wᵀ, added up where windows overlap."""
        columns, rows = self._columns, self._dy_rows(dy)
        if not self.frozen:
            self._gradients(rows)
        W = self._matrix()[: columns.window_size]
        dx = self.workspace.array("dx", (len(dy), *self.windows.padded, self.in_shape[0]), dy.dtype)
        dx.fill(0)
        for piece in columns.pieces:
            columns.scatter(np.matmul(rows[piece.rows], W.T, out=columns.memory(piece)), piece, dx)
        return self.windows.crop(dx).transpose(0, 3, 1, 2)

    def _dy_rows(self, dy: Array) -> Array:
        return channels_last(dy, self.workspace, "dy").reshape(-1, self.filters)

    def _gradients(self, rows: Array) -> None:
        columns, shape = self._columns, (self._columns.width, self.filters)
        total = self.workspace.array("total", shape, rows.dtype)
        share = self.workspace.array("share", shape, rows.dtype)
        total.fill(0)
        for piece in reversed(columns.pieces):  # the last one's columns are still there
            total += np.matmul(columns.matrix(piece).T, rows[piece.rows], out=share)
        self.W.grad[...] = filters_of(total[: columns.window_size], self.W.shape)
        if self.b is not None:
            self.b.grad[...] = total[-1]

    def _matrix(self) -> Array:
        return filter_matrix(self.W.value, None if self.b is None else self.b.value, self.workspace)
