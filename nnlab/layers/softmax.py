"""Softmax and its logarithm as layers, over the last axis."""

from dataclasses import dataclass

import numpy as np

from nnlab.core.arrays import Array, Shape
from nnlab.layers.base import Layer
from nnlab.registry import layers


class LastAxis(Layer):
    """A function of the numbers along the last axis; the shape stays."""

    activation_arrays = 3

    @classmethod
    def examples(cls) -> "list[tuple[LastAxis, Shape]]":
        return [(cls(), (5,)), (cls(), (3, 4)), (cls(), (2, 3, 3))]

    def build(self, in_shape: Shape) -> Shape:
        return in_shape

    def _exponentials(self, x: Array) -> tuple[Array, Array]:
        """x minus the largest of its last axis, which keeps eˣ finite, and the exponentials of that."""
        largest = np.max(x.real, axis=-1, keepdims=True, out=self._row_by_row("largest", x.real))
        shifted = np.subtract(x, largest, out=self.workspace.like("shifted", x))
        return shifted, np.exp(shifted, out=self.workspace.like("e", x))

    def _sums(self, x: Array) -> Array:
        """Σ over the last axis, (..., 1)."""
        return np.sum(x, axis=-1, keepdims=True, out=self._row_by_row("sums", x))

    def _row_by_row(self, name: str, x: Array) -> Array:
        return self.workspace.array(name, (*x.shape[:-1], 1), x.dtype)


@layers.register("softmax")
@dataclass(kw_only=True)
class SoftmaxLayer(LastAxis):
    """Turn the numbers along the last axis into probabilities: positive, with sum 1.

        y_k = exp(x_k) / Σ_j exp(x_j)
        dx_k = y_k (dy_k − Σ_j dy_j y_j)

    cross_entropy takes scores and computes its own softmax: a network for it ends without this layer.
    Equals ``textbook.Softmax``, in memory that is reused at each step.
    Source: Bridle 1990, Neurocomputing (NATO ASI F68); "Deep Learning from Scratch", section 3.5.
    """

    def forward(self, x: Array, *, training: bool) -> Array:
        """y = e / Σ e with e = exp(x − max x)."""
        _, e = self._exponentials(x)
        e /= self._sums(e)
        self._y = e
        return e

    def backward(self, dy: Array) -> Array:
        """dx = y · (dy − Σ_k dy_k y_k)."""
        dx = self.workspace.like("dx", self._y, dy.dtype)
        np.multiply(dy, self._y, out=dx)
        np.subtract(dy, self._sums(dx), out=dx)
        dx *= self._y
        return dx


@layers.register("log_softmax")
@dataclass(kw_only=True)
class LogSoftmaxLayer(LastAxis):
    """The logarithm of softmax over the last axis, without its underflow.

        y_k = x_k − log Σ_j exp(x_j)
        dx_k = dy_k − exp(y_k) Σ_j dy_j

    Equals ``textbook.LogSoftmax``, in memory that is reused at each step.
    Source: Goodfellow, Bengio & Courville 2016, "Deep Learning", section 6.2.2.3.
    """

    def forward(self, x: Array, *, training: bool) -> Array:
        """y = s − log Σ eˢ with s = x − max x; softmax itself is kept for backward."""
        y, e = self._exponentials(x)
        total = self._sums(e)
        e /= total
        y -= np.log(total, out=total)
        self._softmax = e
        return y

    def backward(self, dy: Array) -> Array:
        """dx = dy − softmax(x) · Σ_k dy_k."""
        dx = self.workspace.like("dx", self._softmax, dy.dtype)
        np.multiply(self._softmax, self._sums(dy), out=dx)
        np.subtract(dy, dx, out=dx)
        return dx
