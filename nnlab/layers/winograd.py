"""Convolutions of 3x3 filters with fewer multiplications: Winograd's F(2x2, 3x3)."""

from collections.abc import Iterator
from math import prod

import numpy as np

from nnlab.core.arrays import Array, Shape
from nnlab.core.workspace import Workspace
from nnlab.layers.windows import Windows

# The transformed images of one piece are at most about this large, unless they have fewer tiles than a product needs to
# run at full speed.
PIECE_BYTES = 2**21
TILES = 192
# Filters are transformed a few channels at a time, which stay in the cache.
FILTER_BYTES = 2**19


def winograd_pays(windows: Windows, C: int, F: int) -> bool:
    """Whether 16 multiplications for each 2x2 outputs, with the transforms around them, are faster than 36.

    The products grow with C·F, the transforms of images with C + F: both directions together take 0.67 of the time of
    direct sums for 256 to 384 channels (13x13), 0.75 for 128 to 128 (14x14), 0.82 for 96 to 96, 0.9 for 64 to 64. The
    transform of the filters needs some pixels to pay.
    """
    fits = windows.size == (3, 3) and windows.stride == windows.dilation == (1, 1)
    return fits and C * F >= 40 * (C + F) and prod(windows.out) >= 64


class Winograd:
    """The convolution of images x (N, H, W, C) with 3x3 filters W (F, C, 3, 3) at steps of 1, in tiles of 2x2 outputs.

        y = Aᵀ [Σ_c (G g Gᵀ) ⊙ (Bᵀ d B)] A for each tile, from its 4x4 pixels d, and each filter g
        Bᵀd = (d₀ − d₂, d₁ + d₂, d₂ − d₁, d₁ − d₃)
        Gg  = (g₀, (g₀ + g₁ + g₂)/2, (g₀ − g₁ + g₂)/2, g₂)
        Aᵀm = (m₀ + m₁ + m₂, m₁ − m₂ − m₃)

    Each of the 16 places of a tile is a product of matrices (tiles, C)·(C, F). The relative error of y in float32 is
    5e-7 where that of direct sums is 4e-7 (384 to 384 channels: 6e-7). Gradients take the transposed transforms.
    Arrays of tiles have the column of a place as their first axis and its row as their second.
    Source: Lavin & Gray 2016, CVPR, arXiv 1509.09308, section 4.1.
    """

    def __init__(self, x: Array, W: Array, windows: Windows, workspace: Workspace) -> None:
        self._x, self._windows, self._workspace = x, windows, workspace
        self._F, self._C = W.shape[:2]
        self._down, self._across = (-(-length // 2) for length in windows.out)
        self._U = self._transformed_filters(W)

    def forward(self, b: Array | None, y: Array) -> None:
        """Write y (N, H_out, W_out, F)."""
        for images in self._pieces():
            V = self._transformed_input(images)
            M = self._array("M", (*V.shape[:-1], self._F), y)
            np.matmul(_matrices(V), _matrices(self._U), out=_matrices(M))
            halves = self._array("halves", (2, *M.shape[1:]), y)
            _outputs(M, halves)
            by_tile, outputs = self._tiled_outputs(len(y[images]), y)
            _outputs(halves.swapaxes(0, 1), by_tile)
            np.add(outputs, 0 if b is None else b, out=y[images])

    def backward(self, dy: Array, dx: Array | None, dW: Array | None) -> None:
        """Write dx (N, H, W, C) and dW, where they are wanted, from dy (N, H_out, W_out, F)."""
        dU = self._array("dU", self._U.shape, dy)
        for images in self._pieces():
            dM = self._transformed_output_gradient(dy[images])
            if dW is not None:
                V = self._transformed_input(images)
                first = images.start == 0
                term = dU if first else self._array("term of dU", dU.shape, dy)
                np.matmul(_matrices(V).swapaxes(1, 2), _matrices(dM), out=_matrices(term))
                if not first:
                    dU += term
            if dx is not None:
                dV = self._array("V", (*dM.shape[:-1], self._C), dy)
                np.matmul(_matrices(dM), _matrices(self._U).swapaxes(1, 2), out=_matrices(dV))
                self._write_input_gradient(dV, dx[images])
        if dW is not None:
            self._write_filter_gradient(dU, dW)

    def _pieces(self) -> Iterator[slice]:
        """Some images at a time."""
        each = 16 * self._down * self._across * max(self._C, self._F) * self._x.itemsize
        count = max(1, PIECE_BYTES // each, -(-TILES // (self._down * self._across)))
        return (slice(start, min(start + count, len(self._x))) for start in range(0, len(self._x), count))

    def _channels(self) -> Iterator[slice]:
        """Some channels of the filters at a time."""
        count = max(1, FILTER_BYTES // (16 * self._F * self._x.itemsize))
        return (slice(start, min(start + count, self._C)) for start in range(0, self._C, count))

    def _array(self, name: str, shape: Shape, like: Array) -> Array:
        return self._workspace.array(f"winograd {name}", shape, like.dtype)

    def _transformed_filters(self, W: Array) -> Array:
        """U = G g Gᵀ, (4, 4, C, F)."""
        U = self._array("U", (4, 4, self._C, self._F), W)
        for channels in self._channels():
            of_filters = W[:, channels].transpose(2, 3, 1, 0)
            g = self._array("g", of_filters.shape, W)
            np.copyto(g, of_filters)
            halves = self._array("rows of U", (4, *g.shape[1:]), W)
            _filters(g, halves)
            _filters(halves.swapaxes(0, 1), U[:, :, channels])
        return U

    def _write_filter_gradient(self, dU: Array, dW: Array) -> None:
        """dW = Gᵀ dU G."""
        for channels in self._channels():
            of_filters = dW[:, channels].transpose(2, 3, 1, 0)
            halves = self._array("rows of U", (3, 4, *of_filters.shape[2:]), dU)
            _filter_gradients(dU[:, :, channels], halves)
            g = self._array("g", of_filters.shape, dU)
            _filter_gradients(halves.swapaxes(0, 1), g)
            np.copyto(of_filters, g)

    def _transformed_input(self, images: slice) -> Array:
        """V = Bᵀ d B for each tile of some images, (4, 4, N, tiles down, tiles across, C)."""
        x = self._x[images]
        padded, inside = self._padded(x)
        padded.fill(0)
        np.copyto(inside, x)
        halves = self._array("rows of V", (4, len(x), self._down, *padded.shape[2:]), x)
        _inputs(padded, 1, halves)
        V = self._array("V", (4, 4, len(x), self._down, self._across, self._C), x)
        _inputs(halves, 3, V)
        return V

    def _write_input_gradient(self, dV: Array, dx: Array) -> None:
        """dx = B dV Bᵀ, added up where tiles overlap."""
        padded, inside = self._padded(dx)
        halves = self._array("rows of V", (4, len(dx), self._down, *padded.shape[2:]), dx)
        _input_gradients(dV, 3, halves)
        _input_gradients(halves, 1, padded)
        np.copyto(dx, inside)

    def _transformed_output_gradient(self, dy: Array) -> Array:
        """dM = A dy Aᵀ for each tile, (4, 4, N, tiles down, tiles across, F)."""
        by_tile, outputs = self._tiled_outputs(len(dy), dy)
        by_tile.fill(0)
        np.copyto(outputs, dy)
        halves = self._array("halves", (4, *by_tile.shape[1:]), dy)
        _output_gradients(by_tile, halves)
        dM = self._array("M", (4, *halves.shape[:1], *halves.shape[2:]), dy)
        _output_gradients(halves.swapaxes(0, 1), dM)
        return dM

    def _padded(self, x: Array) -> tuple[Array, Array]:
        """Memory for images with the borders that whole tiles need, and the part of it that is inside."""
        padded = self._array("padded", (len(x), 2 * self._down + 2, 2 * self._across + 2, self._C), x)
        return padded, self._windows.crop(padded)

    def _tiled_outputs(self, N: int, y: Array) -> tuple[Array, Array]:
        """Memory for the outputs of whole tiles, (2, 2, N, tiles down, tiles across, F), and those that y has."""
        H, W = self._windows.out
        tiles = self._array("outputs", (N, self._down, 2, self._across, 2, self._F), y)
        whole = tiles.reshape(N, 2 * self._down, 2 * self._across, self._F)
        return tiles.transpose(2, 4, 0, 1, 3, 5), whole[:, :H, :W]


def _matrices(places: Array) -> Array:
    """(4, 4, ..., D) as 16 matrices (16, product of the others, D), a view."""
    return places.reshape(16, -1, places.shape[-1])


def _tiles(array: Array, axis: int, k: int) -> Array:
    """Pixel k of each tile along an axis, as a view; tiles of four pixels are two apart."""
    count = (array.shape[axis] - 2) // 2
    return array[(*(slice(None),) * axis, slice(k, k + 2 * count - 1, 2))]


def _inputs(pixels: Array, axis: int, v: Array) -> None:
    """v = Bᵀd along an axis of pixels."""
    d = [_tiles(pixels, axis, k) for k in range(4)]
    np.subtract(d[0], d[2], out=v[0])
    np.add(d[1], d[2], out=v[1])
    np.subtract(d[2], d[1], out=v[2])
    np.subtract(d[1], d[3], out=v[3])


def _input_gradients(v: Array, axis: int, pixels: Array) -> None:
    """Bv = (v₀, v₁ − v₂ + v₃, v₁ + v₂ − v₀, −v₃) along an axis of pixels, added up where tiles share them."""
    d = [_tiles(pixels, axis, k) for k in range(4)]
    ends = np.moveaxis(pixels, axis, 0)
    np.add(v[1], v[2], out=d[2])
    d[2] -= v[0]
    ends[0] = 0
    d[0] += v[0]
    np.subtract(v[1], v[2], out=d[1])
    d[1] += v[3]
    ends[-1] = 0
    d[3] -= v[3]


def _filters(g: Array, u: Array) -> None:
    """u = Gg along the first axis."""
    u[0], u[3] = g[0], g[2]
    np.add(g[0], g[2], out=u[1])
    np.subtract(u[1], g[1], out=u[2])
    u[1] += g[1]
    u[1:3] *= 0.5


def _filter_gradients(u: Array, g: Array) -> None:
    """g = Gᵀu along the first axis."""
    np.add(u[1], u[2], out=g[0])
    np.subtract(u[1], u[2], out=g[1])
    g[:2] *= 0.5
    np.add(g[0], u[3], out=g[2])
    g[0] += u[0]


def _outputs(m: Array, y: Array) -> None:
    """y = Aᵀm along the first axis."""
    np.add(m[1], m[2], out=y[0])
    y[0] += m[0]
    np.subtract(m[1], m[2], out=y[1])
    y[1] -= m[3]


def _output_gradients(y: Array, m: Array) -> None:
    """m = Ay along the first axis."""
    m[0] = y[0]
    np.add(y[0], y[1], out=m[1])
    np.subtract(y[0], y[1], out=m[2])
    np.negative(y[1], out=m[3])
