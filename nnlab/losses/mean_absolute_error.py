"""Mean absolute error."""

from dataclasses import dataclass

import numpy as np

from nnlab.core.arrays import Array
from nnlab.losses.residual import ResidualLoss
from nnlab.registry import losses


@losses.register("mean_absolute_error")
@dataclass
class MeanAbsoluteError(ResidualLoss):
    """Absolute distance to the target, averaged over the K outputs and the samples.

        L = 1/(N K) Σ_n Σ_k |x_nk − t_nk|
        dx = sign(x − t) / (N K)

    x are the outputs, t the targets. Its best constant is the median, so a few outliers matter less than in the
    squared error. The gradient at 0 is 0.
    Equals ``textbook.MeanAbsoluteError``, in memory that is reused at each step.
    Source: Boscovich 1757; Bishop 2006, "Pattern Recognition and Machine Learning", section 1.5.5.
    """

    def _rho(self, r: Array, rho: Array) -> None:
        np.sign(r.real, out=rho)
        rho *= r

    def _slope(self, r: Array, dr: Array) -> None:
        np.sign(r, out=dr)

    def kink_sides(self) -> Array:
        """Whether each score is above its target."""
        return np.asarray(self._residual.real > 0)
