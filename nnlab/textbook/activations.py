"""Activation functions: a number for each number; dx = dout · ∂out/∂x."""

import numpy as np

from nnlab.textbook.layer import Layer


class Identity(Layer):
    """out = x; dx = dout."""

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        return x

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return dout


class Sigmoid(Layer):
    """out = 1 / (1 + e⁻ˣ); dx = dout · out (1 − out)."""

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return dout * self.out * (1 - self.out)


class Tanh(Layer):
    """out = tanh x; dx = dout (1 − out²)."""

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.out = np.tanh(x)
        return self.out

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return dout * (1 - self.out**2)


class Relu(Layer):
    """out = max(x, 0); dx = dout where x > 0, else 0."""

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.positive = x > 0
        return np.where(self.positive, x, 0)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return np.where(self.positive, dout, 0)


class LeakyRelu(Layer):
    """out = x where x > 0, else slope · x; dx = dout where x > 0, else slope · dout (Maas et al. 2013)."""

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = slope

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.positive = x > 0
        return np.where(self.positive, x, self.slope * x)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return np.where(self.positive, dout, self.slope * dout)


class Elu(Layer):
    """out = x where x > 0, else α (eˣ − 1); dx = dout where x > 0, else dout · α eˣ (Clevert et al. 2016)."""

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.positive = x > 0
        self.exp = np.exp(np.where(self.positive, 0, x))
        return np.where(self.positive, x, self.alpha * (self.exp - 1))

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return np.where(self.positive, dout, dout * self.alpha * self.exp)


class PRelu(Layer):
    """out = x where x > 0, else a · x; dx = dout where x > 0, else a · dout; da = Σ dout · x over the x ≤ 0.

    The channels of images and the features of vectors have a slope a each, or all have one (He et al. 2015).
    """

    parameters = ("a",)

    def __init__(self, a: np.ndarray) -> None:
        self.a = a

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.x, self.positive = x, x > 0
        self.slope = self.a.reshape(-1, 1, 1) if x.ndim == 4 else self.a
        return np.where(self.positive, x, self.slope * x)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        dslope = np.where(self.positive, 0, dout * self.x)
        channels = 1 if self.x.ndim == 4 else self.x.ndim - 1
        others = tuple(axis for axis in range(self.x.ndim) if axis != channels)
        self.da = dslope.sum(others) if len(self.a) > 1 else dslope.sum(keepdims=True).reshape(1)
        return np.where(self.positive, dout, self.slope * dout)
