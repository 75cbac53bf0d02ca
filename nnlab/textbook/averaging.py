"""Averages of weights over a training."""

import numpy as np

from nnlab.textbook.optimizers import Arrays


class WeightAverage:
    """mean ← d mean + (1 − d) W after each update t, with d = min(decay, (1 + t) / (10 + t)), for weights W.

    Averages end nearer to the minimum than the last weights (Polyak & Juditsky 1992). The smaller d of the first
    updates forgets the initial weights sooner, as in TensorFlow.
    """

    def __init__(self, weights: Arrays, decay: float) -> None:
        self.weights, self.decay = weights, decay
        self.mean = {key: np.array(W) for key, W in weights.items()}

    def update(self, t: int) -> None:
        """Take in the weights after update t."""
        d = min(self.decay, (1 + t) / (10 + t))
        for key, W in self.weights.items():
            self.mean[key] = d * self.mean[key] + (1 - d) * W

    def exchange(self) -> None:
        """Exchange weights and averages, in the arrays of the weights."""
        for key, W in self.weights.items():
            own = W.copy()
            W[...] = self.mean[key]
            self.mean[key] = own
