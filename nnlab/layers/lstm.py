"""Long short-term memory."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.arrays import Array, Shape
from nnlab.core.given_weights import GivenWeights
from nnlab.layers.recurrent import RecurrentLayer, sigmoid_of_tanh
from nnlab.registry import Doc, layers

FORGET, CANDIDATE, INPUT, OUTPUT = range(4)
SIGMOID = (FORGET, INPUT, OUTPUT)


@layers.register("lstm")
@dataclass(kw_only=True)
class LSTM(RecurrentLayer):
    """Long short-term memory: a recurrent layer whose gates decide what its cell c forgets, takes in and shows.

        f, i, o = σ(x_t Wx + h_{t−1} Wh + b)
        g = tanh(x_t Wx + h_{t−1} Wh + b)
        c_t = f · c_{t−1} + g · i
        h_t = o · tanh(c_t)
        dc_t = dh_t · o (1 − tanh(c_t)²) + dc_{t+1} · f_{t+1}
        da_f = dc_t · c_{t−1} · f (1 − f)
        da_g = dc_t · i (1 − g²)
        da_i = dc_t · g · i (1 − i)
        da_o = dh_t · tanh(c_t) · o (1 − o)
        dx_t = da_t Wxᵀ
        dh_{t−1} = dy_{t−1} + da_t Whᵀ
        dWx = Σ_t x_tᵀ da_t
        dWh = Σ_t h_{t−1}ᵀ da_t
        db = Σ_t da_t

    Of sequences (N, T, D) to (N, T, units); σ is the sigmoid. The gates have columns of Wx, Wh and b of their own,
    side by side in the order f, g, i, o of "Deep Learning from Scratch 2"; da_t are da_f, da_g, da_i, da_o side by
    side. The forget gate f is that of Gers et al. 2000.
    Equals ``textbook.TimeLSTM``; faster, since one tanh serves all gates.
    Source: Hochreiter & Schmidhuber 1997, Neural Computation 9 (8); "Deep Learning from Scratch 2", chapter 6.
    """

    activation_arrays = 14
    gates = 4
    gate_names = ("f", "g", "i", "o")

    forget_bias: Annotated[
        float, Ge(-100), Le(100), Doc("initial bias of the forget gate; 1: remember (Gers 2000, Jozefowicz 2015)")
    ] = 1.0

    @classmethod
    def examples(cls) -> "list[tuple[LSTM, Shape]]":
        return [(cls(units=3), (4, 2)), (cls(units=2, bias=False), (3, 3)), (cls(units=2, l1=0.1, l2=0.2), (1, 3))]

    def initial_bias(self, shape: Shape) -> Array:
        """forget_bias for the forget gate, 0 for the rest; biases that ``init`` gives stay."""
        b = super().initial_bias(shape)
        if not (isinstance(self.init, GivenWeights) and self.init.b is not None):
            b[: self.units] = self.forget_bias
        return b

    def run(self, x: Array, h: Array) -> None:
        """The gates stay in memory, activated, for ``through_time``."""
        self._gates = gates = self.input_products(x, SIGMOID)
        Wh = self.blocks("Wh", self.Wh, SIGMOID)
        self._c = c = self.workspace.array("c", h.shape, h.dtype)
        self._tanh_c = tanh_c = self.workspace.array("tanh c", h[1:].shape, h.dtype)
        recurrent = self.workspace.array("recurrent", (self.gates, *h.shape[1:]), h.dtype)
        product = self.state("product")
        c[0] = 0
        for t in range(len(x)):
            z = gates[:, t]
            np.matmul(h[t], Wh, out=recurrent)
            z += recurrent
            np.tanh(z, out=z)
            sigmoid_of_tanh(z[FORGET])
            sigmoid_of_tanh(z[INPUT:])
            f, g, i, o = z
            np.multiply(f, c[t], out=c[t + 1])
            np.multiply(g, i, out=product)
            c[t + 1] += product
            np.tanh(c[t + 1], out=tanh_c[t])
            np.multiply(o, tanh_c[t], out=h[t + 1])

    def forward_details(self) -> dict[str, Array]:
        """The activated gates and the cell c at each step, (N, T, units)."""
        gates = zip(self.gate_names, self._gates.swapaxes(1, 2), strict=True)
        return {**dict(gates), "c": self._c[1:].swapaxes(0, 1)}

    def through_time(self, dy: Array, dz: Array) -> None:
        """With dh = dy_t + dz_{t+1} Whᵀ and dc = dh o (1 − tanh²c) + dc_{t+1} f_{t+1}, before the activations.

        df = dc c_{t−1} f (1 − f), dg = dc i (1 − g²), di = dc g i (1 − i), do = dh tanh(c) o (1 − o).
        """
        T, N, _ = dz.shape
        parts = dz.reshape(T, N, self.gates, self.units).transpose(0, 2, 1, 3)
        WhT = self.transposed_state_weights()
        dh, dc, a, b = (self.state(name) for name in ("dh", "dc", "a", "b"))
        dh[...] = dc[...] = 0
        for t in reversed(range(T)):
            f, g, i, o = self._gates[:, t]
            df, dg, di, do = parts[t]
            tanh_c = self._tanh_c[t]
            dh += dy[t]
            np.multiply(dh, o, out=a)
            np.multiply(tanh_c, tanh_c, out=b)
            np.subtract(1, b, out=b)
            b *= a
            dc += b
            np.subtract(1, o, out=b)
            b *= tanh_c
            np.multiply(a, b, out=do)
            np.multiply(dc, i, out=a)
            np.multiply(g, g, out=b)
            np.subtract(1, b, out=b)
            np.multiply(a, b, out=dg)
            np.subtract(1, i, out=b)
            b *= g
            np.multiply(a, b, out=di)
            dc *= f
            np.subtract(1, f, out=b)
            b *= self._c[t]
            np.multiply(dc, b, out=df)
            np.matmul(dz[t], WhT, out=dh)
