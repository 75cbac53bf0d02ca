"""Gradient descent with momentum."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt

from nnlab.optim.base import Block, Optimizer
from nnlab.registry import Doc, optimizers


@optimizers.register("momentum")
@dataclass(kw_only=True)
class Momentum(Optimizer):
    """Follow a velocity that gathers the gradients, as a ball that rolls down a slope.

        v ← μ v − η g
        θ ← θ + v

    The velocity holds each gradient times the learning rate of its own step, as in Keras: after a schedule has lowered
    η, earlier steps go on at their old rate (PyTorch multiplies the whole velocity by the new one).
    Source: Polyak 1964; "Deep Learning from Scratch", section 6.1.4.
    """

    momentum: Annotated[float, Ge(0), Lt(1), Doc("momentum coefficient μ")] = 0.9

    slots: ClassVar[tuple[str, ...]] = ("v",)
    thread_safe = True

    def update(self, block: Block, lr: float) -> None:
        (v,) = block.state
        np.multiply(block.g, lr, out=block.scratch)
        v *= self.momentum
        v -= block.scratch
        block.theta += v
