"""The linear (affine, dense, fully connected) layer, also on each step of a sequence."""

from dataclasses import dataclass
from math import prod
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.arrays import Array, Shape, column_sums, product, shape_text
from nnlab.layers.joint_products import JointProducts
from nnlab.layers.steps import Steps
from nnlab.layers.weighted import WeightedLayer
from nnlab.registry import Doc, layers


@layers.register("linear")
@dataclass(kw_only=True)
class Linear(JointProducts, WeightedLayer):
    """Weighted sums of the inputs, one for each unit, plus a bias.

        y = x W + b
        dx = dy Wᵀ
        dW = xᵀ dy
        db = Σ_n dy_n

    x is (N, D_in), W (D_in, D_out), b (D_out,); on a sequence (N, T, D_in) it acts at each step.
    Equals ``textbook.Affine``, or ``textbook.TimeAffine`` for a sequence, in memory that is reused at each step.
    Source: "Deep Learning from Scratch", section 5.6.
    """

    units: Annotated[int, Ge(1), Le(10**7), Doc("number of outputs")]

    @classmethod
    def examples(cls) -> "list[tuple[Linear, Shape]]":
        return [
            (cls(units=4), (5,)),
            (cls(units=3, bias=False), (5,)),
            (cls(units=3, l1=0.1, l2=0.2), (5,)),
            (cls(units=2), (3, 4)),
        ]

    def build(self, in_shape: Shape) -> Shape:
        """(D_in,) to (D_out,), or a sequence (T, D_in) to (T, D_out)."""
        if len(in_shape) not in (1, 2):
            raise self.shape_error(f"needs a flat input, got {shape_text(in_shape)}; put a flatten layer before it")
        *steps, fan_in = in_shape
        self.W, self.b = self.weights_and_bias((fan_in, self.units), fan_in, self.units)
        return (*steps, self.units)

    def weight_uses(self) -> int:
        return prod(self.in_shape[:-1])

    def forward(self, x: Array, *, training: bool) -> Array:
        """y = x W + b."""
        sequences = x.ndim == 3
        if sequences:
            self._steps = Steps(x)
            x = self._steps.rows(x, self.workspace, "x")
        self._x = x
        y = product(x, self.W.value, out=self.workspace.array("y", (len(x), self.units), x.dtype))
        if self.b is not None:
            y += self.b.value
        return self._steps.sequences(y) if sequences else y

    def backward_parameters(self, dy: Array) -> None:
        """dW = xᵀ dy, db = Σ_n dy, over the steps of sequences too."""
        if self.frozen:
            return
        dy = dy if dy.ndim == 2 else self._steps.rows(dy, self.workspace, "dy")
        if not self.joint:
            product(self._x.T, dy, out=self.W.grad)
        if self.b is not None:
            column_sums(dy, out=self.b.grad)

    def joint_forward(self, x: Array, columns: slice, out: Array) -> None:
        y = np.matmul(_rows(x), self.W.value[:, columns], out=_rows(out)[:, columns])
        if self.b is not None:
            y += self.b.value[columns]

    def set_joint_input(self, x: Array) -> None:
        if x.ndim == 3:
            self._steps = Steps(x)

    def joint_backward(self, x: Array, dy: Array, rows: slice, dW: Array, dx: Array | None) -> None:
        dy = _rows(dy)
        np.matmul(_rows(x)[:, rows].T, dy, out=dW[rows])
        if dx is not None:
            np.matmul(dy, self.W.value[rows].T, out=_rows(dx)[:, rows])

    def backward(self, dy: Array) -> Array:
        """Also dx = dy Wᵀ."""
        sequences = dy.ndim == 3
        if sequences:
            dy = self._steps.rows(dy, self.workspace, "dy")
        self.backward_parameters(dy)
        dx = product(dy, self.W.value.T, out=self.workspace.array("dx", self._x.shape, dy.dtype))
        return self._steps.sequences(dx) if sequences else dx


def _rows(x: Array) -> Array:
    """A view of vectors or of sequences of vectors, one row for each vector."""
    return x.reshape(-1, x.shape[-1])
