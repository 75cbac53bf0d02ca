"""Regularisation terms of a weight array W, which are added to the loss."""

from typing import Protocol

import numpy as np


class Regularizer(Protocol):
    """A term of the loss that depends on a weight array W; gradient gives ∂term/∂W."""

    def value(self, W: np.ndarray) -> float: ...

    def gradient(self, W: np.ndarray) -> np.ndarray: ...


class L1:
    """λ Σ|W|; gradient λ sign(W)."""

    def __init__(self, strength: float) -> None:
        self.strength = strength

    def value(self, W: np.ndarray) -> float:
        return self.strength * abs(W).sum()

    def gradient(self, W: np.ndarray) -> np.ndarray:
        return self.strength * np.sign(W)


class L2:
    """λ/2 ΣW² (weight decay); gradient λW."""

    def __init__(self, strength: float) -> None:
        self.strength = strength

    def value(self, W: np.ndarray) -> float:
        return 0.5 * self.strength * (W**2).sum()

    def gradient(self, W: np.ndarray) -> np.ndarray:
        return self.strength * W
