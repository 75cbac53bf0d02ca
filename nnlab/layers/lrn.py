"""Local response normalisation."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from nnlab.core.arrays import Array, Shape
from nnlab.layers.base import Layer
from nnlab.layers.windows import image_shape
from nnlab.registry import Doc, layers


@layers.register("lrn")
@dataclass(kw_only=True)
class LocalResponseNorm(Layer):
    """Divide each number by a power of the squares in the channels near its own: lateral inhibition.

        s_c = k + alpha Σ x_c'²
        y_c = x_c / s_c^beta
        dx_c = dy_c / s_c^beta − 2 alpha beta x_c Σ dy_c' x_c' / s_c'^(beta+1)

    The sums are over the channels c' within size/2 of c; as in the paper, alpha is not divided by the size.
    Equals ``textbook.LocalResponseNormalization``; faster, since it adds up shifted channels in place.
    Source: Krizhevsky, Sutskever & Hinton 2012, NIPS 25, section 3.3.
    """

    activation_arrays = 6

    size: Annotated[int, Ge(1), Le(999), Doc("channels in the sum, centred on c; rounded up to an odd number")] = 5
    alpha: Annotated[float, Ge(0), Le(1e3), Doc("weight α of the sum of squares")] = 1e-4
    beta: Annotated[float, Gt(0), Le(10), Doc("exponent β")] = 0.75
    k: Annotated[float, Gt(0), Le(1e3), Doc("constant k of the denominator")] = 2.0

    @classmethod
    def examples(cls) -> "list[tuple[LocalResponseNorm, Shape]]":
        """AlexNet's constants, and an α large enough to matter."""
        return [(cls(), (6, 2, 2)), (cls(size=3, alpha=0.5), (4, 1, 3))]

    def build(self, in_shape: Shape) -> Shape:
        return image_shape(self, in_shape)

    def forward(self, x: Array, *, training: bool) -> Array:
        """y = x s^−β."""
        self._x = x
        squares, self._sums = self.workspace.like("squares", x), self.workspace.like("sums", x)
        np.multiply(x, x, out=squares)
        self._add_neighbours(squares, self._sums)
        self._sums *= self.alpha
        self._sums += self.k
        self._scale = self.workspace.like("scale", x)
        np.power(self._sums, -self.beta, out=self._scale)
        y = self.workspace.like("y", x)
        np.multiply(x, self._scale, out=y)
        return y

    def backward(self, dy: Array) -> Array:
        """dx_c = dy_c s_c^−β − 2αβ x_c Σ_c' dy_c' x_c' s_c'^(−β−1)."""
        dx, inner = self.workspace.like("dx", dy), self.workspace.like("inner", dy)
        np.multiply(dy, self._x, out=inner)
        inner *= self._scale
        inner /= self._sums
        self._add_neighbours(inner, dx)
        dx *= self._x
        dx *= -2 * self.alpha * self.beta
        np.multiply(dy, self._scale, out=inner)
        dx += inner
        return dx

    def _add_neighbours(self, x: Array, out: Array) -> None:
        """out_c = Σ x_c' over the channels within size/2 of c."""
        np.copyto(out, x)
        for above, below in self._shifts(x.shape[1]):
            out[:, above] += x[:, below]
            out[:, below] += x[:, above]

    def _shifts(self, C: int) -> Iterator[tuple[slice, slice]]:
        for distance in range(1, min(self.size // 2, C - 1) + 1):
            yield slice(distance, None), slice(None, -distance)
