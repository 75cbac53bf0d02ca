"""Stochastic gradient descent."""

from dataclasses import dataclass

import numpy as np

from nnlab.optim.base import Block, Optimizer
from nnlab.registry import optimizers


@optimizers.register("sgd")
@dataclass(kw_only=True)
class SGD(Optimizer):
    """A step against the gradient: stochastic gradient descent.

        θ ← θ − η g

    Source: Robbins & Monro 1951; "Deep Learning from Scratch", section 6.1.2.
    """

    thread_safe = True

    def update(self, block: Block, lr: float) -> None:
        np.multiply(block.g, lr, out=block.scratch)
        block.theta -= block.scratch
