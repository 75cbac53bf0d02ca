"""The two-dimensional convolution."""

from dataclasses import dataclass
from math import prod
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le
from numpy.lib.stride_tricks import sliding_window_view

from nnlab.core.arrays import Array, Shape
from nnlab.layers.weighted import WeightedLayer
from nnlab.layers.windows import Padding, Size, channels_last, windows_over
from nnlab.registry import Doc, layers


@layers.register("conv2d")
@dataclass(kw_only=True)
class Conv2D(WeightedLayer):
    """y[n,f,i,j] = Σ_c,u,v W[f,c,u,v] x[n,c,i·stride+u,j·stride+v] + b[f], with x padded by zeros.

    Computed as a matrix product of the windows, one row each (im2col), with W (F, C, K, K) as a matrix.
    """

    activation_arrays = 3
    # Columns of all images at once would take 265 MB for a 32-to-32 3x3 layer on a batch of 256; pieces of this size
    # stay in the cache, and the products run at full speed.
    column_bytes = 2**21

    filters: Annotated[int, Ge(1), Le(10**6), Doc("number of filters F, the channels of the output")]
    kernel: Annotated[Size, Doc("height and width K of each filter")] = 3
    stride: Annotated[Size, Doc("step between windows")] = 1
    padding: Annotated[Padding, Doc("zeros around the image: a number, same (H_out = ⌈H/stride⌉) or valid (none)")] = 0

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
        """(C, H, W) to (F, H_out, W_out)."""
        self._windows = windows_over(self, in_shape, "kernel", self.kernel, self.stride, self.padding)
        C = in_shape[0]
        fan_in = C * self.kernel**2
        shape = (self.filters, C, self.kernel, self.kernel)
        self.W, self.b = self.weights_and_bias(shape, fan_in, self.filters)
        return (self.filters, *self._windows.out)

    def forward(self, x: Array, *, training: bool) -> Array:
        """Windows times filters, piece by piece."""
        self._x = self._windows.pad(channels_last(x, self.workspace, "x"), self.workspace, 0)
        self._held: slice | None = None
        y = self.workspace.images("y", (len(x), *self.out_shape), x.dtype)
        rows = y.transpose(0, 2, 3, 1).reshape(-1, self.filters)
        matrix = self._matrix()
        for piece in self._pieces(len(x)):
            np.matmul(self._columns(piece), matrix, out=rows[self._rows(piece)])
        return y

    def backward_parameters(self, dy: Array) -> None:
        """dW = Σ_pieces windowsᵀ dy, and db = Σ_n,i,j dy, which the ones at the end of each window add up."""
        if not self.frozen:
            self._gradients(self._dy_rows(dy), len(dy))

    def _dy_rows(self, dy: Array) -> Array:
        return channels_last(dy, self.workspace, "dy").reshape(-1, self.filters)

    def _gradients(self, rows: Array, N: int) -> None:
        shape = (self._window_numbers + self.bias, self.filters)
        total = self.workspace.array("total", shape, rows.dtype)
        share = self.workspace.array("share", shape, rows.dtype)
        total.fill(0)
        for piece in reversed(self._pieces(N)):  # the last one's columns are still there
            np.matmul(self._columns(piece).T, rows[self._rows(piece)], out=share)
            total += share
        self.W.grad[...] = total[: self._window_numbers].reshape(self._kernel_shape).transpose(3, 2, 0, 1)
        if self.b is not None:
            self.b.grad[...] = total[-1]

    def backward(self, dy: Array) -> Array:
        """Also dx: each window's share dy Wᵀ, added up where windows overlap."""
        rows = self._dy_rows(dy)
        if not self.frozen:
            self._gradients(rows, len(dy))
        self._held = None  # the columns' memory now takes the shares
        W = self._matrix()[: self._window_numbers]
        dx = self.workspace.array("dx", (len(dy), *self._windows.padded, self.in_shape[0]), dy.dtype)
        dx.fill(0)
        for piece in self._pieces(len(dy)):
            shape = (piece.stop - piece.start, *self._windows.out, *self._kernel_shape[:3])
            shares = self.workspace.array("columns", shape, dy.dtype)
            np.matmul(rows[self._rows(piece)], W.T, out=shares.reshape(-1, len(W)))
            for i, j in self._windows.offsets():
                target = self._windows.part(dx[piece], i, j)
                target += shares[:, :, :, i, j]
        return self._windows.crop(dx).transpose(0, 3, 1, 2)

    @property
    def _window_numbers(self) -> int:
        return self.kernel**2 * self.in_shape[0]

    @property
    def _kernel_shape(self) -> Shape:
        """W's axes in the order in which a window lies in memory."""
        return (self.kernel, self.kernel, self.in_shape[0], self.filters)

    def _matrix(self) -> Array:
        """W as (K·K·C, F), and b as one more row: to add it to y would be another pass, a fifth of the time."""
        matrix = self.workspace.array("matrix", (self._window_numbers + self.bias, self.filters), self.W.value.dtype)
        np.copyto(matrix[: self._window_numbers].reshape(self._kernel_shape), self.W.value.transpose(2, 3, 1, 0))
        if self.b is not None:
            matrix[-1] = self.b.value
        return matrix

    def _pieces(self, N: int) -> list[slice]:
        """Slices of the batch whose columns fit into ``column_bytes``, at least one image each."""
        numbers = prod(self._windows.out) * (self._window_numbers + self.bias)
        count = max(1, self.column_bytes // (numbers * self._x.itemsize))
        return [slice(start, min(start + count, N)) for start in range(0, N, count)]

    def _rows(self, piece: slice) -> slice:
        """The rows (one for each window) of some images."""
        windows = prod(self._windows.out)
        return slice(piece.start * windows, piece.stop * windows)

    def _columns(self, piece: slice) -> Array:
        """The windows of some images, one row each: (images · H_out · W_out, K·K·C), and a 1 for the bias."""
        fill = self._columns_by_place if self.in_shape[0] == 1 else self._columns_by_window
        columns = fill(self._x[piece], held=piece == self._held)
        self._held = piece
        return columns

    def _columns_by_place(self, x: Array, *, held: bool) -> Array:
        """With one channel, a place of all windows at a time: long runs, a fifth of the time."""
        K, windows = self.kernel, self._windows
        memory = self.workspace.array("columns", (K * K + self.bias, len(x) * prod(windows.out)), x.dtype)
        if held:
            return memory.T
        shifted = self.workspace.array("shifted", (K, *x.shape[:2], windows.out[1]), x.dtype)
        for j in range(K):
            np.copyto(shifted[j], windows.column(x, j)[..., 0])
        places = memory[: K * K].reshape(K, K * len(x), *windows.out)
        for i in range(K):
            np.copyto(places[i], windows.row(shifted.reshape(-1, *shifted.shape[2:]), i))
        memory[K * K :] = 1
        return memory.T

    def _columns_by_window(self, x: Array, *, held: bool) -> Array:
        K, s, out = self.kernel, self.stride, self._windows.out
        numbers = self._window_numbers
        memory = self.workspace.array("columns", (len(x), *out, numbers + self.bias), x.dtype)
        if not held:
            windows = sliding_window_view(x, (K, K), axis=(1, 2))[:, ::s, ::s].transpose(0, 1, 2, 4, 5, 3)
            np.copyto(memory[..., :numbers].reshape(windows.shape), windows)
            memory[..., numbers:] = 1
        return memory.reshape(-1, numbers + self.bias)
