"""Convolutions of 3x3 and 5x5 filters with fewer multiplications: Winograd's F(2x2, 3x3) and F(2x2, 5x5)."""

from collections.abc import Iterator
from math import prod

import numpy as np

from nnlab.core.arrays import Array, Shape, rows_unpacked, tall_product
from nnlab.core.workspace import Workspace
from nnlab.layers.windows import Windows
from nnlab.layers.winograd_transforms import TRANSFORMS

# The transformed images of one piece are at most about this large, unless they have fewer tiles than a product needs to
# run at full speed.
PIECE_BYTES = 2**21
TILES = 192
# Filters are transformed a few channels at a time, which stay in the cache.
FILTER_BYTES = 2**19


def winograd_pays(windows: Windows, C: int, F: int) -> bool:
    """Whether 16 multiplications for each 2x2 outputs (5x5 filters: 36), with transforms, are faster than 36 (100).

    The products grow with C·F, the transforms of images with C + F: both directions together take 0.74 of the time of
    direct sums for 64 to 64 channels (16x16), 0.81 for 32 to 32 (32x32), 0.53 for 5x5 filters of 64 to 192 channels
    (27x27). The transform of the filters needs some pixels to pay.
    """
    fits = windows.size in TRANSFORMS and windows.stride == windows.dilation == (1, 1)
    return fits and C * F >= 16 * (C + F) and prod(windows.out) >= 64


