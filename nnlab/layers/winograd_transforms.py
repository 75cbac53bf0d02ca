"""The transforms of Winograd's algorithm F(2, r): two sums of r products each, with r + 1 multiplications."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from nnlab.core.arrays import Array


class Transforms(ABC):
    """Transforms along one axis of tiles of ``size`` = r + 1 pixels d, which have two outputs y.

        m = (Gg) ⊙ (Bᵀd), y = Aᵀm
        Aᵀm = (Σ_p m_p, Σ_p p m_p + m_∞)
        (Gg)_p = scale_p Σ_k p^k g_k, (Gg)_∞ = g_(r−1)

    p are the points at which polynomials with the coefficients g and y are evaluated and multiplied; Bᵀ interpolates,
    transposed. Each array has one entry of its first axis, or of the sequence, for each pixel or product.
    """

    points: ClassVar[tuple[int, ...]]
    scales: ClassVar[tuple[float, ...]]

    @property
    def size(self) -> int:
        """r + 1."""
        return len(self.points) + 1

    def of_filters(self, dtype: np.dtype[np.generic]) -> Array:
        """G (r + 1, r)."""
        rows = [[scale * p**k for k in range(self.size - 1)] for p, scale in zip(self.points, self.scales, strict=True)]
        return np.array([*rows, [*[0.0] * (self.size - 2), 1.0]], dtype)

    @abstractmethod
    def inputs(self, d: Sequence[Array], v: Array, scratch: Array) -> None:
        """v = Bᵀd."""

    @abstractmethod
    def input_gradients(self, v: Array, d: Sequence[Array], scratch: Array) -> None:
        """Add Bv to d, but set the last two of d; v is overwritten."""

    @abstractmethod
    def outputs(self, m: Array, y: Array) -> None:
        """y = Aᵀm."""

    @abstractmethod
    def output_gradients(self, y: Array, m: Array) -> None:
        """m = Ay."""


class ThreeByThree(Transforms):
    """F(2, 3): Bᵀd = (d₀ − d₂, d₁ + d₂, d₂ − d₁, d₃ − d₁)."""

    points = (0, 1, -1)
    scales = (1, 1 / 2, 1 / 2)

    def inputs(self, d: Sequence[Array], v: Array, scratch: Array) -> None:
        np.subtract(d[0], d[2], out=v[0])
        np.add(d[1], d[2], out=v[1])
        np.subtract(d[2], d[1], out=v[2])
        np.subtract(d[3], d[1], out=v[3])

    def input_gradients(self, v: Array, d: Sequence[Array], scratch: Array) -> None:
        np.add(v[1], v[2], out=scratch)
        np.subtract(scratch, v[0], out=d[2])
        np.copyto(d[3], v[3])
        d[0] += v[0]
        np.subtract(v[1], v[2], out=scratch)
        scratch -= v[3]
        d[1] += scratch

    def outputs(self, m: Array, y: Array) -> None:
        np.add(m[1], m[2], out=y[0])
        y[0] += m[0]
        np.subtract(m[1], m[2], out=y[1])
        y[1] += m[3]

    def output_gradients(self, y: Array, m: Array) -> None:
        m[0], m[3] = y[0], y[1]
        np.add(y[0], y[1], out=m[1])
        np.subtract(y[0], y[1], out=m[2])


class FiveByFive(Transforms):
    """F(2, 5), with Bᵀ of Lavin & Gray's F(4, 3), which has the same points."""

    points = (0, 1, -1, 2, -2)
    scales = (1 / 4, -1 / 6, -1 / 6, 1 / 24, 1 / 24)

    def inputs(self, d: Sequence[Array], v: Array, scratch: Array) -> None:
        """Bᵀd = (4d₀ − 5d₂ + d₄, a + b, a − b, c + e, c − e, 4d₁ − 5d₃ + d₅).

        a = d₄ − 4d₂, b = d₃ − 4d₁, c = d₄ − d₂, e = 2(d₃ − d₁).
        """
        a, b, c, e = v[2], scratch, v[4], scratch  # b is used before e is there
        np.multiply(d[1], 4, out=b)
        np.subtract(d[3], b, out=b)
        np.multiply(d[2], 4, out=a)
        np.subtract(d[4], a, out=a)
        np.add(a, b, out=v[1])
        a -= b
        np.subtract(d[4], d[2], out=c)
        np.subtract(d[0], d[2], out=v[0])
        v[0] *= 4
        v[0] += c
        np.subtract(d[3], d[1], out=e)
        e *= 2
        np.add(c, e, out=v[3])
        c -= e
        e *= 2
        np.subtract(d[5], d[3], out=v[5])
        v[5] -= e

    def input_gradients(self, v: Array, d: Sequence[Array], scratch: Array) -> None:
        """Bv = (4v₀, 4(v₅ − t) − 2f, −5v₀ − 4s − u, t + 2f − 5v₅, v₀ + s + u, v₅).

        s = v₁ + v₂, t = v₁ − v₂, u = v₃ + v₄, f = v₃ − v₄.
        """
        s, t, u, f, product = v[1], scratch, v[3], v[2], v[4]
        np.subtract(v[1], v[2], out=t)
        s += v[2]
        np.subtract(v[3], v[4], out=f)
        u += v[4]
        f *= 2
        np.add(v[0], s, out=product)
        np.add(product, u, out=d[4])
        np.copyto(d[5], v[5])
        s *= 4
        u += s
        u += np.multiply(v[0], 5, out=product)
        d[2] -= u
        np.multiply(v[5], 5, out=product)
        np.subtract(t, product, out=product)
        product += f
        d[3] += product
        v[5] -= t
        v[5] *= 4
        v[5] -= f
        d[1] += v[5]
        v[0] *= 4
        d[0] += v[0]

    def outputs(self, m: Array, y: Array) -> None:
        np.add(m[0], m[1], out=y[0])
        for k in (2, 3, 4):
            y[0] += m[k]
        np.subtract(m[3], m[4], out=y[1])
        y[1] *= 2
        y[1] += m[1]
        y[1] -= m[2]
        y[1] += m[5]

    def output_gradients(self, y: Array, m: Array) -> None:
        m[0], m[5] = y[0], y[1]
        np.add(y[0], y[1], out=m[1])
        np.subtract(y[0], y[1], out=m[2])
        np.multiply(y[1], 2, out=m[4])
        np.add(y[0], m[4], out=m[3])
        np.subtract(y[0], m[4], out=m[4])


TRANSFORMS: dict[tuple[int, int], Transforms] = {(3, 3): ThreeByThree(), (5, 5): FiveByFive()}
"""By the height and width of the filters."""
