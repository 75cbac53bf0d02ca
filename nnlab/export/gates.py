"""The weights of recurrent layers as other libraries keep them."""

from collections.abc import Sequence

import numpy as np

from nnlab.core.arrays import Array


def by_gate(W: Array, order: Sequence[int]) -> Array:
    """The transpose (gates·H, D) of weights (D, gates·H), with the gates in another order."""
    return np.concatenate([np.split(W, len(order), axis=1)[gate].T for gate in order])


def biases_by_gate(b: Array, bh: Array | None, order: Sequence[int]) -> tuple[Array, Array]:
    """The biases of input and state, (gates·H,) each: b, and zeros with bh for the last gate."""
    of_input = by_gate(b[np.newaxis], order)[:, 0]
    of_state = np.zeros_like(of_input)
    if bh is not None:
        of_state[-len(bh) :] = bh
    return of_input, of_state
