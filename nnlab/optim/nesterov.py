"""Nesterov's accelerated gradient."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt

from nnlab.optim.base import Block, Optimizer
from nnlab.registry import Doc, optimizers


@optimizers.register("nesterov")
@dataclass(kw_only=True)
class Nesterov(Optimizer):
    """Momentum with the gradient at the place where the velocity leads.

        θ ← θ + μ² v − (1 + μ) η g
        v ← μ v − η g

    The form that needs the gradient only at θ. The velocity holds each gradient times the learning rate of its own
    step.
    Source: Nesterov 1983; in this form Bengio et al. 2013, arXiv 1212.0901.
    """

    momentum: Annotated[float, Ge(0), Lt(1), Doc("momentum coefficient μ")] = 0.9

    slots: ClassVar[tuple[str, ...]] = ("v",)
    thread_safe = True

    def update(self, block: Block, lr: float) -> None:
        """With the new v = μv − ηg the step μ²v − (1+μ)ηg is μ·v_new − ηg."""
        (v,) = block.state
        np.multiply(block.g, lr, out=block.scratch)
        v *= self.momentum
        v -= block.scratch
        block.theta -= block.scratch
        np.multiply(v, self.momentum, out=block.scratch)
        block.theta += block.scratch
