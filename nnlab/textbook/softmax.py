"""Softmax and its logarithm over the last axis, with their Jacobians."""

import numpy as np

from nnlab.textbook.layer import Layer


class Softmax(Layer):
    """out_k = exp(x_k) / Σ_j exp(x_j); dx_j = Σ_k dout_k out_k (δ_jk − out_j)."""

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        self.out = e / e.sum(axis=-1, keepdims=True)
        return self.out

    def backward(self, dout: np.ndarray) -> np.ndarray:
        identity = np.eye(self.out.shape[-1])
        jacobian = self.out[..., np.newaxis] * (identity - self.out[..., np.newaxis, :])
        return (dout[..., np.newaxis] * jacobian).sum(axis=-2)


class LogSoftmax(Layer):
    """out_k = log(exp(x_k) / Σ_j exp(x_j)); dx_j = Σ_k dout_k (δ_jk − exp(out_j))."""

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        shifted = x - x.max(axis=-1, keepdims=True)
        self.out = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
        return self.out

    def backward(self, dout: np.ndarray) -> np.ndarray:
        jacobian = np.eye(self.out.shape[-1]) - np.exp(self.out)[..., np.newaxis, :]
        return (dout[..., np.newaxis] * jacobian).sum(axis=-2)
