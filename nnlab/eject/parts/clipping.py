"""Gradient clipping."""

import numpy as np

from nnlab.textbook.optimizers import Arrays


def clip_value(grads: Arrays, limit: float) -> None:
    """g ← min(max(g, −c), c) for each number."""
    for g in grads.values():
        np.clip(g, -limit, limit, out=g)


def clip_norm(grads: Arrays, limit: float) -> None:
    """g ← g · c/‖g‖ where the norm ‖g‖ of all gradients together is larger than c (Pascanu et al. 2013)."""
    norm = np.sqrt(sum((g**2).sum() for g in grads.values()))
    if norm > limit:
        for g in grads.values():
            g *= limit / norm
