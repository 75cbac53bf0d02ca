"""Losses: the mean over a batch of N samples with K scores each.

t holds the labels (N,), a number from 0 to K−1 each; in a regression the numbers (N, K).
"""

from typing import Protocol

import numpy as np


class Loss(Protocol):
    """A loss of scores x (N, K) for labels t (N,); backward gives ∂loss/∂x."""

    def forward(self, x: np.ndarray, t: np.ndarray) -> float: ...

    def backward(self) -> np.ndarray: ...


def log_softmax(x: np.ndarray) -> np.ndarray:
    """Log y with y_k = e^x_k / Σ_j e^x_j; subtracting the largest x first changes nothing and avoids overflow."""
    x = x - x.max(axis=1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=1, keepdims=True))


def balanced_class_weights(counts: np.ndarray) -> np.ndarray:
    """N / (K n_k) for n_k of N samples in class k and K classes that have any: each class counts the same."""
    present = counts > 0
    return np.where(present, counts.sum() / (present.sum() * np.where(present, counts, 1)), 0)


class SoftmaxWithLoss:
    """L = −1/N Σ_n w_n Σ_k target_nk log y_nk with y = softmax(x); dx = w (y − target) / N.

    The target is 1 at the label and 0 elsewhere; smoothing s makes it (1 − s) · target + s/K. w_n is the weight of the
    label's class, 1 by default.
    """

    def __init__(self, smoothing: float = 0.0, class_weights: np.ndarray | None = None) -> None:
        self.smoothing, self.class_weights = smoothing, class_weights

    def forward(self, x: np.ndarray, t: np.ndarray) -> float:
        N, K = x.shape
        self.target = (1 - self.smoothing) * np.eye(K)[t] + self.smoothing / K
        self.w = np.ones((N, 1)) if self.class_weights is None else self.class_weights[t].reshape(N, 1)
        log_y = log_softmax(x)
        self.y = np.exp(log_y)
        return -(self.w * self.target * log_y).sum() / N

    def backward(self) -> np.ndarray:
        return self.w * (self.y - self.target) / len(self.y)


class MeanSquaredError:
    """L = 1/(N K) Σ_n Σ_k (x_nk − target_nk)²; dx = 2 (x − target) / (N K).

    The target of a label is 1 at the label, 0 elsewhere; numbers t (N, K) are targets themselves.
    """

    def forward(self, x: np.ndarray, t: np.ndarray) -> float:
        target = np.eye(x.shape[1])[t] if t.ndim == 1 else t
        self.difference = x - target
        return (self.difference**2).mean()

    def backward(self) -> np.ndarray:
        return 2 * self.difference / self.difference.size


class MeanAbsoluteError:
    """L = 1/(N K) Σ_n Σ_k |x_nk − t_nk| for numbers t (N, K); dx = sign(x − t) / (N K)."""

    def forward(self, x: np.ndarray, t: np.ndarray) -> float:
        self.difference = x - t
        return np.abs(self.difference).mean()

    def backward(self) -> np.ndarray:
        return np.sign(self.difference) / self.difference.size


class Huber:
    """L = 1/(N K) Σ_n Σ_k h(x_nk − t_nk) for numbers t (N, K), with h(r) = r²/2 for |r| ≤ δ, else δ |r| − δ²/2.

    dx = h'(x − t) / (N K), with h'(r) = r for |r| ≤ δ, else δ sign(r).
    """

    def __init__(self, delta: float = 1.0) -> None:
        self.delta = delta

    def forward(self, x: np.ndarray, t: np.ndarray) -> float:
        self.difference = r = x - t
        far = self.delta * np.abs(r) - self.delta**2 / 2
        return np.where(np.abs(r) <= self.delta, r**2 / 2, far).mean()

    def backward(self) -> np.ndarray:
        r = self.difference
        return np.where(np.abs(r) <= self.delta, r, self.delta * np.sign(r)) / r.size


class TimeLoss:
    """A loss at each step of sequences: its mean over all N·T scores x (N, T, K) for targets t (N, T) or (N, T, K)."""

    def __init__(self, loss: Loss) -> None:
        self.loss = loss

    def forward(self, x: np.ndarray, t: np.ndarray) -> float:
        self.shape = x.shape
        N, T, K = x.shape
        return self.loss.forward(x.reshape(N * T, K), t.reshape(N * T, *t.shape[2:]))

    def backward(self) -> np.ndarray:
        return self.loss.backward().reshape(self.shape)
