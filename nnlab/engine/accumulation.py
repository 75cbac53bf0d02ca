"""Gradient accumulation: the mini-batches of an update, and the mean of their gradients."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from nnlab.core.arrays import Array


@dataclass(frozen=True)
class MiniBatch:
    """The samples of a batch that are computed at once: ``share`` is their number as a part of all."""

    number: int
    samples: slice
    share: float


class GradientAccumulation:
    """The mean of loss and gradient over a batch that is computed in mini-batches of ``size`` samples.

    The mean over N samples is Σ Nᵢ/N · (the mean over the Nᵢ of mini-batch i): what one batch gives, but for rounding
    and for layers that depend on the other samples of a batch. Only one mini-batch's activations are in memory.
    """

    def __init__(self, gradient: Array, size: int, count: int) -> None:
        self._gradient = gradient
        self._size = size
        self._sum = np.empty_like(gradient) if count > 1 else None
        self._parts: dict[int, list[MiniBatch]] = {}  # by number of samples
        self.loss = 0.0

    def mini_batches(self, samples: int) -> list[MiniBatch]:
        """The parts of a batch of this many samples, of which the last may be smaller."""
        if samples not in self._parts:  # making them takes 1.5 µs, finding them 0.1
            starts = range(0, samples, self._size)
            cuts = pairwise((*starts, samples))
            self._parts[samples] = [
                MiniBatch(number, slice(start, end), (end - start) / samples)
                for number, (start, end) in enumerate(cuts)
            ]
        return self._parts[samples]

    def add(self, part: MiniBatch, loss: float) -> None:
        """Add the loss of a mini-batch to ``loss`` and its gradient, which was just computed, to the others.

        After each mini-batch the gradient is the weighted sum of those so far; after the last it is the mean.
        """
        self.loss = part.share * loss + (self.loss if part.number else 0.0)
        if self._sum is None:
            return
        self._gradient *= part.share
        if part.number:
            self._gradient += self._sum
        np.copyto(self._sum, self._gradient)
