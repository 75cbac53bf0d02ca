"""RMSProp."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from nnlab.optim.base import Block, Optimizer
from nnlab.registry import Doc, optimizers


@optimizers.register("rmsprop")
@dataclass(kw_only=True)
class RMSProp(Optimizer):
    """Divide each gradient by the root of a running average of its squares.

        h ← ρ h + (1 − ρ) g²
        θ ← θ − η g / (√h + ε)

    Source: Tieleman & Hinton 2012, Coursera lecture 6.5.
    """

    decay: Annotated[float, Ge(0), Lt(1), Doc("decay rate ρ of the running average of g²")] = 0.99
    eps: Annotated[float, Gt(0), Le(1), Doc("ε added to the denominator for numerical stability")] = 1e-7

    slots: ClassVar[tuple[str, ...]] = ("h",)
    thread_safe = True

    def update(self, block: Block, lr: float) -> None:
        """h ← ρh + (1−ρ)g², θ ← θ − ηg / (√h + ε)."""
        (h,), scratch = block.state, block.scratch
        np.multiply(block.g, block.g, out=scratch)
        scratch *= 1 - self.decay
        h *= self.decay
        h += scratch
        np.sqrt(h, out=scratch)
        scratch += self.eps
        np.divide(block.g, scratch, out=scratch)
        scratch *= lr
        block.theta -= scratch
