"""Binary addition: the sum of two numbers, bit by bit."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.arrays import Array
from nnlab.core.random import RandomGenerator
from nnlab.data.dataset import Dataset, Split
from nnlab.data.dataset_source import DatasetSource
from nnlab.errors import UsageError
from nnlab.registry import Doc, datasets

MOST_LISTED = 1 << 22
"""Up to this many pairs are drawn by a permutation of all pairs; of more, pairs are drawn one by one."""


@datasets.register("binary_addition")
@dataclass(kw_only=True)
class BinaryAddition(DatasetSource):
    """Two numbers of B bits as a sequence (B, 2), least significant bit first; the target of each step: a bit of a + b.

    Both numbers are below 2^(B−1), so the sum has B bits too. No pair (a, b) is drawn twice, and no test pair is one
    of the training pairs.
    Source: Trask 2015, "Anyone Can Learn To Code an LSTM-RNN in Python".
    """

    bits: Annotated[int, Ge(2), Le(31), Doc("number of bits B, the number of steps of a sequence")] = 8
    samples: Annotated[int, Ge(1), Le(1_000_000), Doc("training samples, pairs of numbers")] = 1000
    test_samples: Annotated[int, Ge(0), Le(1_000_000), Doc("test samples; 0: no test set")] = 500

    @property
    def pairs(self) -> int:
        """The number of different pairs of numbers."""
        return 1 << 2 * (self.bits - 1)

    def read(self, rng: RandomGenerator) -> Dataset:
        """The generated pairs; raises UsageError for more samples than there are pairs."""
        if self.samples + self.test_samples > self.pairs:
            raise UsageError(
                f"data.samples: {self.samples} training and {self.test_samples} test samples, but there are only "
                f"{self.pairs} pairs of numbers with {self.bits} bits; use fewer samples or more bits"
            )
        codes = self._draw(self.samples + self.test_samples, rng)
        train, test = codes[: self.samples], codes[self.samples :]
        return Dataset(self._added(train), self._added(test) if len(test) else None, ("0", "1"))

    def _draw(self, count: int, rng: RandomGenerator) -> Array:
        """Different pairs, each as the number a·2^(B−1) + b."""
        if self.pairs <= MOST_LISTED:
            return rng.permutation(self.pairs)[:count]
        drawn: Array = np.empty(0, np.int64)
        while len(drawn) < count:
            weights = 1 << np.arange(2 * (self.bits - 1), dtype=np.int64)
            more = (rng.uniform(size=(count, len(weights))) < 0.5) @ weights
            drawn = np.concatenate((drawn, more))
            _, first = np.unique(drawn, return_index=True)
            drawn = drawn[np.sort(first)]
        return drawn[:count]

    def _added(self, codes: Array) -> Split:
        """Inputs (N, B, 2) and the bits of the sums (N, B)."""
        a, b = codes >> (self.bits - 1), codes & ((1 << self.bits - 1) - 1)
        a_bits, b_bits, sum_bits = ((number[:, np.newaxis] >> np.arange(self.bits)) & 1 for number in (a, b, a + b))
        return Split(np.stack((a_bits, b_bits), axis=2).astype(np.float64), sum_bits.astype(np.intp))
