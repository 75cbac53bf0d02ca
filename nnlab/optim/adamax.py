"""AdaMax: Adam with the infinity norm."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from nnlab.optim.base import Block, Optimizer
from nnlab.registry import Doc, optimizers


@optimizers.register("adamax")
@dataclass(kw_only=True)
class AdaMax(Optimizer):
    """Adam with the largest decayed gradient in the place of the root of the mean square.

        m ← β₁ m + (1 − β₁) g
        u ← max(β₂ u, |g|)
        θ ← θ − η / (1 − β₁ᵗ) · m / (u + ε)

    The paper has no ε; added to u as in Keras. PyTorch adds it to |g|.
    Source: Kingma & Ba 2015, arXiv 1412.6980, section 7.1.
    """

    lr: Annotated[float, Gt(0), Le(1e6), Doc("learning rate η")] = 2e-3
    beta1: Annotated[float, Ge(0), Lt(1), Doc("decay rate β₁ of the first-moment estimate m")] = 0.9
    beta2: Annotated[float, Ge(0), Lt(1), Doc("decay rate β₂ of the infinity norm u")] = 0.999
    eps: Annotated[float, Gt(0), Le(1), Doc("ε added to the denominator for numerical stability")] = 1e-7

    slots: ClassVar[tuple[str, ...]] = ("m", "u")  # m as a sum, as in Adam
    thread_safe = True

    def factor(self, slot: str) -> float:
        """m = (1 − β₁)M."""
        return 1 - self.beta1 if slot == "m" else 1.0

    def update(self, block: Block, lr: float) -> None:
        """The state holds the sum M = m/(1−β₁) in place of m, as in Adam."""
        (M, u), scratch = block.state, block.scratch
        M *= self.beta1
        M += block.g
        np.abs(block.g, out=scratch)
        u *= self.beta2
        np.maximum(u, scratch, out=u)
        np.add(u, self.eps, out=scratch)
        np.divide(M, scratch, out=scratch)
        scratch *= lr * (1 - self.beta1) / (1 - self.beta1**self.t)
        block.theta -= scratch
