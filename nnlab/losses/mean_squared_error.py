"""Mean squared error."""

from dataclasses import dataclass

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.task import CLASSES, NUMBERS
from nnlab.losses.base import Loss
from nnlab.registry import losses


@losses.register("mean_squared_error")
@dataclass
class MeanSquaredError(Loss):
    """Squared distance to the target, averaged over the K outputs and the samples.

        L = 1/(N K) Σ_n Σ_k (x_nk − t_nk)²
        dx = 2 (x − t) / (N K)

    x are the outputs, t the targets; the target of a class is its one-hot vector.
    Equals ``textbook.MeanSquaredError``, in memory that is reused at each step.
    Source: "Deep Learning from Scratch", section 4.2.1, there as a sum with the factor 1/2.
    """

    tasks = (CLASSES, NUMBERS)

    def __post_init__(self) -> None:
        super().__init__()

    def per_sample(self, scores: Array, targets: Array) -> Array:
        """Σ_k (score_k − target_k)² / K for each sample."""
        N, K = scores.shape
        self._difference = difference = self.workspace.array("difference", (N, K), scores.dtype)
        np.copyto(difference, scores)
        if targets.ndim == 1:
            difference[np.arange(N), targets] -= 1
        else:
            difference -= targets
        squares = np.multiply(difference, difference, out=self.workspace.array("squares", (N, K), scores.dtype))
        per_sample: Array = squares.sum(axis=1) / K
        return per_sample

    def chance(self, classes: int) -> float:
        """With every score 1/K: (K − 1) / K²."""
        return (classes - 1) / classes**2

    def backward(self, batch_size: int | None = None) -> Array:
        """2 (scores − target) / (N·K)."""
        difference = self._difference
        N, K = difference.shape
        dscores = self.workspace.array("dscores", difference.shape, difference.dtype)
        np.multiply(difference, 2 / ((batch_size or N) * K), out=dscores)
        return dscores
