"""Adam."""

from dataclasses import dataclass
from math import sqrt
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from nnlab.optim.base import Block, Optimizer
from nnlab.registry import Doc, optimizers


@optimizers.register("adam")
@dataclass(kw_only=True)
class Adam(Optimizer):
    """m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − η_t m / (√v + ε) with η_t = η √(1−β₂ᵗ) / (1−β₁ᵗ).

    Kingma & Ba 2015, arXiv 1412.6980, in the form at the end of section 2 (ε is the paper's ε̂).
    """

    lr: Annotated[float, Gt(0), Le(1e6), Doc("learning rate η")] = 1e-3
    beta1: Annotated[float, Ge(0), Lt(1), Doc("share β₁ of the running mean gradient kept at each step")] = 0.9
    beta2: Annotated[float, Ge(0), Lt(1), Doc("share β₂ of the running mean square kept at each step")] = 0.999
    eps: Annotated[float, Gt(0), Le(1), Doc("ε, keeps the division finite")] = 1e-7

    slots: ClassVar[tuple[str, ...]] = ("m", "v")

    def update(self, block: Block, lr: float) -> None:
        """The rule with sums in place of running means, m/(1−β₁) and v/(1−β₂), their factors moved into η_t and ε.

        That takes 10 passes over the block where the textbook's order takes 13.
        """
        (m, _), scratch = block.state, block.scratch
        root = self.accumulate(block, self.eps)
        rate = lr * sqrt(1 - self.beta2**self.t) / (1 - self.beta1**self.t)
        np.divide(m, scratch, out=scratch)
        scratch *= rate * (1 - self.beta1) / root
        block.theta -= scratch

    def accumulate(self, block: Block, eps: float) -> float:
        """Take g into both sums; scratch becomes (√v + ε) / r and the answer is r = √(1−β₂)."""
        (m, v), scratch = block.state, block.scratch
        root = sqrt(1 - self.beta2)
        m *= self.beta1
        m += block.g
        np.multiply(block.g, block.g, out=scratch)
        v *= self.beta2
        v += scratch
        np.sqrt(v, out=scratch)
        scratch += eps / root
        return root
