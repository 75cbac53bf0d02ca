"""Sequences (N, T, ...) as rows, one for each step, in the order in which they are in memory."""

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.workspace import Workspace


def time_major(x: Array, workspace: Workspace, name: str) -> Array:
    """Sequences (N, T, D) with the whole batch for each step, (T, N, D), contiguous; a copy only where they are not."""
    steps = x.swapaxes(0, 1)
    if steps.flags.c_contiguous:
        return steps
    copied = workspace.array(name, steps.shape, x.dtype)
    np.copyto(copied, steps)
    return copied


class Steps:
    """The steps of sequences as one batch: sample by sample or, as recurrent layers write them, step by step.

    Which of both follows from the memory of the first sequences, x.
    """

    __slots__ = ("N", "T", "time_major")

    def __init__(self, x: Array) -> None:
        self.N, self.T = x.shape[:2]
        self.time_major = not _adjacent(x) and _adjacent(x.swapaxes(0, 1))

    def rows(self, x: Array, workspace: Workspace, name: str) -> Array:
        """(N, T, ...) as (N·T, ...); a copy only where the memory is in another order."""
        if self.time_major:
            x = x.swapaxes(0, 1)
        if not _adjacent(x):
            copied = workspace.array(name, x.shape, x.dtype)
            np.copyto(copied, x)
            x = copied
        return x.reshape(-1, *x.shape[2:])

    def sequences(self, rows: Array) -> Array:
        """(N·T, ...) as (N, T, ...)."""
        if self.time_major:
            return rows.reshape(self.T, self.N, *rows.shape[1:]).swapaxes(0, 1)
        return rows.reshape(self.N, self.T, *rows.shape[1:])


def _adjacent(x: Array) -> bool:
    """Whether the first two axes are one in memory."""
    return bool(x.strides[0] == x.shape[1] * x.strides[1])
