"""AdaGrad."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt, Le

from nnlab.optim.base import Block, Optimizer
from nnlab.registry import Doc, optimizers


@optimizers.register("adagrad")
@dataclass(kw_only=True)
class AdaGrad(Optimizer):
    """Divide each gradient by the root of the sum of its squares so far: steps become smaller.

        h ← h + g²
        θ ← θ − η g / (√h + ε)

    Source: Duchi, Hazan & Singer 2011, JMLR 12; "Deep Learning from Scratch", section 6.1.5.
    """

    eps: Annotated[float, Gt(0), Le(1), Doc("ε added to the denominator for numerical stability")] = 1e-7

    slots: ClassVar[tuple[str, ...]] = ("h",)
    thread_safe = True

    def update(self, block: Block, lr: float) -> None:
        """h ← h + g², θ ← θ − ηg / (√h + ε)."""
        (h,), scratch = block.state, block.scratch
        np.multiply(block.g, block.g, out=scratch)
        h += scratch
        np.sqrt(h, out=scratch)
        scratch += self.eps
        np.divide(block.g, scratch, out=scratch)
        scratch *= lr
        block.theta -= scratch
