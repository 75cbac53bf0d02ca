"""Smooth activation functions: a number for each number; dx = dout · ∂out/∂x."""

from math import erf, pi, sqrt

import numpy as np

from nnlab.textbook.layer import Layer


class Gelu(Layer):
    """out = x Φ(x), Φ(x) = (1 + erf(x/√2)) / 2; dx = dout (Φ(x) + x φ(x)), φ(x) = e^(−x²/2) / √(2π).

    With "tanh" out = x/2 (1 + t), t = tanh u, u = √(2/π) (x + 0.044715 x³); dx = dout ((1 + t)/2 + x/2 (1 − t²) u')
    with u' = √(2/π) (1 + 3 · 0.044715 x²) (Hendrycks & Gimpel 2016).
    """

    def __init__(self, approximate: str = "none") -> None:
        self.approximate = approximate

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.x = x
        if self.approximate == "tanh":
            self.t = np.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))
            return x / 2 * (1 + self.t)
        self.cdf = np.array([(1 + erf(number / sqrt(2))) / 2 for number in x.reshape(-1)]).reshape(x.shape)
        return x * self.cdf

    def backward(self, dout: np.ndarray) -> np.ndarray:
        x = self.x
        if self.approximate == "tanh":
            du = sqrt(2 / pi) * (1 + 3 * 0.044715 * x**2)
            return dout * ((1 + self.t) / 2 + x / 2 * (1 - self.t**2) * du)
        return dout * (self.cdf + x * np.exp(-(x**2) / 2) / sqrt(2 * pi))


class Swish(Layer):
    """out = x s with s = 1 / (1 + e^(−βx)); dx = dout (s + βx s (1 − s)) (Ramachandran et al. 2017)."""

    def __init__(self, beta: float = 1.0) -> None:
        self.beta = beta

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.x = x
        self.s = 1 / (1 + np.exp(-self.beta * x))
        return x * self.s

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return dout * (self.s + self.beta * self.x * self.s * (1 - self.s))


class Softplus(Layer):
    """out = ln(1 + eˣ); dx = dout / (1 + e⁻ˣ) (Dugas et al. 2001)."""

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.x = x
        return np.log(1 + np.exp(x))

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return dout / (1 + np.exp(-self.x))
