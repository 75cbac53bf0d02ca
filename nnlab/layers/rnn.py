"""The simple recurrent layer."""

from dataclasses import dataclass
from math import inf
from typing import Annotated, Literal

import numpy as np

from nnlab.core.arrays import Array, Shape
from nnlab.layers.recurrent import RecurrentLayer
from nnlab.registry import Doc, layers


@layers.register("rnn")
@dataclass(kw_only=True)
class RNN(RecurrentLayer):
    """A recurrent layer: the state h of each step is computed from the input and the state of the step before.

        h_t = tanh(x_t Wx + h_{t−1} Wh + b)
        dh_t = dy_t + da_{t+1} Whᵀ
        da_t = dh_t · (1 − h_t²)
        dx_t = da_t Wxᵀ
        dWx = Σ_t x_tᵀ da_t
        dWh = Σ_t h_{t−1}ᵀ da_t
        db = Σ_t da_t

    Of sequences (N, T, D) to (N, T, units): the output y_t is the state h_t, and h_0 is 0. a_t is the argument of
    tanh; backward goes from the last step to the first, backpropagation through time.
    Equals ``textbook.TimeRNN``; faster, since x Wx is one product for all steps.
    Source: Elman 1990, Cognitive Science 14 (2); "Deep Learning from Scratch 2", chapter 5.
    """

    activation_arrays = 6

    activation: Annotated[Literal["tanh", "relu"], Doc("activation of the state")] = "tanh"

    @classmethod
    def examples(cls) -> "list[tuple[RNN, Shape]]":
        return [
            (cls(units=3), (4, 2)),
            (cls(units=2, activation="relu", bias=False), (3, 3)),
            (cls(units=3, l1=0.1, l2=0.2), (1, 2)),
        ]

    def run(self, x: Array, h: Array) -> None:
        """h_t = tanh(z_t) or max(z_t, 0) with z_t = x_t Wx + h_{t−1} Wh + b."""
        (z,) = self.input_products(x)
        recurrent = self.state("recurrent")
        for t in range(len(x)):
            np.matmul(h[t], self.Wh.value, out=recurrent)
            z[t] += recurrent
            if self.activation == "tanh":
                np.tanh(z[t], out=h[t + 1])
            else:
                np.clip(z[t], 0, inf, out=h[t + 1])

    def through_time(self, dy: Array, dz: Array) -> None:
        """dz_t = dh_t · (1 − h_t²), or dh_t where h_t > 0, with dh_t = dy_t + dz_{t+1} Whᵀ."""
        dh, slope = self.state("dh"), self.state("slope")
        dh[...] = 0
        for t in reversed(range(len(dy))):
            dh += dy[t]
            h = self._h[t + 1]
            if self.activation == "tanh":
                np.multiply(h, h, out=slope)
                np.subtract(1, slope, out=slope)
            else:
                np.greater(h.real, 0, out=slope, casting="unsafe")
            np.multiply(dh, slope, out=dz[t])
            np.matmul(dz[t], self.Wh.value.T, out=dh)

    def kink_sides(self) -> Array | None:
        """Where h > 0, for relu."""
        return None if self.activation == "tanh" else np.greater(self._h[1:].real, 0)
