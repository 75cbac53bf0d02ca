"""Named test functions for optimizers."""

from dataclasses import dataclass

import numpy as np

from nnlab.core.arrays import Array
from nnlab.functions.base import Function
from nnlab.registry import functions


@functions.register("sphere")
@dataclass(kw_only=True)
class Sphere(Function):
    """The simplest convex function, with its minimum 0 at 0.

        f = Σ x_i²

    Source: De Jong 1975, thesis, University of Michigan (F1).
    """

    def value(self, x: Array) -> Array:
        return np.asarray((x**2).sum(axis=0))

    def gradient(self, x: Array) -> Array:
        return 2 * x


@functions.register("valley")
@dataclass(kw_only=True)
class Valley(Function):
    """An elongated valley, twenty times steeper along x1, minimum 0 at 0.

        f = x0²/20 + x1²

    Source: "Deep Learning from Scratch", section 6.1.
    """

    least = most = 2
    view = (-8.5, 8.5, -3.5, 3.5)

    def value(self, x: Array) -> Array:
        return np.asarray(x[0] ** 2 / 20 + x[1] ** 2)

    def gradient(self, x: Array) -> Array:
        return np.stack([x[0] / 10, 2 * x[1]])


@functions.register("rosenbrock")
@dataclass(kw_only=True)
class Rosenbrock(Function):
    """A curved valley, minimum 0 at (1, 1, ...).

        f = Σ (1 − x_i)² + 100 (x_i+1 − x_i²)²

    Source: Rosenbrock 1960, The Computer Journal 3 (3).
    """

    least = 2
    view = (-2.0, 2.0, -1.0, 3.0)

    def value(self, x: Array) -> Array:
        return np.asarray(((1 - x[:-1]) ** 2 + 100 * (x[1:] - x[:-1] ** 2) ** 2).sum(axis=0))

    def gradient(self, x: Array) -> Array:
        gradient = np.zeros_like(x)
        beyond = x[1:] - x[:-1] ** 2
        gradient[:-1] = -2 * (1 - x[:-1]) - 400 * x[:-1] * beyond
        gradient[1:] += 200 * beyond
        return gradient


@functions.register("saddle")
@dataclass(kw_only=True)
class Saddle(Function):
    """A saddle at 0, without a minimum.

        f = x0² − x1²

    Source: Dauphin et al. 2014, arXiv 1406.2572 (saddle points).
    """

    least = most = 2
    view = (-3.0, 3.0, -3.0, 3.0)

    def value(self, x: Array) -> Array:
        return np.asarray(x[0] ** 2 - x[1] ** 2)

    def gradient(self, x: Array) -> Array:
        return np.stack([2 * x[0], -2 * x[1]])


@functions.register("himmelblau")
@dataclass(kw_only=True)
class Himmelblau(Function):
    """Four minima of 0, one at (3, 2).

        f = (x0² + x1 − 11)² + (x0 + x1² − 7)²

    Source: Himmelblau 1972, Applied Nonlinear Programming.
    """

    least = most = 2
    view = (-5.5, 5.5, -5.5, 5.5)

    def value(self, x: Array) -> Array:
        return np.asarray((x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2)

    def gradient(self, x: Array) -> Array:
        first, second = x[0] ** 2 + x[1] - 11, x[0] + x[1] ** 2 - 7
        return np.stack([4 * x[0] * first + 2 * second, 2 * first + 4 * x[1] * second])


@functions.register("beale")
@dataclass(kw_only=True)
class Beale(Function):
    """A flat valley, minimum 0 at (3, 0.5).

        f = Σ_k=1..3 (c_k − x0 + x0 x1ᵏ)² with c = 1.5, 2.25, 2.625

    Source: Beale 1958, Princeton University, Statistical Techniques Research Group, technical report 25.
    """

    least = most = 2
    view = (-4.5, 4.5, -4.5, 4.5)

    def value(self, x: Array) -> Array:
        return np.asarray(sum(term**2 for term, _ in self._terms(x)))

    def gradient(self, x: Array) -> Array:
        """Σ_k 2 (c_k − x0 + x0 x1ᵏ) (x1ᵏ − 1, k x0 x1ᵏ⁻¹)."""
        along = sum(2 * term * (x[1] ** k - 1) for term, k in self._terms(x))
        across = sum(2 * term * k * x[0] * x[1] ** (k - 1) for term, k in self._terms(x))
        return np.stack([along, across])

    def _terms(self, x: Array) -> list[tuple[Array, int]]:
        return [(c - x[0] + x[0] * x[1] ** k, k) for k, c in enumerate((1.5, 2.25, 2.625), start=1)]


@functions.register("rastrigin")
@dataclass(kw_only=True)
class Rastrigin(Function):
    """Many local minima, global minimum 0 at 0.

        f = 10 n + Σ x_i² − 10 cos(2π x_i)

    Source: Rastrigin 1974, Systems of Extremal Control; in this form Mühlenbein et al. 1991, Parallel Computing 17.
    """

    view = (-5.12, 5.12, -5.12, 5.12)

    def value(self, x: Array) -> Array:
        return np.asarray(10 * len(x) + (x**2 - 10 * np.cos(2 * np.pi * x)).sum(axis=0))

    def gradient(self, x: Array) -> Array:
        return 2 * x + 20 * np.pi * np.sin(2 * np.pi * x)


@functions.register("plateau")
@dataclass(kw_only=True)
class Plateau(Function):
    """Steep near the minimum 0 at 0, vanishing gradients far from it.

        f = s / (1 + s) with s = Σ x_i²

    Source: Geman & McClure 1987, Bulletin of the International Statistical Institute 52 (x² / (1 + x²)).
    """

    view = (-6.0, 6.0, -6.0, 6.0)

    def value(self, x: Array) -> Array:
        s = (x**2).sum(axis=0)
        return np.asarray(s / (1 + s))

    def gradient(self, x: Array) -> Array:
        return np.asarray(2 * x / (1 + (x**2).sum(axis=0)) ** 2)
