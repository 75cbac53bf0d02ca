"""Adam with Nesterov momentum."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from nnlab.optim.adam import Adam
from nnlab.optim.base import Block
from nnlab.registry import optimizers


@optimizers.register("nadam")
@dataclass(kw_only=True)
class NAdam(Adam):
    """Adam whose mean gradient looks one step ahead, as in Nesterov's momentum.

        m ← β₁ m + (1 − β₁) g
        v ← β₂ v + (1 − β₂) g²
        m̄ = β₁ m / (1 − β₁ᵗ⁺¹) + (1 − β₁) g / (1 − β₁ᵗ)
        v̂ = v / (1 − β₂ᵗ)
        θ ← θ − η m̄ / (√v̂ + ε)

    With constant β₁; unlike in Adam ε is added after the bias correction.
    Source: Dozat 2016, ICLR workshop.
    """

    thread_safe = True

    def update(self, block: Block, lr: float) -> None:
        """The state holds the sums M = m/(1−β₁) and V = v/(1−β₂), as in Adam."""
        (M, _), scratch = block.state, block.scratch
        corrected = sqrt(1 - self.beta2**self.t)
        root = self.accumulate(block, self.eps * corrected)
        ahead = np.multiply(M, self.beta1 / (1 - self.beta1 ** (self.t + 1)), out=block.spare)
        ahead /= scratch
        np.divide(block.g, scratch, out=scratch)
        scratch /= 1 - self.beta1**self.t
        ahead += scratch
        ahead *= lr * corrected * (1 - self.beta1) / root
        block.theta -= ahead
