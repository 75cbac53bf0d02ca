"""Regularisation of a layer's output: a layer behind it that changes nothing and adds a term to the loss."""

import numpy as np

from nnlab.textbook.layer import Layer


class ActivityPenalty(Layer):
    """out = x; its subclasses add a term with strength λ to the loss."""

    def __init__(self, strength: float = 0.01) -> None:
        self.strength = strength

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.x = x
        return x


class ActivityL1(ActivityPenalty):
    """out = x, and λ/N Σ|x| is added to the loss; dx = dout + λ/N sign(x)."""

    def penalty(self) -> float:
        return self.strength / len(self.x) * abs(self.x).sum()

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return dout + self.strength / len(self.x) * np.sign(self.x)


class ActivityL2(ActivityPenalty):
    """out = x, and λ/N Σx² is added to the loss; dx = dout + λ/N · 2x."""

    def penalty(self) -> float:
        return self.strength / len(self.x) * (self.x**2).sum()

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return dout + self.strength / len(self.x) * 2 * self.x
