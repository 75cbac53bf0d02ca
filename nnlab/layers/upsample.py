"""Larger images from smaller ones."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.arrays import Array, Shape
from nnlab.layers.base import Layer
from nnlab.layers.windows import image_shape
from nnlab.registry import Doc, layers


@layers.register("upsample")
@dataclass(kw_only=True)
class Upsample(Layer):
    """Repeat each pixel factor x factor times (nearest neighbour).

        y[n,c,i,j] = x[n,c,⌊i/factor⌋,⌊j/factor⌋]
        dx[n,c,p,q] = Σ_{u,v} dy[n,c,p·factor+u,q·factor+v]

    u and v go from 0 to factor − 1.
    Equals ``textbook.Upsample``.
    Source: Odena, Dumoulin & Olah 2016, Distill, "Deconvolution and Checkerboard Artifacts".
    """

    factor: Annotated[int, Ge(1), Le(64), Doc("factor by which height and width grow")] = 2

    @classmethod
    def examples(cls) -> "list[tuple[Upsample, Shape]]":
        return [(cls(), (2, 2, 3)), (cls(factor=3), (1, 2, 1))]

    def build(self, in_shape: Shape) -> Shape:
        C, H, W = image_shape(self, in_shape)
        return (C, self.factor * H, self.factor * W)

    def forward(self, x: Array, *, training: bool) -> Array:
        """y[n,c,i,j] = x[n,c,⌊i/factor⌋,⌊j/factor⌋]."""
        y = self.workspace.images("y", (len(x), *self.out_shape), x.dtype)
        for i in range(self.factor):
            for j in range(self.factor):
                np.copyto(y[:, :, i :: self.factor, j :: self.factor], x)
        return y

    def backward(self, dy: Array) -> Array:
        """dx = the sum over the copies of each pixel."""
        dx = self.workspace.images("dx", (len(dy), *self.in_shape), dy.dtype)
        dx.fill(0)
        for i in range(self.factor):
            for j in range(self.factor):
                dx += dy[:, :, i :: self.factor, j :: self.factor]
        return dx
