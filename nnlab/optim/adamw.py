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
    """Adam with weight decay apart from the gradient, so that the decay is not divided by √v.

        θ ← θ − η λ θ
        m ← β₁ m + (1 − β₁) g
        v ← β₂ v + (1 − β₂) g²
        η_t = η √(1 − β₂ᵗ) / (1 − β₁ᵗ)
        θ ← θ − η_t m / (√v + ε)

    The decay acts on weights, not on biases and scales.
    Source: Loshchilov & Hutter 2019, arXiv 1711.05101.
    """

    weight_decay: Annotated[float, Ge(0), Le(1), Doc("weight decay λ, multiplied by the learning rate")] = 0.01

    thread_safe = True

    def update(self, block: Block, lr: float) -> None:
        """Shrink the weights of the block, then Adam."""
        block.theta[: block.regularized] *= 1 - lr * self.weight_decay
        super().update(block, lr)
