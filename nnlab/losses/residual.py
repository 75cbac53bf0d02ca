"""Losses of numbers that sum a function of each residual, score − target."""

from abc import abstractmethod

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.task import NUMBERS
from nnlab.losses.base import Loss


class ResidualLoss(Loss):
    """The mean of ρ(score − target) over the K outputs and the samples; ρ acts on each residual alone."""

    tasks = (NUMBERS,)

    def __post_init__(self) -> None:
        super().__init__()

    @abstractmethod
    def _rho(self, r: Array, rho: Array) -> None:
        """Write ρ(r) to ``rho``; of complex residuals too, which branch on their real part."""

    @abstractmethod
    def _slope(self, r: Array, dr: Array) -> None:
        """Write ρ'(r) to ``dr``."""

    def per_sample(self, scores: Array, targets: Array) -> Array:
        """Σ_k ρ(score_k − target_k) / K for each sample."""
        self._residual = self.workspace.array("residual", scores.shape, scores.dtype)
        np.subtract(scores, targets, out=self._residual, casting="same_kind")
        rho = self.workspace.array("rho", scores.shape, scores.dtype)
        self._rho(self._residual, rho)
        per_sample: Array = rho.sum(axis=1) / scores.shape[1]
        return per_sample

    def backward(self, batch_size: int | None = None) -> Array:
        """ρ'(score − target) / (N·K)."""
        N, K = self._residual.shape
        dscores = self.workspace.array("dscores", (N, K), self._residual.dtype)
        self._slope(self._residual, dscores)
        dscores /= (batch_size or N) * K
        return dscores
