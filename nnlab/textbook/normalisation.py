"""Normalisation: numbers of mean 0 and variance 1, which gamma scales and beta shifts."""

import numpy as np

from nnlab.textbook.layer import Layer


class BatchNormalization(Layer):
    """out = gamma · xn + beta with xn = (x − mean) / √(var + eps), each feature by the mean and var of the batch.

    dgamma = Σ dout xn, dbeta = Σ dout, dx = (dxn − mean(dxn) − xn · mean(dxn xn)) / √(var + eps) with dxn = dout gamma.
    The channels of images are the features, and their means are over pixels too. Outside training, running averages
    take the place of mean and var, and dx = dxn / √(var + eps) (Ioffe & Szegedy 2015).
    """

    parameters = ("gamma", "beta")

    def __init__(self, gamma: np.ndarray, beta: np.ndarray, momentum: float = 0.9, eps: float = 1e-5) -> None:
        self.gamma, self.beta, self.momentum, self.eps = gamma, beta, momentum, eps
        self.running_mean, self.running_var = np.zeros(gamma.shape), np.ones(gamma.shape)

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        x = np.moveaxis(x, 1, -1)  # (N, C, H, W) to (N, H, W, C)
        self.axes = tuple(range(x.ndim - 1))
        self.training = training and not self.frozen
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean, var = x.mean(self.axes), x.var(self.axes)
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        self.std = np.sqrt(var + self.eps)
        self.xn = (x - mean) / self.std
        return np.moveaxis(self.gamma * self.xn + self.beta, -1, 1)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        dout = np.moveaxis(dout, 1, -1)
        self.dgamma = (dout * self.xn).sum(self.axes)
        self.dbeta = dout.sum(self.axes)
        dxn = dout * self.gamma
        if self.training:
            dxn = dxn - dxn.mean(self.axes) - self.xn * (dxn * self.xn).mean(self.axes)
        return np.moveaxis(dxn / self.std, -1, 1)


class LayerNormalization(Layer):
    """The formulas of BatchNormalization with mean and var of each sample, in training and outside (Ba et al. 2016).

    gamma and beta have the shape of a sample.
    """

    parameters = ("gamma", "beta")

    def __init__(self, gamma: np.ndarray, beta: np.ndarray, eps: float = 1e-5) -> None:
        self.gamma, self.beta, self.eps = gamma, beta, eps

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.axes = tuple(range(1, x.ndim))
        self.std = np.sqrt(x.var(self.axes, keepdims=True) + self.eps)
        self.xn = (x - x.mean(self.axes, keepdims=True)) / self.std
        return self.gamma * self.xn + self.beta

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.dgamma = (dout * self.xn).sum(axis=0)
        self.dbeta = dout.sum(axis=0)
        dxn = dout * self.gamma
        mean, along = dxn.mean(self.axes, keepdims=True), (dxn * self.xn).mean(self.axes, keepdims=True)
        return (dxn - mean - self.xn * along) / self.std


class GroupNormalization(Layer):
    """The formulas of LayerNormalization for each group of channels of a sample (Wu & He 2018).

    gamma and beta are one number a channel, and their gradients are summed over pixels too.
    """

    parameters = ("gamma", "beta")

    def __init__(self, gamma: np.ndarray, beta: np.ndarray, groups: int, eps: float = 1e-5) -> None:
        self.gamma, self.beta, self.groups, self.eps = gamma, beta, groups, eps

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        groups = x.reshape(len(x), self.groups, -1)
        self.std = np.sqrt(groups.var(axis=2, keepdims=True) + self.eps)
        self.xn = (groups - groups.mean(axis=2, keepdims=True)) / self.std
        channels = self.xn.reshape(*x.shape[:2], -1)
        return (self.gamma[:, np.newaxis] * channels + self.beta[:, np.newaxis]).reshape(x.shape)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        channels = dout.reshape(*dout.shape[:2], -1)
        self.dgamma = (channels * self.xn.reshape(channels.shape)).sum(axis=(0, 2))
        self.dbeta = channels.sum(axis=(0, 2))
        dxn = (channels * self.gamma[:, np.newaxis]).reshape(self.xn.shape)
        mean, along = dxn.mean(axis=2, keepdims=True), (dxn * self.xn).mean(axis=2, keepdims=True)
        return ((dxn - mean - self.xn * along) / self.std).reshape(dout.shape)


class InstanceNormalization(GroupNormalization):
    """GroupNormalization with each channel a group of its own (Ulyanov et al. 2016)."""

    def __init__(self, gamma: np.ndarray, beta: np.ndarray, eps: float = 1e-5) -> None:
        super().__init__(gamma, beta, len(gamma), eps)


class LocalResponseNormalization(Layer):
    """out_c = x_c / s_c^β with s_c = k + α Σ x_c'² over the channels c' at most size//2 from c (AlexNet, 2012).

    dx_c = dout_c / s_c^β − 2αβ x_c Σ dout_c' x_c' / s_c'^(β+1).
    """

    def __init__(self, size: int = 5, alpha: float = 1e-4, beta: float = 0.75, k: float = 2.0) -> None:
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.x = x
        self.s = self.k + self.alpha * self.sum_near(x**2)
        return x / self.s**self.beta

    def backward(self, dout: np.ndarray) -> np.ndarray:
        shares = self.sum_near(dout * self.x / self.s ** (self.beta + 1))
        return dout / self.s**self.beta - 2 * self.alpha * self.beta * self.x * shares

    def sum_near(self, x: np.ndarray) -> np.ndarray:
        """Σ x_c' over the channels c' at most size//2 from c."""
        c = np.arange(x.shape[1])
        near = abs(c[:, np.newaxis] - c) <= self.size // 2
        return np.einsum("cd,ndhw->nchw", near, x)
