"""Further layers and losses, all correct, for a second set of mistakes that the diagnosis was not developed on."""

import numpy as np


class MulLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        return dout * self.y, dout * self.x


def linear_loss(W, X, y, reg):
    N = len(X)
    scores = X @ W
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), y]).mean() + 0.5 * reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    dW = X.T @ p / N + reg * W
    return loss, dW


class LogSoftmax:
    def forward(self, x):
        shifted = x - x.max(axis=1, keepdims=True)
        self.y = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return self.y

    def backward(self, dout):
        return dout - np.exp(self.y) * dout.sum(axis=1, keepdims=True)


class LayerNormalization:
    def __init__(self, gamma, beta):
        self.gamma, self.beta = gamma, beta

    def forward(self, x):
        self.std = np.sqrt(x.var(axis=1, keepdims=True) + 1e-6)
        self.xn = (x - x.mean(axis=1, keepdims=True)) / self.std
        return self.gamma * self.xn + self.beta

    def backward(self, dout):
        self.dgamma, self.dbeta = (dout * self.xn).sum(axis=0), dout.sum(axis=0)
        g = dout * self.gamma
        centred = g - g.mean(axis=1, keepdims=True) - self.xn * (g * self.xn).mean(axis=1, keepdims=True)
        return centred / self.std


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    N, C, H, W = x.shape
    grouped = x.reshape(N, G, C // G, H, W)
    std = np.sqrt(grouped.var(axis=(2, 3, 4), keepdims=True) + 1e-5)
    x_hat = ((grouped - grouped.mean(axis=(2, 3, 4), keepdims=True)) / std).reshape(x.shape)
    return gamma * x_hat + beta, (x_hat, gamma, std, G)


def spatial_groupnorm_backward(dout, cache):
    x_hat, gamma, std, G = cache
    N, C, H, W = dout.shape
    dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
    dgamma = (dout * x_hat).sum(axis=(0, 2, 3), keepdims=True)
    g, n = (dout * gamma).reshape(N, G, C // G, H, W), x_hat.reshape(N, G, C // G, H, W)
    axes = (2, 3, 4)
    dx = (g - g.mean(axis=axes, keepdims=True) - n * (g * n).mean(axis=axes, keepdims=True)) / std
    return dx.reshape(dout.shape), dgamma, dbeta


class Gelu:
    def forward(self, x):
        self.x = x
        self.t = np.tanh(0.8 * (x + 0.04 * x**3))
        return 0.5 * x * (1 + self.t)

    def backward(self, dout):
        inner = 0.8 * (1 + 0.12 * self.x**2)
        return dout * (0.5 * (1 + self.t) + 0.5 * self.x * (1 - self.t**2) * inner)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru_step_forward(x, prev_h, Wx, Wh, b):
    H = prev_h.shape[1]
    z = sigmoid(x @ Wx[:, :H] + prev_h @ Wh[:, :H] + b[:H])
    r = sigmoid(x @ Wx[:, H : 2 * H] + prev_h @ Wh[:, H : 2 * H] + b[H : 2 * H])
    n = np.tanh(x @ Wx[:, 2 * H :] + (r * prev_h) @ Wh[:, 2 * H :] + b[2 * H :])
    return (1 - z) * n + z * prev_h, (x, prev_h, Wx, Wh, z, r, n)


def gru_step_backward(dout, cache):
    x, prev_h, Wx, Wh, z, r, n = cache
    H = prev_h.shape[1]
    da_n = dout * (1 - z) * (1 - n**2)
    da_z = dout * (prev_h - n) * z * (1 - z)
    dreset = da_n @ Wh[:, 2 * H :].T
    da_r = dreset * prev_h * r * (1 - r)
    da = np.hstack([da_z, da_r, da_n])
    dWh = np.hstack([prev_h.T @ da_z, prev_h.T @ da_r, (r * prev_h).T @ da_n])
    dprev_h = dout * z + dreset * r + da_z @ Wh[:, :H].T + da_r @ Wh[:, H : 2 * H].T
    return da @ Wx.T, dprev_h, x.T @ da, dWh, da.sum(axis=0)


class Embedding:
    def __init__(self, W):
        self.params = [W]
        self.grads = [np.zeros_like(W)]

    def forward(self, idx):
        self.idx = idx
        return self.params[0][idx]

    def backward(self, dout):
        (dW,) = self.grads
        dW[...] = 0
        np.add.at(dW, self.idx, dout)


class UpsamplingImage:
    def forward(self, x):
        return x.repeat(2, axis=2).repeat(2, axis=3)

    def backward(self, dout):
        N, C, H, W = dout.shape
        return dout.reshape(N, C, H // 2, 2, W // 2, 2).sum(axis=(3, 5))


class MeanSquaredError:
    def forward(self, x, t):
        self.difference = x - t
        return np.mean(self.difference**2)

    def backward(self, dout=1):
        return 2 * dout * self.difference / self.difference.size


class FlattenImage:
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, dout):
        return dout.reshape(self.shape)


def temporal_affine_forward(x, w, b):
    return x @ w + b, (x, w)


def temporal_affine_backward(dout, cache):
    x, w = cache
    dx = dout @ w.T
    dw = np.einsum("ntd,ntm->dm", x, dout)
    db = dout.sum(axis=(0, 1))
    return dx, dw, db


class Linear:
    def __init__(self, weight, bias):
        self.weight, self.bias = weight, bias

    def forward(self, x):
        self.x = x
        return x @ self.weight.T + self.bias

    def backward(self, dout):
        self.dweight = dout.T @ self.x
        self.dbias = dout.sum(axis=0)
        return dout @ self.weight


class HardClip:
    def forward(self, x):
        self.x = x
        return np.clip(x, 0, 1)

    def backward(self, dout):
        return dout * ((self.x > 0) & (self.x < 1))


def absolute(x):
    return np.abs(x)


def absolute_derivative(x):
    return np.sign(x)


class Normalize:
    def forward(self, x):
        self.length = np.sqrt((x**2).sum(axis=1, keepdims=True))
        self.y = x / self.length
        return self.y

    def backward(self, dout):
        return (dout - self.y * (self.y * dout).sum(axis=1, keepdims=True)) / self.length


def softplus(x):
    return np.log1p(np.exp(x))


def softplus_grad(x):
    return 1 / (1 + np.exp(-x))


class InvertedDropout:
    def __init__(self, keep_prob):
        self.keep_prob = keep_prob

    def forward(self, x):
        self.mask = np.random.rand(*x.shape) < self.keep_prob
        return x * self.mask / self.keep_prob

    def backward(self, dout):
        return dout * self.mask / self.keep_prob
