"""The gated recurrent unit."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from nnlab.core.arrays import Array, Shape
from nnlab.core.flat_parameters import Parameter
from nnlab.layers.recurrent import RecurrentLayer, sigmoid_of_tanh
from nnlab.registry import Doc, layers

UPDATE, RESET, CANDIDATE = range(3)
SIGMOID = (UPDATE, RESET)


@layers.register("gru")
@dataclass(kw_only=True)
class GRU(RecurrentLayer):
    """Gated recurrent unit: its gates mix the old state with a new candidate n, without a separate cell.

        z, r = σ(x_t Wx + h_{t−1} Wh + b)
        n = tanh(x_t Wx + r · (h_{t−1} Wh + bh) + b)
        h_t = (1 − z) · n + z · h_{t−1}
        da_n = dh_t · (1 − z) (1 − n²)
        da_z = dh_t · (h_{t−1} − n) · z (1 − z)
        da_r = da_n · (h_{t−1} Wh + bh) · r (1 − r)
        dx_t = da_t Wxᵀ
        dh_{t−1} = dy_{t−1} + dh_t · z + [da_z, da_r, da_n · r] Whᵀ
        dWx = Σ_t x_tᵀ da_t
        dWh = Σ_t h_{t−1}ᵀ [da_z, da_r, da_n · r]
        db = Σ_t da_t
        dbh = Σ_t da_n · r

    Of sequences (N, T, D) to (N, T, units); σ is the sigmoid. The gates have columns of Wx, Wh and b of their own,
    side by side in the order z, r, n; da_t are da_z, da_r, da_n side by side. This is the form of PyTorch and Keras;
    without ``reset_after`` the reset gate acts before the product, n = tanh(x_t Wx + (r h_{t−1}) Wh + b), as in the
    paper.
    Equals ``textbook.TimeGRU``; faster, since one product and one tanh serve several gates.
    Source: Cho et al. 2014, arXiv 1406.1078; "Deep Learning from Scratch 2", appendix C.
    """

    activation_arrays = 14
    gates = 3
    gate_names = ("z", "r", "n")

    reset_after: Annotated[bool, Doc("reset after the product with Wh (PyTorch, Keras); false: before (paper)")] = True

    @classmethod
    def examples(cls) -> "list[tuple[GRU, Shape]]":
        return [
            (cls(units=3), (4, 2)),
            (cls(units=2, bias=False), (3, 3)),
            (cls(units=3, reset_after=False), (4, 2)),
            (cls(units=2, reset_after=False, l1=0.1, l2=0.2), (1, 3)),
        ]

    def build(self, in_shape: Shape) -> Shape:
        out_shape = super().build(in_shape)
        self.bh: Parameter | None = None
        if self.bias and self.reset_after:
            self.bh = self.constant("bh", (self.units,), 0.0)
        return out_shape

    def run(self, x: Array, h: Array) -> None:
        """The gates stay in memory, activated, for ``through_time``."""
        self._gates = gates = self.input_products(x, SIGMOID)
        Wh = self.blocks("Wh", self.Wh, SIGMOID)
        # With reset_after q_t = h_{t−1} Wh + bh of the candidate, else r_t h_{t−1}.
        self._q = q = self.workspace.array("q", h[1:].shape, h.dtype)
        recurrent = self.workspace.array("recurrent", (self.gates, *h.shape[1:]), h.dtype)
        for t in range(len(x)):
            if self.reset_after:
                np.matmul(h[t], Wh, out=recurrent)
            else:
                np.matmul(h[t], Wh[:CANDIDATE], out=recurrent[:CANDIDATE])
            z, r, n = gates[:, t]
            sigmoids = gates[:CANDIDATE, t]
            sigmoids += recurrent[:CANDIDATE]
            np.tanh(sigmoids, out=sigmoids)
            sigmoid_of_tanh(sigmoids)
            if self.reset_after:
                q[t] = recurrent[CANDIDATE]
                if self.bh is not None:
                    q[t] += self.bh.value
                np.multiply(r, q[t], out=recurrent[CANDIDATE])
            else:
                np.multiply(r, h[t], out=q[t])
                np.matmul(q[t], Wh[CANDIDATE], out=recurrent[CANDIDATE])
            n += recurrent[CANDIDATE]
            np.tanh(n, out=n)
            np.subtract(h[t], n, out=h[t + 1])
            h[t + 1] *= z
            h[t + 1] += n

    def forward_details(self) -> dict[str, Array]:
        """The activated gates at each step, (N, T, units)."""
        return dict(zip(self.gate_names, self._gates.swapaxes(1, 2), strict=True))

    def through_time(self, dy: Array, dz: Array) -> None:
        """With dh = dy_t + what comes from step t + 1, the gradients of the gates before their activations.

        dz = dh (h_{t−1} − n) z (1 − z), dn = dh (1 − z) (1 − n²), and dr = dn q r (1 − r) with q = h_{t−1} Wh + bh,
        or dr = dp h_{t−1} r (1 − r) with dp = dn Whᵀ where the reset gate acts before the product.
        """
        T = len(dz)
        H = self.units
        WhT = self.transposed_state_weights()
        self._recurrent_dz = of_state = self.workspace.array("recurrent dz", dz.shape, dz.dtype)
        dh, a, b = (self.state(name) for name in ("dh", "a", "b"))
        dh[...] = 0
        for t in reversed(range(T)):
            z, r, n = self._gates[:, t]
            h = self._h[t]
            d_update, d_reset, d_candidate = (of_state[t][:, k * H : (k + 1) * H] for k in range(3))
            dn = dz[t][:, 2 * H :]
            dh += dy[t]
            np.multiply(dh, z, out=a)  # dh z
            np.subtract(dh, a, out=dn)  # dh (1 − z)
            np.subtract(h, n, out=b)
            b *= dn
            np.multiply(b, z, out=d_update)
            np.multiply(n, n, out=b)
            np.subtract(1, b, out=b)
            dn *= b
            if self.reset_after:
                np.multiply(dn, r, out=d_candidate)
                np.subtract(1, r, out=b)
                b *= self._q[t]
                np.multiply(d_candidate, b, out=d_reset)
                np.matmul(of_state[t], WhT, out=dh)
            else:
                np.matmul(dn, WhT[2 * H :], out=dh)  # dp
                dh *= r
                a += dh
                np.subtract(1, r, out=b)
                b *= h
                np.multiply(dh, b, out=d_reset)
                np.matmul(of_state[t][:, : 2 * H], WhT[: 2 * H], out=dh)
            dh += a
        dz[:, :, : 2 * H] = of_state[:, :, : 2 * H]

    def write_recurrent_gradients(self, dz: Array) -> None:
        """dWh = Σ_t h_{t−1}ᵀ [dz, dr, r dn] and dbh = Σ_t r dn; before the product Σ_t (r h_{t−1})ᵀ dn of n."""
        H = self.units
        of_state = self._recurrent_dz.reshape(-1, 3 * H)
        h = self._h[:-1].reshape(-1, H)
        if self.reset_after:
            np.matmul(h.T, of_state, out=self.Wh.grad)
            if self.bh is not None:
                np.sum(of_state[:, 2 * H :], axis=0, out=self.bh.grad)
        else:
            np.matmul(h.T, dz[:, : 2 * H], out=self.Wh.grad[:, : 2 * H])
            np.matmul(self._q.reshape(-1, H).T, dz[:, 2 * H :], out=self.Wh.grad[:, 2 * H :])
