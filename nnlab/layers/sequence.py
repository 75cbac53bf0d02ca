"""Layers on sequences (N, T, ...) that only choose or order steps."""

from dataclasses import dataclass

import numpy as np

from nnlab.core.arrays import Array, Shape, shape_text
from nnlab.layers.base import Layer
from nnlab.registry import layers


@layers.register("last_step")
@dataclass(kw_only=True)
class LastStep(Layer):
    """The last step of each sequence, (N, T, D) to (N, D).

        y = x_T
        dx_t = dy where t = T, else 0

    Equals ``textbook.LastStep``, in memory that is reused at each step.
    Source: "Deep Learning from Scratch 2", section 7.2 (the encoder's last state).
    """

    @classmethod
    def examples(cls) -> "list[tuple[LastStep, Shape]]":
        return [(cls(), (3, 4)), (cls(), (2, 2, 1, 3))]

    def build(self, in_shape: Shape) -> Shape:
        if len(in_shape) < 2:
            raise self.shape_error(f"needs a sequence (T, D), got {shape_text(in_shape)}")
        return in_shape[1:]

    def forward(self, x: Array, *, training: bool) -> Array:
        self._x = x
        return x[:, -1]

    def backward(self, dy: Array) -> Array:
        """dx_T = dy, and 0 for every other step."""
        dx = self.workspace.like("dx", self._x, dy.dtype)
        dx[:, :-1] = 0
        dx[:, -1] = dy
        return dx


@layers.register("reverse")
@dataclass(kw_only=True)
class Reverse(Layer):
    """Each sequence from its last step to its first.

        y_t = x_{T+1−t}
        dx_t = dy_{T+1−t}

    Before and after a recurrent layer in a branch of concat it makes that branch run backwards in time, which gives a
    bidirectional network.
    Equals ``textbook.Reverse``, in memory that is reused at each step.
    Source: Schuster & Paliwal 1997, IEEE Transactions on Signal Processing 45 (11).
    """

    @classmethod
    def examples(cls) -> "list[tuple[Reverse, Shape]]":
        return [(cls(), (3, 4)), (cls(), (5,))]

    def build(self, in_shape: Shape) -> Shape:
        return in_shape

    def forward(self, x: Array, *, training: bool) -> Array:
        return self._reversed("y", x)

    def backward(self, dy: Array) -> Array:
        """dx_t = dy_{T+1−t}."""
        return self._reversed("dx", dy)

    def _reversed(self, name: str, x: Array) -> Array:
        y = self.workspace.like(name, x)
        np.copyto(y, x[:, ::-1])
        return y
