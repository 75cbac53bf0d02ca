"""Toy regressions: functions of one or two variables with noise, generated from the dataset's random stream."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le

from nnlab.core.arrays import Array
from nnlab.core.random import RandomGenerator
from nnlab.core.task import NUMBERS, Task
from nnlab.data.dataset import Dataset, Split
from nnlab.data.dataset_source import DatasetSource
from nnlab.data.input_format import Column
from nnlab.data.target_columns import TargetColumns
from nnlab.registry import Doc, datasets


@dataclass(kw_only=True)
class ToyRegression(DatasetSource):
    """Values of a function at points drawn evenly from [−limit, limit] in each variable, plus normal noise.

    The test samples are drawn after all training samples, with the same noise.
    """

    variables: ClassVar[tuple[str, ...]]
    target: ClassVar[str]
    limit: ClassVar[float]

    points: Annotated[int, Ge(2), Le(1_000_000), Doc("training samples")] = 100
    test_points: Annotated[int, Ge(0), Le(1_000_000), Doc("test samples; 0: no test set")] = 100
    noise: Annotated[float, Ge(0), Le(1e6), Doc("standard deviation of the noise")] = 0.1

    @property
    def task(self) -> Task:
        return NUMBERS

    @abstractmethod
    def value(self, x: Array) -> Array:
        """The function without noise at points (N, D), shape (N,)."""

    def draw(self, points: int, rng: RandomGenerator) -> Split:
        """Draws all points (N, D) first, then the noise (N,)."""
        x = rng.uniform(-self.limit, self.limit, (points, len(self.variables)))
        y = self.value(x) + rng.standard_normal(points) * self.noise
        return Split(x, y[:, np.newaxis])

    def finish(self, dataset: Dataset) -> Dataset:
        """Standardise the target by the training samples."""
        return dataset.with_standardised_targets()

    def read(self, rng: RandomGenerator) -> Dataset:
        """The generated samples."""
        train = self.draw(self.points, rng)
        test = self.draw(self.test_points, rng) if self.test_points else None
        columns = tuple(Column(name) for name in self.variables)
        return Dataset(train, test, (), columns=columns, numbers=TargetColumns.in_own_units((self.target,)))


@datasets.register("sine")
@dataclass(kw_only=True)
class Sine(ToyRegression):
    """A sine of one variable with p periods, x drawn evenly from [−1, 1].

        y = sin(π p x) + noise

    Source: generated.
    """

    variables = ("x",)
    target = "y"
    limit = 1.0

    periods: Annotated[float, Gt(0), Le(1000), Doc("number of periods in [-1, 1]")] = 1.0

    def value(self, x: Array) -> Array:
        """Sin(πpx)."""
        return np.asarray(np.sin(np.pi * self.periods * x[:, 0]))


@datasets.register("peaks")
@dataclass(kw_only=True)
class Peaks(ToyRegression):
    """MATLAB's peaks, a function of two variables with three hills and three hollows, x and y drawn from [−3, 3].

        z = 3 (1−x)² exp(−x²−(y+1)²) − 10 (x/5−x³−y⁵) exp(−x²−y²) − exp(−(x+1)²−y²)/3 + noise

    Source: MATLAB's peaks.
    """

    variables = ("x", "y")
    target = "z"
    limit = 3.0

    def value(self, x: Array) -> Array:
        """The function without noise."""
        x, y = x.T
        hill = 3 * (1 - x) ** 2 * np.exp(-(x**2) - (y + 1) ** 2)
        ring = 10 * (x / 5 - x**3 - y**5) * np.exp(-(x**2) - y**2)
        return np.asarray(hill - ring - np.exp(-((x + 1) ** 2) - y**2) / 3)
