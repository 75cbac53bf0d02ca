"""Layers, a loss and a penalty on nnlab's protocols, all correct."""

from dataclasses import dataclass

import numpy as np

from nnlab.layers.base import Activation, Layer
from nnlab.losses import Loss
from nnlab.regularizers import Regularizer


@dataclass
class Swish(Activation):
    def forward(self, x, *, training):
        self.sigmoid = 1 / (1 + np.exp(-x))
        self.y = x * self.sigmoid
        return self.y

    def backward(self, dy):
        return dy * (self.y + self.sigmoid * (1 - self.y))


@dataclass
class PReLU(Layer):
    def build(self, in_shape):
        self.a = self.constant("a", in_shape, 0.25)
        return in_shape

    def forward(self, x, *, training):
        self.x = x
        return np.where(x.real > 0, x, self.a.value * x)

    def backward(self, dy):
        self.a.grad[...] = np.sum(dy * np.minimum(self.x, 0), axis=0)
        dx = np.where(self.x > 0, dy, self.a.value * dy)
        return dx

    def kink_sides(self):
        return self.x.real > 0


@dataclass
class SquaredError(Loss):
    tasks = ("numbers",)

    def per_sample(self, scores, targets):
        self.difference = scores - targets
        return 0.5 * (self.difference**2).sum(axis=1)

    def backward(self, batch_size=None):
        return self.difference / (batch_size or len(self.difference))

    def chance(self, classes):
        return float("nan")


@dataclass
class Ridge(Regularizer):
    def value(self, W):
        return self.strength * (W * W).sum() / 2

    def gradient(self, W, out):
        return np.multiply(W, self.strength, out=out)
