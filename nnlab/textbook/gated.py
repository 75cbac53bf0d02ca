"""Gated recurrent layers: LSTM and GRU are one step, TimeLSTM and TimeGRU all T steps of sequences (N, T, D)."""

import numpy as np

from nnlab.textbook.recurrent import Recurrent


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + e⁻ˣ)."""
    return 1 / (1 + np.exp(-x))


class LSTM:
    """One step with four gates, which are side by side in Wx (D, 4H), Wh (H, 4H) and b (4H,).

    f, g, i, o = σ, tanh, σ, σ of x Wx + h_prev Wh + b; then c_next = f c_prev + g i, h_next = o tanh(c_next).
    """

    def __init__(self, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray | float) -> None:
        self.Wx, self.Wh, self.b = Wx, Wh, b

    def forward(self, x: np.ndarray, h_prev: np.ndarray, c_prev: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.x, self.h_prev, self.c_prev = x, h_prev, c_prev
        f, g, i, o = np.split(x @ self.Wx + h_prev @ self.Wh + self.b, 4, axis=1)
        self.f, self.g, self.i, self.o = sigmoid(f), np.tanh(g), sigmoid(i), sigmoid(o)
        self.c_next = self.f * c_prev + self.g * self.i
        return self.o * np.tanh(self.c_next), self.c_next

    def backward(self, dh_next: np.ndarray, dc_next: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        tanh_c = np.tanh(self.c_next)
        ds = dc_next + dh_next * self.o * (1 - tanh_c**2)
        df = ds * self.c_prev * self.f * (1 - self.f)
        dg = ds * self.i * (1 - self.g**2)
        di = ds * self.g * self.i * (1 - self.i)
        do = dh_next * tanh_c * self.o * (1 - self.o)
        dA = np.hstack([df, dg, di, do])
        self.grads = {"Wx": self.x.T @ dA, "Wh": self.h_prev.T @ dA, "b": dA.sum(axis=0)}
        return dA @ self.Wx.T, dA @ self.Wh.T, ds * self.f


class TimeLSTM(Recurrent):
    """LSTM at each step, (N, T, D) to (N, T, H) (Hochreiter & Schmidhuber 1997); h and the cell c start at 0."""

    def __init__(self, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray | None = None) -> None:
        self.Wx, self.Wh, self.b = Wx, Wh, b
        self.parameters = ("Wx", "Wh") if b is None else ("Wx", "Wh", "b")

    def step(self) -> LSTM:
        return LSTM(self.Wx, self.Wh, 0.0 if self.b is None else self.b)

    def start(self, N: int) -> tuple[np.ndarray, ...]:
        """h and c before the first step."""
        return np.zeros((N, len(self.Wh))), np.zeros((N, len(self.Wh)))


class GRU:
    """One step with the gates z and r and the candidate n, side by side in Wx (D, 3H), Wh (H, 3H) and b (3H,).

    z, r = σ of x Wx + h_prev Wh + b; n = tanh(x Wx + (r h_prev) Wh + b); then h_next = (1 − z) n + z h_prev. With
    reset_after n = tanh(x Wx + r (h_prev Wh + bh) + b).
    """

    def __init__(
        self, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray | float, bh: np.ndarray | float, reset_after: bool
    ) -> None:
        self.Wx, self.Wh, self.b, self.bh, self.reset_after = Wx, Wh, b, bh, reset_after

    def forward(self, x: np.ndarray, h_prev: np.ndarray) -> np.ndarray:
        self.x, self.h_prev = x, h_prev
        Whz, Whr, Whn = np.split(self.Wh, 3, axis=1)
        z, r, n = np.split(x @ self.Wx + self.b, 3, axis=1)
        self.z, self.r = sigmoid(z + h_prev @ Whz), sigmoid(r + h_prev @ Whr)
        if self.reset_after:
            self.n = np.tanh(n + self.r * (h_prev @ Whn + self.bh))
        else:
            self.n = np.tanh(n + (self.r * h_prev) @ Whn)
        return (1 - self.z) * self.n + self.z * h_prev

    def backward(self, dh_next: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        Whz, Whr, Whn = np.split(self.Wh, 3, axis=1)
        dn = dh_next * (1 - self.z) * (1 - self.n**2)
        dz = dh_next * (self.h_prev - self.n) * self.z * (1 - self.z)
        if self.reset_after:
            dq = dn * self.r  # ∂L/∂(h_prev Whn + bh)
            dr = dn * (self.h_prev @ Whn + self.bh) * self.r * (1 - self.r)
            dWhn, through_n = self.h_prev.T @ dq, dq @ Whn.T
        else:
            dq = dn @ Whn.T  # ∂L/∂(r h_prev)
            dr = dq * self.h_prev * self.r * (1 - self.r)
            dWhn, through_n = (self.r * self.h_prev).T @ dn, dq * self.r
        dA = np.hstack([dz, dr, dn])
        dWh = np.hstack([self.h_prev.T @ dz, self.h_prev.T @ dr, dWhn])
        self.grads = {"Wx": self.x.T @ dA, "Wh": dWh, "b": dA.sum(axis=0), "bh": dq.sum(axis=0)}
        return dA @ self.Wx.T, dh_next * self.z + dz @ Whz.T + dr @ Whr.T + through_n


class TimeGRU(Recurrent):
    """GRU at each step, (N, T, D) to (N, T, H) (Cho et al. 2014); with b and reset_after it has bh (H,) too."""

    def __init__(
        self,
        Wx: np.ndarray,
        Wh: np.ndarray,
        b: np.ndarray | None = None,
        bh: np.ndarray | None = None,
        reset_after: bool = True,
    ) -> None:
        self.Wx, self.Wh, self.b, self.bh, self.reset_after = Wx, Wh, b, bh, reset_after
        biases = [] if b is None else ["b"] if bh is None else ["b", "bh"]
        self.parameters = ("Wx", "Wh", *biases)

    def step(self) -> GRU:
        b = 0.0 if self.b is None else self.b
        return GRU(self.Wx, self.Wh, b, 0.0 if self.bh is None else self.bh, self.reset_after)
