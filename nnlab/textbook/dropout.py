"""Dropout."""

from typing import Protocol

import numpy as np

from nnlab.textbook.layer import Layer


class Uniform(Protocol):
    """Random numbers from 0 to 1: np.random.default_rng(seed), or np.random.RandomState(seed)."""

    def random(self, size: tuple[int, ...]) -> np.ndarray: ...


class Dropout(Layer):
    """In training out = x · mask, where mask is 0 with probability ratio, else 1 / (1 − ratio); dx = dout · mask.

    Outside training out = x: the division keeps the mean (inverted dropout, Srivastava et al. 2014).
    """

    def __init__(self, ratio: float, rng: Uniform) -> None:
        self.ratio, self.rng = ratio, rng

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.mask = np.ones(x.shape)
        if training and self.ratio > 0:
            self.mask = (self.rng.random(x.shape) >= self.ratio) / (1 - self.ratio)
        return x * self.mask

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return dout * self.mask
