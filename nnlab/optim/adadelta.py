"""Adadelta."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from nnlab.optim.base import Block, Optimizer
from nnlab.registry import Doc, optimizers


@optimizers.register("adadelta")
@dataclass(kw_only=True)
class Adadelta(Optimizer):
    """Divide by the root of an average of squared gradients and multiply by that of squared steps.

        h ← ρ h + (1 − ρ) g²
        Δ = −g √(s + ε) / √(h + ε)
        s ← ρ s + (1 − ρ) Δ²
        θ ← θ + η Δ

    The step has the unit of θ, so that no learning rate needs tuning.
    Source: Zeiler 2012, arXiv 1212.5701.
    """

    lr: Annotated[float, Gt(0), Le(1e6), Doc("learning rate η; 1 in the paper")] = 1.0
    decay: Annotated[float, Ge(0), Lt(1), Doc("decay rate ρ of the running averages of g² and Δ²")] = 0.95
    eps: Annotated[float, Gt(0), Le(1), Doc("ε added under both roots; it sets the size of the first step")] = 1e-6

    slots: ClassVar[tuple[str, ...]] = ("h", "s")
    thread_safe = True

    def update(self, block: Block, lr: float) -> None:
        """The two running averages, with the step −Δ kept in scratch memory."""
        (h, s), scratch, spare = block.state, block.scratch, block.spare
        np.multiply(block.g, block.g, out=scratch)
        scratch *= 1 - self.decay
        h *= self.decay
        h += scratch
        np.add(s, self.eps, out=scratch)
        scratch /= np.add(h, self.eps, out=spare)
        np.sqrt(scratch, out=scratch)
        scratch *= block.g
        s *= self.decay
        np.multiply(scratch, scratch, out=spare)
        spare *= 1 - self.decay
        s += spare
        scratch *= lr
        block.theta -= scratch
