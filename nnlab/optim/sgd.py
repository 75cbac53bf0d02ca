"""Stochastic gradient descent."""

from dataclasses import dataclass

import numpy as np

from nnlab.optim.base import Block, Optimizer
from nnlab.registry import optimizers


@optimizers.register("sgd")
@dataclass(kw_only=True)
class SGD(Optimizer):
    """θ ← θ − ηg (Robbins & Monro 1951)."""

    def update(self, block: Block, lr: float) -> None:
        np.multiply(block.g, lr, out=block.scratch)
        block.theta -= block.scratch
