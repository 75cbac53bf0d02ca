"""Local response normalisation."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from nnlab.core.arrays import Array, Shape
from nnlab.layers.base import Layer
from nnlab.layers.windows import channels_last, image_shape
from nnlab.registry import Doc, layers

# Numbers of this many bytes are normalised at once, with all passes in the cache: 4 images of 96x55x55 take 3.4 ms
# forward and 2.7 ms backward, in whole passes with a power 5.5 and 4.6 ms.
BLOCK_BYTES = 2**18


@layers.register("lrn")
@dataclass(kw_only=True)
class LocalResponseNorm(Layer):
    """Divide each number by a power of the squares in the channels near its own: lateral inhibition.

        s_c = k + alpha Σ x_c'²
        y_c = x_c / s_c^beta
        dx_c = dy_c / s_c^beta − 2 alpha beta x_c Σ dy_c' x_c' / s_c'^(beta+1)

    The sums are over the channels c' within size/2 of c; as in the paper, alpha is not divided by the size.
    Equals ``textbook.LocalResponseNormalization``; faster, since some pixels at a time stay in the cache.
    Source: Krizhevsky, Sutskever & Hinton 2012, NIPS 25, section 3.3.
    """

    activation_arrays = 4

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
        C = self.in_shape[0]
        self._x = x = channels_last(x, self.workspace, "x")
        self._sums, self._powers = self.workspace.like("sums", x), self.workspace.like("powers", x)
        y = self.workspace.images("y", (len(x), *self.in_shape), x.dtype)
        rows = (x, self._sums, self._powers, y.transpose(0, 2, 3, 1))
        for part, sums, powers, out in self._blocks(*rows):
            squares = self._padded("squares", part)
            np.multiply(part, part, out=squares[:, self._reach : self._reach + C])
            np.multiply(self._over_neighbours(squares), self.alpha, out=sums)
            sums += self.k
            self._power(sums, out=powers)
            np.divide(part, powers, out=out)
        return y

    def backward(self, dy: Array) -> Array:
        """dx_c = dy_c s_c^−β − 2αβ x_c Σ_c' dy_c' x_c' s_c'^(−β−1)."""
        C = self.in_shape[0]
        dx = self.workspace.images("dx", (len(dy), *self.in_shape), dy.dtype)
        rows = (self._x, self._sums, self._powers, channels_last(dy, self.workspace, "dy"), dx.transpose(0, 2, 3, 1))
        for x, sums, powers, gradient, out in self._blocks(*rows):
            inner, term = self._padded("squares", x), self.workspace.array("term", x.shape, x.dtype)
            np.divide(gradient, powers, out=out)
            np.divide(x, sums, out=term)
            np.multiply(term, out, out=inner[:, self._reach : self._reach + C])
            np.multiply(self._over_neighbours(inner), x, out=term)
            term *= -2 * self.alpha * self.beta
            out += term
        return dx

    def _power(self, sums: Array, out: Array) -> None:
        """s^β; the paper's β is that of two square roots, which take half the time of a power."""
        if self.beta != 0.75:
            np.power(sums, self.beta, out=out)
            return
        np.sqrt(sums, out=out)
        out *= np.sqrt(out, out=self.workspace.array("fourth root", out.shape, out.dtype))

    @property
    def _reach(self) -> int:
        """Channels on each side of c in the sum."""
        return min(self.size // 2, self.in_shape[0] - 1)

    def _blocks(self, *images: Array) -> Iterator[tuple[Array, ...]]:
        """Some pixels of images (N, H, W, C) at a time, (pixels, C): what is computed from them stays in the cache."""
        rows = [array.reshape(-1, self.in_shape[0]) for array in images]
        count = max(1, BLOCK_BYTES // (rows[0].itemsize * self.in_shape[0]))
        for start in range(0, len(rows[0]), count):
            yield tuple(array[start : start + count] for array in rows)

    def _padded(self, name: str, rows: Array) -> Array:
        """Memory for pixels with zeros as neighbours of the first and the last channel."""
        reach, (count, C) = self._reach, rows.shape
        padded = self.workspace.array(name, (count, C + 2 * reach), rows.dtype)
        padded[:, :reach] = padded[:, reach + C :] = 0
        return padded

    def _over_neighbours(self, padded: Array) -> Array:
        """Σ over the channels within reach of each, (pixels, C).

        All pixels are one long row, shifted and added whole: sums that reach into the next pixel fall into the padding.
        A sum of m channels is one of half as many plus the same further on, so 5 channels take 3 additions.
        """
        total = sums = padded.reshape(-1)
        width, summed = 2 * self._reach + 1, 0
        for doubling in range(width.bit_length()):
            channels = 1 << doubling
            if width & channels:
                total = self._sum(f"total {doubling}", total, sums, summed) if summed else sums
                summed += channels
            if summed < width:
                sums = self._sum(f"doubled {doubling}", sums, sums, channels)
        return total.reshape(padded.shape)[:, : self.in_shape[0]]

    def _sum(self, name: str, first: Array, second: Array, shift: int) -> Array:
        """first_i + second_(i+shift)."""
        total = self.workspace.array(name, first.shape, first.dtype)
        np.add(first[:-shift], second[shift:], out=total[:-shift])
        total[-shift:] = 0
        return total
