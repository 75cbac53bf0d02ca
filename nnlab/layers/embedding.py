"""The embedding of tokens."""

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.arrays import Array, Shape
from nnlab.core.initialisers import Initialiser, Normal
from nnlab.errors import DataError
from nnlab.layers.weighted import WeightedLayer
from nnlab.registry import Component, Doc, layers

TOKENS_AT_ONCE = 2048
"""Tokens whose gradients are sorted and summed at once."""


@layers.register("embedding")
@dataclass(kw_only=True)
class Embedding(WeightedLayer):
    """Replace each token, an index from 0 to tokens − 1, by its row of W, a trained vector.

        y_t = W[x_t]
        dW[k] = Σ dy_t where x_t = k

    (N, T) to (N, T, units). The same as a linear layer without bias on one-hot vectors. Tokens are no continuous
    numbers, so dx is 0.
    Equals ``textbook.Embedding``, whose sum over equal tokens is a loop.
    Source: Bengio et al. 2003, JMLR 3; "Deep Learning from Scratch 2", section 4.1.
    """

    activation_arrays = 3
    differentiable = False

    tokens: Annotated[int, Ge(1), Le(2**24), Doc("number of different tokens: those of the data are 0 to tokens − 1")]
    units: Annotated[int, Ge(1), Le(10**6), Doc("size of the vector of each token")]
    init: Annotated[Initialiser, Component("initialiser"), Doc("weight initialiser")] = field(
        default_factory=lambda: Normal(std=1.0)
    )
    bias: bool = field(default=False, init=False)

    @classmethod
    def examples(cls) -> "list[tuple[Embedding, Shape]]":
        return [(cls(tokens=3, units=4), (5,)), (cls(tokens=7, units=2, l1=0.1, l2=0.2), (2, 3))]

    def build(self, in_shape: Shape) -> Shape:
        self.W, _ = self.weights_and_bias((self.tokens, self.units), self.tokens, self.units)
        return (*in_shape, self.units)

    def weight_uses(self) -> int:
        return 0

    def example_inputs(self, rng: np.random.Generator, samples: int) -> Array:
        return rng.integers(0, self.tokens, (samples, *self.in_shape)).astype(np.float64)

    def forward(self, x: Array, *, training: bool) -> Array:
        """The row of each token; raises DataError for a number that is no token."""
        self._x = x
        indices = self.workspace.array("indices", x.shape, np.int64)
        with np.errstate(invalid="ignore"):  # of NaN, which is refused below
            np.copyto(indices, x.real, casting="unsafe")
        fractions = np.not_equal(indices, x.real, out=self.workspace.array("fractions", x.shape, np.bool_))
        if indices.min() < 0 or indices.max() >= self.tokens or fractions.any():
            raise DataError(self._wrong_token(x.real))
        self._indices = indices
        W = self.W.value
        y = self.workspace.array("y", (*x.shape, self.units), W.dtype)
        return np.take(W, indices, axis=0, out=y, mode="clip")

    def backward_parameters(self, dy: Array) -> None:
        """dW[k] = Σ dy_t over all places where x_t = k: rows sorted by their token, then summed in stretches."""
        if self.frozen:
            return
        self.W.grad.fill(0)
        indices, rows = self._indices.reshape(-1), self._rows(dy)
        for start in range(0, len(indices), TOKENS_AT_ONCE):
            self._add_sums(indices[start : start + TOKENS_AT_ONCE], rows[start : start + TOKENS_AT_ONCE])

    def _rows(self, dy: Array) -> Array:
        """dy with a row for each token, in the order of the tokens."""
        if not dy.flags.c_contiguous:
            ordered = self.workspace.array("dy", dy.shape, dy.dtype)
            np.copyto(ordered, dy)
            dy = ordered
        return dy.reshape(-1, self.units)

    def _add_sums(self, indices: Array, dy: Array) -> None:
        """Add the rows of dy to those of dW that the indices name."""
        rows, sums, old = (
            self.workspace.array(name, (TOKENS_AT_ONCE, self.units), dy.dtype) for name in ("rows", "sums", "old")
        )
        order = np.argsort(indices, kind="stable")
        np.take(dy, order, axis=0, out=rows[: len(order)], mode="clip")
        ordered = indices[order]
        starts = np.flatnonzero(np.diff(ordered, prepend=-1))
        tokens = ordered[starts]
        np.add.reduceat(rows[: len(order)], starts, axis=0, out=sums[: len(starts)])
        sums[: len(starts)] += np.take(self.W.grad, tokens, axis=0, out=old[: len(starts)], mode="clip")
        self.W.grad[tokens] = sums[: len(starts)]

    def backward(self, dy: Array) -> Array:
        """Also dx = 0."""
        self.backward_parameters(dy)
        dx = self.workspace.array("dx", self._x.shape, dy.dtype)
        dx.fill(0)
        return dx

    def _wrong_token(self, x: Array) -> str:
        wrong = x[~((x == np.rint(x)) & (x >= 0) & (x < self.tokens))].flat[0]
        number = f"{wrong:g}" if wrong % 1 or not np.isfinite(wrong) else f"{int(wrong)}"
        hint = "; tables need data.scaling: none" if np.isfinite(wrong) and wrong % 1 else ""
        return f"{self.label}: {number} is no token; tokens are whole numbers from 0 to {self.tokens - 1}{hint}"
