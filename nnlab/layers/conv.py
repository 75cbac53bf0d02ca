"""The two-dimensional convolution."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Annotated

import numpy as np
import numpy.typing as npt
from annotated_types import Ge, Le
from numpy.lib.stride_tricks import sliding_window_view

from nnlab.core.arrays import Array, Shape, column_sums
from nnlab.layers.weighted import WeightedLayer
from nnlab.layers.windows import Padding, Size, channels_last, windows_over
from nnlab.registry import Doc, layers

# Columns of all images at once would take 265 MB for a 32-to-32 3x3 layer on a batch of 256; pieces of this size
# stay in the cache, and the products run at full speed.
COLUMN_BYTES = 2**21


@layers.register("conv2d")
@dataclass(kw_only=True)
class Conv2D(WeightedLayer):
    """y[n,f,i,j] = Σ_c,u,v W[f,c,u,v] x[n,c,i·stride+u,j·stride+v] + b[f], with x padded by zeros.

    Computed as a matrix product of the windows, one row each (im2col), with W (F, C, K, K) as a matrix.
    """

    arrays = 3

    filters: Annotated[int, Ge(1), Le(10**6), Doc("number of filters F, the channels of the output")]
    kernel: Annotated[Size, Doc("height and width K of each filter")] = 3
    stride: Annotated[Size, Doc("step between windows")] = 1
    padding: Annotated[Padding, Doc("zeros around the image: a number, same (H_out = ⌈H/stride⌉) or valid (none)")] = 0

    @classmethod
    def examples(cls) -> "list[tuple[Conv2D, Shape]]":
        """One and several channels, padding of each kind, a stride, no bias."""
        return [
            (cls(filters=2), (1, 5, 4)),
            (cls(filters=3, kernel=2, stride=2, padding=1, bias=False), (2, 5, 4)),
            (cls(filters=2, kernel=3, stride=2, padding="same"), (3, 4, 5)),
        ]

    def build(self, in_shape: Shape) -> Shape:
        """(C, H, W) to (F, H_out, W_out)."""
        self._windows = windows_over(self, in_shape, "kernel", self.kernel, self.stride, self.padding)
        C = in_shape[0]
        fan_in = C * self.kernel**2
        self.W = self.weight("W", (self.filters, C, self.kernel, self.kernel), self.init, fan_in)
        self.b = self.constant("b", (self.filters,), 0.0) if self.bias else None
        return (self.filters, *self._windows.out)

    def multiply_adds(self) -> int:
        """F·H_out·W_out·C·K²."""
        return prod(self.out_shape) * self.in_shape[0] * self.kernel**2

    def forward(self, x: Array, *, training: bool) -> Array:
        """Windows times filters, piece by piece."""
        self._x = self._windows.pad(channels_last(x, self.workspace, "x"), self.workspace, 0)
        y = self.workspace.images("y", (len(x), *self.out_shape), x.dtype)
        rows = y.transpose(0, 2, 3, 1).reshape(-1, self.filters)
        W = self._matrix()
        for piece in self._pieces(len(x)):
            part = rows[self._rows(piece)]
            np.matmul(self._columns(piece), W, out=part)
            if self.b is not None:
                part += self.b.value
        return y

    def backward_parameters(self, dy: Array) -> None:
        """dW = Σ_pieces windowsᵀ dy, db = Σ_n,i,j dy."""
        self._gradients(self._dy_rows(dy), len(dy))

    def _dy_rows(self, dy: Array) -> Array:
        return channels_last(dy, self.workspace, "dy").reshape(-1, self.filters)

    def _gradients(self, rows: Array, N: int) -> None:
        K, C = self.kernel, self.in_shape[0]
        dW = np.zeros((K * K * C, self.filters), rows.dtype)
        db = np.zeros(self.filters, rows.dtype)
        for piece in self._pieces(N):
            part = rows[self._rows(piece)]
            dW += self._columns(piece).T @ part
            if self.b is not None:
                db += column_sums(part)
        self.W.grad[...] = dW.reshape(K, K, C, self.filters).transpose(3, 2, 0, 1)
        if self.b is not None:
            self.b.grad[...] = db

    def backward(self, dy: Array) -> Array:
        """Also dx: each window's share dy Wᵀ, added up where windows overlap."""
        rows = self._dy_rows(dy)
        self._gradients(rows, len(dy))
        W = self._matrix()
        dx = self.workspace.array("dx", (len(dy), *self._windows.padded, self.in_shape[0]), dy.dtype)
        dx.fill(0)
        for piece in self._pieces(len(dy)):
            columns = self._column_memory(piece.stop - piece.start, dy.dtype)
            np.matmul(rows[self._rows(piece)], W.T, out=columns.reshape(-1, len(W)))
            for i, j in self._windows.offsets():
                target = self._windows.part(dx[piece], i, j)
                target += columns[:, :, :, i, j]
        return self._windows.crop(dx).transpose(0, 3, 1, 2)

    def _matrix(self) -> Array:
        """W as (K·K·C, F), its rows in the order in which a window lies in memory."""
        return self.W.value.transpose(2, 3, 1, 0).reshape(-1, self.filters)

    def _pieces(self, N: int) -> Iterator[slice]:
        """Slices of the batch whose columns fit into COLUMN_BYTES, at least one image each."""
        numbers = prod(self._windows.out) * self.kernel**2 * self.in_shape[0]
        count = max(1, COLUMN_BYTES // (numbers * self._x.itemsize))
        return (slice(start, min(start + count, N)) for start in range(0, N, count))

    def _rows(self, piece: slice) -> slice:
        """The rows (one for each window) of some images."""
        windows = prod(self._windows.out)
        return slice(piece.start * windows, piece.stop * windows)

    def _columns(self, piece: slice) -> Array:
        """The windows of some images, one row each: (images · H_out · W_out, K·K·C)."""
        K, s = self.kernel, self.stride
        if self.in_shape[0] == 1:  # a place of all windows at a time: long runs, a third of the time
            shape = (K, K, piece.stop - piece.start, *self._windows.out)
            places = self.workspace.array("columns", shape, self._x.dtype)
            for i, j in self._windows.offsets():
                np.copyto(places[i, j], self._windows.part(self._x[piece], i, j)[..., 0])
            return places.reshape(K * K, -1).T
        windows = sliding_window_view(self._x[piece], (K, K), axis=(1, 2))[:, ::s, ::s].transpose(0, 1, 2, 4, 5, 3)
        columns = self._column_memory(len(windows), self._x.dtype)
        np.copyto(columns, windows)
        return columns.reshape(-1, K * K * self.in_shape[0])

    def _column_memory(self, images: int, dtype: npt.DTypeLike) -> Array:
        K, C = self.kernel, self.in_shape[0]
        return self.workspace.array("columns", (images, *self._windows.out, K, K, C), dtype)
