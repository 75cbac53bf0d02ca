"""The simple recurrent layer: RNN is one step, TimeRNN all T steps of sequences (N, T, D), in reverse in backward.

The state h is (N, H) and starts at 0; the output of each step is its state. Every step has the same Wx, Wh and b, whose
gradients are sums over the steps: backpropagation through time (BPTT).
"""

from typing import Any

import numpy as np

from nnlab.textbook.layer import Layer


class RNN:
    """One step: h_next = act(x Wx + h_prev Wh + b), with act tanh or relu.

    dt = dh_next · (1 − h_next²), or dh_next where h_next > 0; dWx = xᵀ dt, dWh = h_prevᵀ dt, db = Σ_n dt, dx = dt Wxᵀ,
    dh_prev = dt Whᵀ.
    """

    def __init__(self, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray | float, activation: str) -> None:
        self.Wx, self.Wh, self.b, self.activation = Wx, Wh, b, activation

    def forward(self, x: np.ndarray, h_prev: np.ndarray) -> np.ndarray:
        self.x, self.h_prev = x, h_prev
        t = x @ self.Wx + h_prev @ self.Wh + self.b
        self.h_next = np.tanh(t) if self.activation == "tanh" else np.where(t > 0, t, 0)
        return self.h_next

    def backward(self, dh_next: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        slope = 1 - self.h_next**2 if self.activation == "tanh" else self.h_next > 0
        dt = dh_next * slope
        self.grads = {"Wx": self.x.T @ dt, "Wh": self.h_prev.T @ dt, "b": dt.sum(axis=0)}
        return dt @ self.Wx.T, dt @ self.Wh.T


class Recurrent(Layer):
    """Steps of one kind on sequences; forward calls a new step for each x_t, backward walks through them in reverse."""

    Wx: np.ndarray
    Wh: np.ndarray
    b: np.ndarray | None

    def step(self) -> Any:
        """A new step with the weights of the layer."""
        raise NotImplementedError

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        N, T, _ = x.shape
        self.steps = [self.step() for _ in range(T)]
        state = self.start(N)
        hs = []
        for t, step in enumerate(self.steps):
            state = step.forward(x[:, t], *state)
            state = state if isinstance(state, tuple) else (state,)
            hs.append(state[0])
        return np.stack(hs, axis=1)

    def start(self, N: int) -> tuple[np.ndarray, ...]:
        """The state before the first step."""
        return (np.zeros((N, len(self.Wh))),)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        N, T, _ = dout.shape
        dstate = self.start(N)
        dxs = []
        for name in self.parameters:
            setattr(self, f"d{name}", np.zeros(getattr(self, name).shape))
        for t in reversed(range(T)):
            dx, *rest = self.steps[t].backward(dout[:, t] + dstate[0], *dstate[1:])
            dstate = tuple(rest)
            dxs.append(dx)
            for name in self.parameters:
                setattr(self, f"d{name}", getattr(self, f"d{name}") + self.steps[t].grads[name])
        return np.stack(dxs[::-1], axis=1)


class TimeRNN(Recurrent):
    """h_t = act(x_t Wx + h_{t−1} Wh + b) for t = 1, ..., T; out is (N, T, H).

    Wx is (D, H), Wh is (H, H), b is (H,) or None.
    """

    def __init__(self, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray | None = None, activation: str = "tanh") -> None:
        self.Wx, self.Wh, self.b, self.activation = Wx, Wh, b, activation
        self.parameters = ("Wx", "Wh") if b is None else ("Wx", "Wh", "b")

    def step(self) -> RNN:
        return RNN(self.Wx, self.Wh, 0.0 if self.b is None else self.b, self.activation)
