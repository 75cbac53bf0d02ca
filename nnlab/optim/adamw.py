"""Adam with decoupled weight decay."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from nnlab.optim.adam import Adam
from nnlab.optim.base import Block
from nnlab.registry import Doc, optimizers


@optimizers.register("adamw")
@dataclass(kw_only=True)
class AdamW(Adam):
    """θ ← θ − ηλθ for weights (not for biases and scales), then Adam's step.

    Loshchilov & Hutter 2019, arXiv 1711.05101.
    """

    weight_decay: Annotated[float, Ge(0), Le(1), Doc("weight decay λ, multiplied by the learning rate")] = 0.01

    def update(self, block: Block, lr: float) -> None:
        """Shrink the weights of the block, then Adam."""
        block.theta[: block.regularized] *= 1 - lr * self.weight_decay
        super().update(block, lr)