class Winograd:
    """The convolution of images x (N, H, W, C) with filters W (F, C, r, r) at steps of 1, in tiles of 2x2 outputs.

        y = Aᵀ [Σ_c (G g Gᵀ) ⊙ (Bᵀ d B)] A for each tile, from its (r+1)x(r+1) pixels d, and each filter g

    Each of the (r+1)² places of a tile is a product of matrices (tiles, C)·(C, F). Gradients take the transposed
    transforms. In float32 the error of y, dx and dW relative to their root mean squares is 2e-7 to 6e-7 for 3x3 filters
    of 32 to 384 channels (direct sums: 2e-7 to 4e-7), and 1.1e-6 to 3.7e-6 for 5x5 filters of 32 to 256 channels (2e-7
    to 5e-7), whose points reach 2. The largest error of a single number is 8e-7 of the largest number for 3x3 (8e-7);
    for 5x5 it is 8e-6 in y and dx and 1.2e-5 in dW (1.2e-6).
    Arrays of tiles have the column of a place as their first axis and its row as their second. Rows of images have
    their even columns first: all transforms then go along rows of many numbers.
    Source: Lavin & Gray 2016, CVPR, arXiv 1509.09308, section 4.1.
    """

    def __init__(self, x: Array, W: Array, windows: Windows, workspace: Workspace) -> None:
        self._x, self._windows, self._workspace = x, windows, workspace
        self._F, self._C = W.shape[:2]
        self._transforms = TRANSFORMS[windows.size]
        self._size = self._transforms.size
        self._down, self._across = (-(-length // 2) for length in windows.out)
        self._G = self._transforms.of_filters(W.dtype)
        self._U = self._transformed_filters(W)

    def forward(self, b: Array | None, y: Array) -> None:
        """Write y (N, H_out, W_out, F)."""
        for images in self._pieces():
            V = self._transformed_input(images)
            M = self._array("M", (*V.shape[:-1], self._F), y)
            tall_product(_matrices(V), self._U, out=_matrices(M))
            if b is not None:
                M[1, 1] += b  # the place of the points (1, 1) counts once in each output
            halves = self._array("halves", (2, *M.shape[1:]), y)
            self._transforms.outputs(M, halves)
            outputs = self._array("outputs", (2, 2, *M.shape[2:]), y)
            self._transforms.outputs(halves.swapaxes(0, 1), outputs)
            for i, j, part in self._outputs_of_tiles(y[images]):
                np.copyto(part, outputs[i, j, :, : part.shape[1], : part.shape[2]])

    def backward(self, dy: Array, dx: Array | None, dW: Array | None) -> None:
        """Write dx (N, H, W, C) and dW, where they are wanted, from dy (N, H_out, W_out, F)."""
        dU = self._array("dU", self._U.shape, dy)
        UT = self._transposed_filters() if dx is not None else self._U
        for images in self._pieces():
            dM = self._transformed_output_gradient(dy[images])
            if dW is not None:
                V = self._transformed_input(images)
                first = images.start == 0
                term = dU if first else self._array("term of dU", dU.shape, dy)
                np.matmul(_matrices(V).swapaxes(1, 2), _matrices(dM), out=term)
                if not first:
                    dU += term
            if dx is not None:
                dV = self._array("V", (*dM.shape[:-1], self._C), dy)
                tall_product(_matrices(dM), UT, out=_matrices(dV))
                self._write_input_gradient(dV, dx[images])
        if dW is not None:
            self._write_filter_gradient(dU, dW)

    def _pieces(self) -> Iterator[slice]:
        """Some images at a time."""
        each = self._size**2 * self._down * self._across * max(self._C, self._F) * self._x.itemsize
        count = max(1, PIECE_BYTES // each, -(-TILES // (self._down * self._across)))
        return (slice(start, min(start + count, len(self._x))) for start in range(0, len(self._x), count))

    def _channels(self) -> Iterator[slice]:
        """Some channels of the filters at a time."""
        count = max(1, FILTER_BYTES // (self._size**2 * self._F * self._x.itemsize))
        return (slice(start, min(start + count, self._C)) for start in range(0, self._C, count))

    def _array(self, name: str, shape: Shape, like: Array) -> Array:
        return self._workspace.array(f"winograd {name}", shape, like.dtype)

    def _transformed_filters(self, W: Array) -> Array:
        """U = G g Gᵀ, ((r+1)², C, F)."""
        n, r = self._G.shape
        U = self._array("U", (n, n, self._C * self._F), W)
        for channels in self._channels():
            of_filters = W[:, channels].transpose(2, 3, 1, 0)
            g = self._array("g", of_filters.shape, W)
            np.copyto(g, of_filters)
            numbers = g[0, 0].size
            halves = self._array("rows of U", (n, r, numbers), W)
            np.matmul(self._G, g.reshape(r, -1), out=halves.reshape(n, -1))
            start = channels.start * self._F
            np.matmul(self._G, halves, out=U.swapaxes(0, 1)[..., start : start + numbers])
        return U.reshape(-1, self._C, self._F)

    def _transposed_filters(self) -> Array:
        """The transpose of each matrix of U; in rows where that makes products faster."""
        UT = self._U.swapaxes(1, 2)
        if not rows_unpacked(self._C * self._F, at_least=24):
            return UT
        rows = self._array("U transposed", UT.shape, UT)
        np.copyto(rows, UT)
        return rows

    def _write_filter_gradient(self, dU: Array, dW: Array) -> None:
        """dW = Gᵀ dU G."""
        n, r = self._G.shape
        by_place = dU.reshape(n, n, -1).swapaxes(0, 1)
        for channels in self._channels():
            of_filters = dW[:, channels].transpose(2, 3, 1, 0)
            numbers, start = of_filters[0, 0].size, channels.start * self._F
            halves = self._array("rows of U", (n, r, numbers), dU)
            np.matmul(self._G.T, by_place[..., start : start + numbers], out=halves)
            g = self._array("g", of_filters.shape, dU)
            np.matmul(self._G.T, halves.reshape(n, -1), out=g.reshape(r, -1))
            np.copyto(of_filters, g)

    def _transformed_input(self, images: slice) -> Array:
        """V = Bᵀ d B for each tile of some images, (r+1, r+1, N, tiles down, tiles across, C)."""
        x = self._x[images]
        padded = self._padded(x)
        padded.fill(0)
        for inside, pixels in self._by_column(padded, x):
            np.copyto(inside, pixels)
        halves = self._halves(padded)
        scratch = self._array("scratch", halves.shape[1:], x)
        self._transforms.inputs(self._rows(padded), halves, scratch)
        V = self._array("V", (self._size, *halves.shape[:3], self._across, self._C), x)
        self._transforms.inputs(self._columns(halves), V, self._array("scratch", V.shape[1:], x))
        return V

    def _write_input_gradient(self, dV: Array, dx: Array) -> None:
        """dx = B dV Bᵀ, added up where tiles overlap."""
        padded = self._padded(dx)
        halves = self._halves(padded)
        halves[..., : self._size // 2 - 1, :] = 0
        scratch = self._array("scratch", dV.shape[1:], dx)
        self._transforms.input_gradients(dV, self._columns(halves), scratch)
        padded[:, : self._size - 2] = 0
        scratch = self._array("scratch", halves.shape[1:], dx)
        self._transforms.input_gradients(halves, self._rows(padded), scratch)
        for inside, pixels in self._by_column(padded, dx):
            np.copyto(pixels, inside)

    def _transformed_output_gradient(self, dy: Array) -> Array:
        """dM = A dy Aᵀ for each tile, (r+1, r+1, N, tiles down, tiles across, F)."""
        outputs = self._array("outputs", (2, 2, len(dy), self._down, self._across, self._F), dy)
        for i, j, part in self._outputs_of_tiles(dy):
            target = outputs[i, j]
            target[:, part.shape[1] :] = target[:, :, part.shape[2] :] = 0
            np.copyto(target[:, : part.shape[1], : part.shape[2]], part)
        halves = self._array("halves", (self._size, *outputs.shape[1:]), dy)
        self._transforms.output_gradients(outputs, halves)
        dM = self._array("M", (self._size, self._size, *outputs.shape[2:]), dy)
        self._transforms.output_gradients(halves.swapaxes(0, 1), dM)
        return dM

    def _padded(self, x: Array) -> Array:
        """Memory for images with the borders that whole tiles need, (N, H, 2, W/2, C): even columns, then odd ones."""
        border = self._size // 2 - 1
        return self._array("padded", (len(x), 2 * (self._down + border), 2, self._across + border, self._C), x)

    def _halves(self, padded: Array) -> Array:
        """Memory for images transformed along columns."""
        return self._array("rows of V", (self._size, len(padded), self._down, *padded.shape[2:]), padded)

    def _by_column(self, padded: Array, x: Array) -> Iterator[tuple[Array, Array]]:
        """The even, then the odd columns of padded images which are inside, each with those of x, as views."""
        top, left, (H, W) = self._windows.top, self._windows.left, self._windows.inner
        for odd in range(2):
            first = (odd - left) % 2
            start, count = (left + first) // 2, len(range(first, W, 2))
            yield padded[:, top : top + H, odd, start : start + count], x[:, :, first::2]

    def _rows(self, padded: Array) -> list[Array]:
        """Row k of each tile, as a view; tiles are two rows apart."""
        return [padded[:, k : k + 2 * self._down - 1 : 2] for k in range(self._size)]

    def _columns(self, halves: Array) -> list[Array]:
        """Column k of each tile, as a view."""
        return [halves[..., k % 2, k // 2 : k // 2 + self._across, :] for k in range(self._size)]

    def _outputs_of_tiles(self, y: Array) -> Iterator[tuple[int, int, Array]]:
        """Output (i, j) of all tiles that y has, as a view of y (N, H_out, W_out, F)."""
        return ((i, j, y[:, i::2, j::2]) for i in range(2) for j in range(2))


def _matrices(places: Array) -> Array:
    """(r+1, r+1, ..., D) as (r+1)² matrices (product of the others, D), a view."""
    return places.reshape(places.shape[0] * places.shape[1], -1, places.shape[-1])
