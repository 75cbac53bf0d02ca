"""The latch problem: remember the first value of a long sequence of noise."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.random import RandomGenerator
from nnlab.data.dataset import Dataset, Split
from nnlab.data.dataset_source import DatasetSource
from nnlab.registry import Doc, datasets


@datasets.register("latch")
@dataclass(kw_only=True)
class Latch(DatasetSource):
    """T values: the class is whether the first is +1 or −1, all after it are noise.

    A network has to keep the first value over T − 1 steps of noise. Classes alternate, so both are equally frequent.
    Source: Bengio, Simard & Frasconi 1994, IEEE Transactions on Neural Networks 5 (2), section II.
    """

    length: Annotated[int, Ge(1), Le(10_000), Doc("number of steps T")] = 50
    samples: Annotated[int, Ge(2), Le(1_000_000), Doc("training samples")] = 1000
    test_samples: Annotated[int, Ge(0), Le(1_000_000), Doc("test samples; 0: no test set")] = 500
    noise: Annotated[float, Ge(0), Le(1e6), Doc("standard deviation of the values after the first")] = 0.2

    def read(self, rng: RandomGenerator) -> Dataset:
        """The generated sequences (T, 1); the test samples are drawn after all training samples."""
        train = self._draw(self.samples, rng)
        return Dataset(train, self._draw(self.test_samples, rng) if self.test_samples else None, ("-1", "+1"))

    def _draw(self, count: int, rng: RandomGenerator) -> Split:
        labels = np.arange(count) % 2
        inputs = rng.standard_normal((count, self.length, 1)) * self.noise
        inputs[:, 0, 0] = 2 * labels - 1
        return Split(inputs, labels)
