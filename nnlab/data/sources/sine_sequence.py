"""A noisy sine wave: the next value from the last ones."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from nnlab.core.arrays import Array
from nnlab.core.random import RandomGenerator
from nnlab.core.task import NUMBERS, Task
from nnlab.data.dataset import Dataset, Split
from nnlab.data.pipeline.windows import windows_of
from nnlab.data.sources.windowed import WindowedSource
from nnlab.data.target_columns import TargetColumns
from nnlab.registry import Doc, datasets


@datasets.register("sine_sequence")
@dataclass(kw_only=True)
class SineSequence(WindowedSource):
    """A noisy sine wave: the target of T values (T, 1) is the next one.

        x_t = sin(2π t / P) + noise

    The windows of the training samples come first in the wave, those of the test samples after them; the noise of the
    whole wave is drawn at once.
    Source: generated.
    """

    length: Annotated[int, Ge(1), Le(10_000), Doc("number of steps T of a sample")] = 25
    samples: Annotated[int, Ge(2), Le(1_000_000), Doc("training samples, one for each start in the wave")] = 500
    test_samples: Annotated[int, Ge(0), Le(1_000_000), Doc("test samples; 0: no test set")] = 100
    period: Annotated[float, Gt(0), Le(1e6), Doc("number of steps of a period P")] = 25.0
    noise: Annotated[float, Ge(0), Le(1e6), Doc("standard deviation of the noise on each value")] = 0.1

    @property
    def task(self) -> Task:
        return NUMBERS

    @property
    def predicted_steps(self) -> int:
        return 1

    @property
    def distance(self) -> int:
        return 1

    def read(self, rng: RandomGenerator) -> Dataset:
        """The generated windows; no target of a test sample is in a training sample."""
        steps = self.samples + self.length + (self.test_samples + self.length if self.test_samples else 0)
        t = np.arange(steps)
        wave = np.sin(2 * np.pi * t / self.period) + self.noise * rng.standard_normal(steps)
        train = self._windows(wave[: self.samples + self.length])
        test = self._windows(wave[self.samples + self.length :]) if self.test_samples else None
        return Dataset(train, test, (), numbers=TargetColumns.in_own_units(("next",)))

    def _windows(self, wave: Array) -> Split:
        return Split(windows_of(wave[:-1], self.length)[:, :, np.newaxis], wave[self.length :, np.newaxis])
