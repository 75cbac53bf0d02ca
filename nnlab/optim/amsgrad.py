"""AMSGrad: Adam whose steps do not grow again."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nnlab.core.arrays import Array
from nnlab.optim.adam import Adam
from nnlab.optim.base import Block
from nnlab.registry import optimizers


@optimizers.register("amsgrad")
@dataclass(kw_only=True)
class AMSGrad(Adam):
    """Adam with the largest second-moment estimate so far, so that steps cannot grow again.

        m ← β₁ m + (1 − β₁) g
        v ← β₂ v + (1 − β₂) g²
        v̂ ← max(v̂, v)
        η_t = η √(1 − β₂ᵗ) / (1 − β₁ᵗ)
        θ ← θ − η_t m / (√v̂ + ε)

    Algorithm 2 of the paper, with Adam's bias correction in η_t as in Keras and PyTorch.
    Source: Reddi, Kale & Kumar 2018, "On the Convergence of Adam and Beyond", ICLR (arXiv 1904.09237).
    """

    slots: ClassVar[tuple[str, ...]] = (*Adam.slots, "largest_v")
    thread_safe = True

    def second_moment(self, block: Block) -> Array:
        """v̂ ← max(v̂, v), as a sum like v."""
        _, V, largest = block.state
        return np.maximum(largest, V, out=largest)
