"""Convolutions as matrix products: the windows of a batch of images, one row of a matrix each (im2col)."""

from dataclasses import dataclass
from functools import partial
from math import prod

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from nnlab.core.arrays import Array, Shape, rows_unpacked
from nnlab.core.workspace import Workspace
from nnlab.layers.windows import Windows

# Copying windows takes longer than copying offsets where a row of a window has fewer numbers than this.
SHORT_RUN = 16


@dataclass(frozen=True)
class Piece:
    """Some images of a batch, and the rows of their windows: H_out·W_out for each image."""

    images: slice
    rows: slice


class Columns:
    """The windows of images x (N, H, W, C) with a border of zeros, in pieces of the batch.

    All windows at once would take 265 MB for a 32-to-32 3x3 layer on a batch of 256; pieces of ``most_bytes``, at
    least one image each, stay in the cache, and products of them run at full speed. ``ones`` (0 or 1) columns of ones
    after those of the windows take a bias into the product.
    """

    def __init__(self, x: Array, windows: Windows, ones: int, workspace: Workspace, most_bytes: int) -> None:
        self._x, self._windows, self._ones, self._workspace = x, windows, ones, workspace
        self.window_size = prod(windows.size) * x.shape[3]
        self.width = self.window_size + ones
        per_image = prod(windows.out)
        count = max(1, most_bytes // (per_image * self.width * x.itemsize))
        starts = range(0, len(x), count)
        images = [slice(start, min(start + count, len(x))) for start in starts]
        self.pieces = [Piece(part, slice(part.start * per_image, part.stop * per_image)) for part in images]
        self._held: Piece | None = None

    def matrix(self, piece: Piece) -> Array:
        """The windows of some images, one row each: (images · H_out · W_out, Kh·Kw·C), and a 1 for the bias.

        Those asked for last are still there.
        """
        C, across = self._x.shape[3], self._windows.size[1]
        fill = self._by_offset if C == 1 or C * across < SHORT_RUN else self._by_window
        matrix = fill(piece.images, held=piece == self._held)
        self._held = piece
        return matrix

    def memory(self, piece: Piece) -> Array:
        """Room for the gradient of a matrix without its ones, in the matrix's own memory: (rows, Kh·Kw·C)."""
        self.forget()
        shape = (piece.rows.stop - piece.rows.start, self.window_size)
        return self._workspace.array("columns", shape, self._x.dtype)

    def forget(self) -> None:
        """Fill the matrix again when it is requested: its memory is used for another one."""
        self._held = None

    def scatter(self, gradient: Array, piece: Piece, dx: Array) -> None:
        """Write to dx (N, H, W, C) the gradient of some images from that of their matrix, Σ over windows (col2im)."""
        windows, C = self._windows, self._x.shape[3]
        count = piece.images.stop - piece.images.start
        terms = gradient.reshape(count, *windows.out, *windows.size, C)
        padded = self._workspace.array("padded dx", (count, *windows.padded, C), dx.dtype)
        padded.fill(0)
        for i, j in windows.offsets():
            target = windows.part(padded, i, j)
            target += terms[:, :, :, i, j]
        np.copyto(dx[piece.images], windows.crop(padded))

    def _padded(self, images: slice) -> Array:
        """Some images with their border, (N, H, W, C), each pixel's channels side by side in memory."""
        x = self._x[images]
        if self._windows.padded == self._windows.inner and x.flags.c_contiguous:
            return x
        padded = self._workspace.array("padded", (len(x), *self._windows.padded, x.shape[3]), x.dtype)
        padded.fill(0)
        np.copyto(self._windows.crop(padded), x)
        return padded

    def _by_offset(self, images: slice, *, held: bool) -> Array:
        """With few channels, one kernel offset and channel of all windows at a time, in long runs.

        With one channel that takes a fifth of the time; with three (128 images of 32x32, 3x3 filters) the layer takes
        6.0 ms forward in place of 7.2 and 5.1 in place of 6.7 for dW.
        """
        windows = self._windows
        rows, columns = windows.size
        N, C = images.stop - images.start, self._x.shape[3]
        memory = self._workspace.array("columns", (self.width, N * prod(windows.out)), self._x.dtype)
        if held:
            return memory.T
        x = self._padded(images)
        shifted = self._workspace.array("shifted", (columns, C, N, x.shape[1], windows.out[1]), x.dtype)
        for j in range(columns):
            np.copyto(shifted[j], windows.column(x, j).transpose(3, 0, 1, 2))
        offsets = memory[: self.window_size].reshape(rows, columns * C * N, *windows.out)
        for i in range(rows):
            np.copyto(offsets[i], windows.row(shifted.reshape(-1, *shifted.shape[3:]), i))
        memory[self.window_size :] = 1
        return memory.T

    def _by_window(self, images: slice, *, held: bool) -> Array:
        (down, across), (apart, aside) = self._windows.stride, self._windows.dilation
        N = images.stop - images.start
        memory = self._workspace.array("columns", (N, *self._windows.out, self.width), self._x.dtype)
        if not held:
            covered = sliding_window_view(self._padded(images), self._windows.extent, axis=(1, 2))
            windows = covered[:, ::down, ::across, :, ::apart, ::aside].transpose(0, 1, 2, 4, 5, 3)
            np.copyto(memory[..., : self.window_size].reshape(windows.shape), windows)
            memory[..., self.window_size :] = 1
        return memory.reshape(-1, self.width)


class SumOfProducts:
    """Σ aᵀb of matrices that come piece by piece, with many rows; ``value`` is valid after the first."""

    def __init__(self, shape: Shape, dtype: npt.DTypeLike, workspace: Workspace) -> None:
        self.value = workspace.array("total", shape, dtype)
        self._rows = rows_unpacked(prod(shape), at_least=64)  # for fewer, adding takes longer than it saves
        self._terms = partial(workspace.array, "terms", dtype=dtype)
        self._empty = True

    def add(self, a: Array, b: Array) -> None:
        """Add aᵀb."""
        M = len(a)
        rows = min(self._rows or M, M)
        count = M // rows
        terms = self._terms(shape=(count + (count * rows < M) + (not self._empty), *self.value.shape))
        pairs = [matrix[: count * rows].reshape(count, rows, matrix.shape[1]) for matrix in (a, b)]
        np.matmul(pairs[0].swapaxes(1, 2), pairs[1], out=terms[:count])
        if count * rows < M:
            np.matmul(a[count * rows :].T, b[count * rows :], out=terms[count])
        if not self._empty:
            terms[-1] = self.value
        np.sum(terms, axis=0, out=self.value)
        self._empty = False


# Multiply-adds that a product does while one number of a window is copied to the columns, or added back to the image
# (one thread, float32). With them the rule is right for 32 to 32 channels (3x3 on 64 images of 32x32: 35 ms in place of
# 43), 64 to 16 (16x16: 8.0, 15.7) and 256 to 384 (13x13), and against it for 20 to 50 (5x5 on 12x12: 14.5, 7.5).
COPYING, SCATTERING = 16, 25


def windows_of_dy_pay(windows: Windows, C: int, F: int, *, input_gradient: bool) -> bool:
    """Whether backward is faster with the columns of dy for dW, and for dx too where that is needed.

    The other way, dW takes the columns of x and dx is scattered. With a stride above 1 there is the other way only, and
    where x has many more pixels than dy, or many more filters than channels, it is the faster one. For dW alone it is
    with about as many filters as channels too: 3 to 6 channels, 5x5 on 64 images of 32x32, 3.4 ms in place of 6.4.
    """
    if windows.stride != (1, 1):
        return False
    size, products = prod(windows.size), 2 if input_gradient else 1
    of_dy = prod(windows.inner) * size * F * (products * C + COPYING)
    of_x = prod(windows.out) * size * C * (products * F + COPYING + (SCATTERING if input_gradient else 0))
    return of_dy < of_x


def filter_matrix(W: Array, b: Array | None, workspace: Workspace) -> Array:
    """W (F, C, Kh, Kw) as a matrix (Kh·Kw·C, F), and b as one more row: adding it to y would be another pass."""
    size = prod(W.shape[1:])
    matrix = workspace.array("matrix", (size if b is None else size + 1, len(W)), W.dtype)
    ordered = W.transpose(2, 3, 1, 0)
    np.copyto(matrix[:size].reshape(ordered.shape), ordered)
    if b is not None:
        matrix[-1] = b
    return matrix


def filters_of(matrix: Array, shape: Shape) -> Array:
    """A matrix (Kh·Kw·C, F) as filters (F, C, Kh, Kw), a view."""
    F, C, rows, columns = shape
    return matrix.reshape(rows, columns, C, F).transpose(3, 2, 0, 1)
