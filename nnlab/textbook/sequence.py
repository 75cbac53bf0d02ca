"""Layers on sequences: x is (N, T, D), T steps of D numbers for each of N samples."""

import numpy as np

from nnlab.textbook.affine import Affine
from nnlab.textbook.layer import Layer


class TimeAffine(Affine):
    """Affine at each step, with the same W and b; dW and db are sums over the steps.

    x is (N, T, D_in), out is (N, T, D_out).
    """

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        N, T, D = x.shape
        return super().forward(x.reshape(N * T, D)).reshape(N, T, -1)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        N, T, D = dout.shape
        return super().backward(dout.reshape(N * T, D)).reshape(N, T, -1)


class TimeDistributed(Layer):
    """out_t = layer(x_t) at each step: one batch of the N·T steps goes through the layer."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.inner = [layer]

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        N, T, *step = x.shape
        out = self.layer.forward(x.reshape(N * T, *step), training)
        return out.reshape(N, T, *out.shape[1:])

    def backward(self, dout: np.ndarray) -> np.ndarray:
        N, T, *step = dout.shape
        dx = self.layer.backward(dout.reshape(N * T, *step))
        return dx.reshape(N, T, *dx.shape[1:])


class LastStep(Layer):
    """out = x_T, (N, T, D) to (N, D); dx_T = dout, dx = 0 at every other step."""

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.shape = x.shape
        return x[:, -1]

    def backward(self, dout: np.ndarray) -> np.ndarray:
        dx = np.zeros(self.shape)
        dx[:, -1] = dout
        return dx


class Reverse(Layer):
    """The steps in reverse order; dx is dout in reverse order."""

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        return x[:, ::-1]

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return dout[:, ::-1]


class Embedding(Layer):
    """out = W[x]: the row of W (V, D) for each index x from 0 to V − 1; dW[k] = Σ dout where x = k.

    dx is 0, since indices do not change by small amounts.
    """

    parameters = ("W",)

    def __init__(self, W: np.ndarray) -> None:
        self.W = W

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.x = x.astype(int)
        return self.W[self.x]

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.dW = np.zeros(self.W.shape)
        np.add.at(self.dW, self.x, dout)
        return np.zeros(self.x.shape)
