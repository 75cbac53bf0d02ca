"""Pooling: one number for each window of each channel."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf, prod
from typing import Annotated, ClassVar, Self

import numpy as np

from nnlab.core.arrays import Array, Shape
from nnlab.layers.base import Layer
from nnlab.layers.windows import Paddings, Sizes, channels_last, image_shape, windows_over
from nnlab.registry import Doc, layers

# Images of this size are pooled at once: 128 of 32x30x30 take 2.9 ms, not 3.9, and 7.7, not 12.2, backward.
# Smaller pieces are not faster, and after every call a thread may wait for the interpreter's lock.
PIECE_BYTES = 2**21


@dataclass(kw_only=True)
class Pool(Layer):
    """What max and average pooling share: windows over each channel."""

    activation_arrays = 3
    axes: ClassVar[int] = 2  # along which windows slide

    size: Annotated[Sizes, Doc("height and width of each window: a number or [height, width]")] = 2
    stride: Annotated[Sizes | None, Doc("step between windows: a number or [down, across]; null: the size")] = None
    padding: Annotated[
        Paddings, Doc("padding: pixels on each side, [above, beside], same (H_out = ⌈H/stride⌉) or valid (none)")
    ] = 0

    @classmethod
    def examples(cls) -> "list[tuple[Self, Shape]]":
        return [
            (cls(), (2, 4, 5)),
            (cls(size=3, stride=2), (2, 5, 5)),
            (cls(size=3, stride=2, padding=1), (1, 4, 5)),
            (cls(size=2, stride=2, padding="same"), (1, 5, 3)),
            (cls(size=[1, 3], stride=[2, 1], padding=[0, 1]), (2, 3, 4)),
        ]

    def build(self, in_shape: Shape) -> Shape:
        C, *lengths = image_shape(self, in_shape, self.axes)
        stride = self.stride or self.size
        self.windows = windows_over(self, tuple(lengths), "size", self.size, stride, self.padding)
        return (C, *self.windows.out[-self.axes :])

    def _pieces(self, x: Array) -> Iterator[slice]:
        """Some images of x (N, H, W, C) at a time: each of their pixels is read or written ``size`` times or more."""
        count = max(1, PIECE_BYTES // (prod(x.shape[1:]) * x.itemsize))
        return (slice(start, min(start + count, len(x))) for start in range(0, len(x), count))

    def _empty_gradient(self, N: int, dtype: np.dtype[np.generic]) -> Array:
        """Memory for the gradient of the padded input, (N, H, W, C)."""
        return self.workspace.array("dx", (N, *self.windows.padded, self.in_shape[0]), dtype)


@layers.register("max_pool")
@dataclass(kw_only=True)
class MaxPool(Pool):
    """Keep the largest number of each window.

        y[n,c,i,j] = max_{u,v} x[n,c,i·s+u,j·s+v]
        dx[n,c,p,q] = Σ_{i,j} dy[n,c,i,j] where x[n,c,p,q] is the maximum

    s is the stride; of equals the first takes the gradient. The border counts as −∞. The gradient of a window with NaN
    goes to its last place.
    Equals ``textbook.Pooling``; faster, since no windows are copied and a maximum takes 2·size passes, not size².
    Source: "Deep Learning from Scratch", sections 7.3 and 7.4.4.
    """

    def forward(self, x: Array, *, training: bool) -> Array:
        """Maximum over the rows of each window, then over its columns: 2·size passes in place of size²."""
        windows = self.windows
        self._padded = padded = windows.pad(channels_last(x, self.workspace, "x"), self.workspace, -inf)
        N, C = x.shape[:2]
        y = self.workspace.images("y", (N, C, *windows.out), x.dtype)
        self._best = y.transpose(0, 2, 3, 1)
        for piece in self._pieces(padded):
            images, best = padded[piece], self._best[piece]
            tallest = self.workspace.array("tallest", (len(images), windows.out[0], windows.padded[1], C), x.dtype)
            _largest([windows.row(images, i) for i in range(windows.size[0])], out=tallest)
            _largest([windows.column(tallest, j) for j in range(windows.size[1])], out=best)
        return y

    def backward(self, dy: Array) -> Array:
        """dx = dy at the winner of each window, added up where windows overlap."""
        rows = channels_last(dy, self.workspace, "dy")
        dx = self._empty_gradient(len(dy), dy.dtype)
        for piece in self._pieces(dx):
            gradient, of_windows = dx[piece], rows[piece]
            if not self.windows.tile:
                gradient.fill(0)
            term = self.workspace.array("term", of_windows.shape, dy.dtype)
            for (i, j), won in self._winners(piece):
                target = self.windows.part(gradient, i, j)
                if self.windows.overlap:
                    target += np.multiply(of_windows, won, out=term)
                else:
                    np.multiply(of_windows, won, out=target)
        return self.windows.crop(dx).transpose(0, 3, 1, 2)

    def kink_sides(self) -> Array:
        """The winner of each window, as the number of its place."""
        places = np.zeros(self._best.shape, np.int32)
        for place, (_, won) in enumerate(self._winners(slice(None))):
            places[won] = place
        return places

    def _winners(self, images: slice) -> Iterator[tuple[tuple[int, int], Array]]:
        """For each place within a window, where it holds the first of the largest numbers."""
        padded, best = self._padded[images], self._best[images]
        won = self.workspace.array("won", best.shape, np.bool_)
        undecided = self.workspace.array("undecided", best.shape, np.bool_)
        undecided.fill(True)
        *places, last = self.windows.offsets()
        for i, j in places:
            np.equal(self.windows.part(padded, i, j), best, out=won)
            np.logical_and(won, undecided, out=won)
            np.logical_xor(undecided, won, out=undecided)
            yield (i, j), won
        yield last, undecided  # where no other place has won


def _largest(parts: Sequence[Array], out: Array) -> None:
    """The largest of the numbers at the same place in all parts."""
    if len(parts) == 1:
        np.copyto(out, parts[0])
        return
    np.maximum(parts[0], parts[1], out=out)
    for part in parts[2:]:
        np.maximum(out, part, out=out)


@layers.register("avg_pool")
@dataclass(kw_only=True)
class AvgPool(Pool):
    """The mean of the pixels of each window.

        y[n,c,i,j] = Σ_{u,v} x[n,c,i·s+u,j·s+v] / K_ij
        dx[n,c,p,q] = Σ_{i,j} dy[n,c,i,j] / K_ij

    s is the stride, K_ij the number of pixels in window (i, j): padding is left out of sum and count. dx sums over the
    windows with pixel (p, q).
    Equals ``textbook.AveragePooling``; faster, since no windows are copied.
    Source: LeCun et al. 1998, Proceedings of the IEEE 86 (11); "Deep Learning from Scratch", section 7.3.
    """

    def build(self, in_shape: Shape) -> Shape:
        out_shape = super().build(in_shape)
        inside = np.zeros((1, *self.windows.padded, 1))
        self.windows.crop(inside).fill(1)
        counts = sum(self.windows.part(inside, i, j) for i, j in self.windows.offsets())
        self._weight: Array = 1 / np.asarray(counts)
        return out_shape

    def forward(self, x: Array, *, training: bool) -> Array:
        """The sum over each window, divided by the number of its pixels inside the image."""
        padded = self.windows.pad(channels_last(x, self.workspace, "x"), self.workspace, 0)
        y = self.workspace.images("y", (*x.shape[:2], *self.windows.out), x.dtype)
        weight = self._weight.astype(x.real.dtype)
        for piece in self._pieces(padded):
            total = y.transpose(0, 2, 3, 1)[piece]
            total.fill(0)
            for i, j in self.windows.offsets():
                total += self.windows.part(padded[piece], i, j)
            total *= weight
        return y

    def backward(self, dy: Array) -> Array:
        """dx = dy / count at every place of each window, added up where windows overlap."""
        rows = channels_last(dy, self.workspace, "dy")
        dx = self._empty_gradient(len(dy), dy.dtype)
        weight = self._weight.astype(dy.dtype)
        for piece in self._pieces(dx):
            gradient = dx[piece]
            if not self.windows.tile:
                gradient.fill(0)
            term = self.workspace.array("term", rows[piece].shape, dy.dtype)
            np.multiply(rows[piece], weight, out=term)
            for i, j in self.windows.offsets():
                target = self.windows.part(gradient, i, j)
                if self.windows.overlap:
                    target += term
                else:
                    np.copyto(target, term)
        return self.windows.crop(dx).transpose(0, 3, 1, 2)


@layers.register("global_avg_pool")
@dataclass(kw_only=True)
class GlobalAvgPool(Layer):
    """The mean of each channel, (N, C, H, W) to (N, C).

        y[n,c] = Σ_{i,j} x[n,c,i,j] / (H W)
        dx[n,c,i,j] = dy[n,c] / (H W)

    Equals ``textbook.GlobalAveragePooling``.
    Source: Lin, Chen & Yan 2014, arXiv 1312.4400, section 3.2.
    """

    @classmethod
    def examples(cls) -> "list[tuple[GlobalAvgPool, Shape]]":
        return [(cls(), (3, 2, 4))]

    def build(self, in_shape: Shape) -> Shape:
        return image_shape(self, in_shape)[:1]

    def forward(self, x: Array, *, training: bool) -> Array:
        """Σ_i,j x / (H·W), added up in double precision: a float32 sum of 224×224 pixels loses two digits."""
        shape = (len(x), *self.out_shape)
        double = np.result_type(x, np.float64)
        mean = np.mean(x, axis=(2, 3), dtype=double, out=self.workspace.array("mean", shape, double))
        y = self.workspace.array("y", shape, x.dtype)
        np.copyto(y, mean, casting="same_kind")
        return y

    def backward(self, dy: Array) -> Array:
        """dx = dy / (H·W) at every pixel."""
        _, H, W = self.in_shape
        dx = self.workspace.images("dx", (len(dy), *self.in_shape), dy.dtype)
        np.divide(dy[:, :, None, None], H * W, out=dx)
        return dx
