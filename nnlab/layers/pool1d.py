"""Pooling along one axis, as pooling of images of one row."""

from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np

from nnlab.core.arrays import Array, Shape
from nnlab.layers.base import Layer
from nnlab.layers.pool import AvgPool, MaxPool, Pool
from nnlab.layers.windows import Padding, Size, image_shape
from nnlab.registry import Doc, layers


@dataclass(kw_only=True)
class Pool1D(Pool):
    """What max and average pooling of (N, C, L) share."""

    axes = 1

    size: Annotated[Size, Doc("length of each window")] = 2
    stride: Annotated[Size | None, Doc("step between windows; null: the size")] = None
    padding: Annotated[Padding, Doc("padding: places on each side, same (L_out = ⌈L/stride⌉) or valid (none)")] = 0

    @classmethod
    def examples(cls) -> "list[tuple[Self, Shape]]":
        return [
            (cls(), (2, 5)),
            (cls(size=3, stride=2, padding=1), (1, 6)),
            (cls(size=3, stride=1, padding="same"), (3, 4)),
        ]


@layers.register("max_pool1d")
@dataclass(kw_only=True)
class MaxPool1D(Pool1D, MaxPool):
    """Keep the largest number of each window of each channel, (N, C, L) to (N, C, L_out).

        y[n,c,i] = max_u x[n,c,i·s+u]
        dx[n,c,p] = Σ_i dy[n,c,i] where x[n,c,p] is the maximum

    s is the stride; of equals the first takes the gradient. The border counts as −∞.
    Equals ``textbook.Pooling1D``; faster, since no windows are copied.
    Source: Collobert et al. 2011, JMLR 12.
    """

    def forward(self, x: Array, *, training: bool) -> Array:
        return super().forward(x[:, :, None], training=training)[:, :, 0]

    def backward(self, dy: Array) -> Array:
        return super().backward(dy[:, :, None])[:, :, 0]


@layers.register("avg_pool1d")
@dataclass(kw_only=True)
class AvgPool1D(Pool1D, AvgPool):
    """The mean of each window of each channel, (N, C, L) to (N, C, L_out).

        y[n,c,i] = Σ_u x[n,c,i·s+u] / K_i
        dx[n,c,p] = Σ_i dy[n,c,i] / K_i

    s is the stride, K_i the number of places in window i: padding is left out of sum and count. dx sums over the
    windows with place p.
    Equals ``textbook.AveragePooling1D``; faster, since no windows are copied.
    Source: LeCun et al. 1998, Proceedings of the IEEE 86 (11), along one axis.
    """

    def forward(self, x: Array, *, training: bool) -> Array:
        return super().forward(x[:, :, None], training=training)[:, :, 0]

    def backward(self, dy: Array) -> Array:
        return super().backward(dy[:, :, None])[:, :, 0]


@layers.register("global_avg_pool1d")
@dataclass(kw_only=True)
class GlobalAvgPool1D(Layer):
    """The mean of each channel, (N, C, L) to (N, C).

        y[n,c] = Σ_i x[n,c,i] / L
        dx[n,c,i] = dy[n,c] / L

    Equals ``textbook.GlobalAveragePooling1D``.
    Source: Lin, Chen & Yan 2014, arXiv 1312.4400, section 3.2, along one axis.
    """

    @classmethod
    def examples(cls) -> "list[tuple[GlobalAvgPool1D, Shape]]":
        return [(cls(), (3, 4))]

    def build(self, in_shape: Shape) -> Shape:
        return image_shape(self, in_shape, axes=1)[:1]

    def forward(self, x: Array, *, training: bool) -> Array:
        """Σ_i x / L, added up in double precision."""
        double = np.result_type(x, np.float64)
        mean = np.mean(x, axis=2, dtype=double, out=self.workspace.array("mean", x.shape[:2], double))
        y = self.workspace.array("y", x.shape[:2], x.dtype)
        np.copyto(y, mean, casting="same_kind")
        return y

    def backward(self, dy: Array) -> Array:
        """dx = dy / L at every place."""
        C, L = self.in_shape
        dx = self.workspace.array("dx", (len(dy), C, L), dy.dtype)
        return np.divide(dy[:, :, None], L, out=dx)
