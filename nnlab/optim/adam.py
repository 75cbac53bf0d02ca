"""Adam."""

from dataclasses import dataclass
from math import sqrt
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from nnlab.core.arrays import Array
from nnlab.optim.base import Block, Optimizer
from nnlab.registry import Doc, optimizers


@optimizers.register("adam")
@dataclass(kw_only=True)
class Adam(Optimizer):
    """Momentum, with a step size for each weight: the mean gradient over the root of the mean square.

        m ← β₁ m + (1 − β₁) g
        v ← β₂ v + (1 − β₂) g²
        η_t = η √(1 − β₂ᵗ) / (1 − β₁ᵗ)
        θ ← θ − η_t m / (√v + ε)

    m and v start at 0, so they are too small in the first steps; η_t makes up for that (bias correction). This is the
    form at the end of section 2 of the paper; ε is its ε̂.
    Source: Kingma & Ba 2015, arXiv 1412.6980; "Deep Learning from Scratch", section 6.1.6.
    """

    lr: Annotated[float, Gt(0), Le(1e6), Doc("learning rate η")] = 1e-3
    beta1: Annotated[float, Ge(0), Lt(1), Doc("decay rate β₁ of the first-moment estimate m")] = 0.9
    beta2: Annotated[float, Ge(0), Lt(1), Doc("decay rate β₂ of the second-moment estimate v")] = 0.999
    eps: Annotated[float, Gt(0), Le(1), Doc("ε added to the denominator for numerical stability")] = 1e-7

    slots: ClassVar[tuple[str, ...]] = ("m", "v")  # as sums: see update
    thread_safe = True

    def update(self, block: Block, lr: float) -> None:
        """M ← β₁M + g, V ← β₂V + g², θ ← θ − r M / (√V + ε/√(1−β₂)) with r = η_t (1−β₁) / √(1−β₂).

        The state holds the sums M = m/(1−β₁) and V = v/(1−β₂) in place of the moments m and v: 10 passes over the
        block. Keeping m and v takes 12, and 1.08 times as long for 4.2 M parameters, 1.10 times for 40,000, 1.18 times
        for 3,000 (median of CPU time).
        """
        M, scratch = block.state[0], block.scratch
        root = self.accumulate(block, self.eps)
        rate = lr * sqrt(1 - self.beta2**self.t) / (1 - self.beta1**self.t)
        np.divide(M, scratch, out=scratch)
        scratch *= rate * (1 - self.beta1) / root
        block.theta -= scratch

    def factor(self, slot: str) -> float:
        """m = (1 − β₁)M and v = (1 − β₂)V."""
        return 1 - (self.beta1 if slot == "m" else self.beta2)

    def accumulate(self, block: Block, eps: float) -> float:
        """Update both sums with g and leave √V + ε/√(1−β₂) = (√v + ε)/√(1−β₂) in scratch; returns √(1−β₂)."""
        M, V, scratch = *block.state[:2], block.scratch
        root = sqrt(1 - self.beta2)
        M *= self.beta1
        M += block.g
        np.multiply(block.g, block.g, out=scratch)
        V *= self.beta2
        V += scratch
        np.sqrt(self.second_moment(block), out=scratch)
        scratch += eps / root
        return root

    def second_moment(self, block: Block) -> Array:
        """The updated V, which the gradients are divided by the root of."""
        return block.state[1]
