"""Lion: the sign of a momentum."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from nnlab.optim.base import Block, Optimizer
from nnlab.registry import Doc, optimizers


@optimizers.register("lion")
@dataclass(kw_only=True)
class Lion(Optimizer):
    """Move every weight by the learning rate, in the direction of the sign of a momentum.

        θ ← θ − η (sign(β₁ m + (1 − β₁) g) + λ θ)
        m ← β₂ m + (1 − β₂) g

    λ acts on weights only. Every value moves by η, so η is 3 to 10 times smaller than Adam's. A value whose gradient
    is zero but for rounding, such as a bias in front of batch_norm, moves too.
    Source: Chen et al. 2023, arXiv 2302.06675.
    """

    lr: Annotated[float, Gt(0), Le(1e6), Doc("learning rate η")] = 1e-4
    beta1: Annotated[float, Ge(0), Lt(1), Doc("share β₁ of the momentum m in the update")] = 0.9
    beta2: Annotated[float, Ge(0), Lt(1), Doc("decay rate β₂ of the momentum m")] = 0.99
    weight_decay: Annotated[float, Ge(0), Le(1), Doc("weight decay λ, multiplied by the learning rate")] = 0.0

    slots: ClassVar[tuple[str, ...]] = ("m",)
    thread_safe = True

    def update(self, block: Block, lr: float) -> None:
        """Shrink the weights of the block, move every value by η, then update m."""
        (m,), scratch, spare = block.state, block.scratch, block.spare
        block.theta[: block.regularized] *= 1 - lr * self.weight_decay
        np.multiply(m, self.beta1, out=scratch)
        scratch += np.multiply(block.g, 1 - self.beta1, out=spare)
        np.sign(scratch, out=scratch)
        scratch *= lr
        block.theta -= scratch
        m *= self.beta2
        m += np.multiply(block.g, 1 - self.beta2, out=spare)
