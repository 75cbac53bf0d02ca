"""More pairs and classes, all correct, for the mistakes that the diagnosis was not developed on."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    a = x @ Wx + prev_h @ Wh + b
    i, f, o, g = sigmoid(a[:, :H]), sigmoid(a[:, H : 2 * H]), sigmoid(a[:, 2 * H : 3 * H]), np.tanh(a[:, 3 * H :])
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    return next_h, next_c, (x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c)


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c = cache
    t = np.tanh(next_c)
    dc = dnext_c + dnext_h * o * (1 - t**2)
    da_i, da_f = dc * g * i * (1 - i), dc * prev_c * f * (1 - f)
    da_o, da_g = dnext_h * t * o * (1 - o), dc * i * (1 - g**2)
    da = np.hstack([da_i, da_f, da_o, da_g])
    dprev_c = dc * f
    return da @ Wx.T, da @ Wh.T, dprev_c, x.T @ da, prev_h.T @ da, da.sum(axis=0)


def average_pool_forward(x, pool_param):
    HH, WW, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - HH) // stride, 1 + (W - WW) // stride))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            out[:, :, i, j] = x[:, :, i * stride : i * stride + HH, j * stride : j * stride + WW].mean(axis=(2, 3))
    return out, (x.shape, pool_param)


def average_pool_backward(dout, cache):
    shape, pool_param = cache
    HH, WW, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    dx = np.zeros(shape)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            part = dout[:, :, i, j][:, :, None, None] / (HH * WW)
            dx[:, :, i * stride : i * stride + HH, j * stride : j * stride + WW] += part
    return dx


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    flat = x.transpose(0, 2, 3, 1).reshape(-1, C)
    std = np.sqrt(flat.var(axis=0) + 1e-5)
    x_hat = (flat - flat.mean(axis=0)) / std
    out = (gamma * x_hat + beta).reshape(N, H, W, C).transpose(0, 3, 1, 2)
    return out, (x_hat, gamma, std)


def spatial_batchnorm_backward(dout, cache):
    x_hat, gamma, std = cache
    N, C, H, W = dout.shape
    flat = dout.transpose(0, 2, 3, 1).reshape(-1, C)
    dbeta = flat.sum(axis=0)
    dgamma = (flat * x_hat).sum(axis=0)
    dx_hat = flat * gamma
    dx = (dx_hat - dx_hat.mean(axis=0) - x_hat * (dx_hat * x_hat).mean(axis=0)) / std
    return dx.reshape(N, H, W, C).transpose(0, 3, 1, 2), dgamma, dbeta


class SigmoidWithLoss:
    def forward(self, x, t):
        self.y, self.t = sigmoid(x), t
        return -np.sum(t * np.log(self.y + 1e-7) + (1 - t) * np.log(1 - self.y + 1e-7)) / len(x)

    def backward(self, dout=1):
        return (self.y - self.t) * dout / len(self.t)


class Elu:
    def __init__(self, alpha=0.7):
        self.alpha = alpha

    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.alpha * (np.exp(x) - 1))

    def backward(self, dout):
        return dout * np.where(self.x > 0, 1, self.alpha * np.exp(self.x))


class TwoLayers:
    def __init__(self, W1, b1, W2, b2):
        self.params = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
        self.grads = {}

    def forward(self, x):
        self.x = x
        self.h = np.tanh(x @ self.params["W1"] + self.params["b1"])
        return self.h @ self.params["W2"] + self.params["b2"]

    def backward(self, dout):
        dh = dout @ self.params["W2"].T
        da = dh * (1 - self.h**2)
        self.grads = {"W1": self.x.T @ da, "b1": da.sum(axis=0), "W2": self.h.T @ dout, "b2": dout.sum(axis=0)}
        return da @ self.params["W1"].T
