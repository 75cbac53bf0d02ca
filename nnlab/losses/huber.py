"""Huber's loss."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
from annotated_types import Gt, Le

from nnlab.core.arrays import Array
from nnlab.losses.residual import ResidualLoss
from nnlab.registry import Doc, losses


@losses.register("huber")
@dataclass
class Huber(ResidualLoss):
    """Squared near the target, absolute far from it, so that outliers matter less.

        r = x − t
        h(r) = r²/2 where |r| ≤ delta, else delta (|r| − delta/2)
        L = 1/(N K) Σ_n Σ_k h(r_nk)
        dx = r / (N K) where |r| ≤ delta, else delta sign(r) / (N K)

    x are the outputs, t the targets. Targets have standard deviation 1, so delta = 1 is that of the training targets.
    With delta = 1 this is PyTorch's smooth L1 loss.
    Equals ``textbook.Huber``, in memory that is reused at each step.
    Source: Huber 1964, Annals of Mathematical Statistics 35 (1).
    """

    delta: Annotated[
        float, Gt(0), Le(1e6), Doc("residual δ from which on the loss is linear, in standard deviations of the target")
    ] = 1.0

    @classmethod
    def examples(cls) -> Sequence[Self]:
        """Residuals on both sides of δ."""
        return [cls(), cls(delta=0.3)]

    def _rho(self, r: Array, rho: Array) -> None:
        """n (r − n/2), where n is r, but at most δ from 0."""
        size = np.abs(r.real, out=self.workspace.array("size", r.shape, r.real.dtype))
        near = np.less_equal(size, self.delta, out=self.workspace.array("near", r.shape, np.bool_))
        np.sign(r.real, out=rho)
        rho *= self.delta
        np.copyto(rho, r, where=near)
        rest = np.divide(rho, 2, out=self.workspace.array("rest", r.shape, r.dtype))
        np.subtract(r, rest, out=rest)
        rho *= rest

    def _slope(self, r: Array, dr: Array) -> None:
        np.clip(r, -self.delta, self.delta, out=dr)

    def kink_sides(self) -> Array:
        """Which of the three pieces each residual is on: the slope bends at ±δ."""
        return np.asarray(np.sign(self._residual.real) * (np.abs(self._residual.real) > self.delta))
