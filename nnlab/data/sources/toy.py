"""Toy datasets: two-dimensional classification problems, generated from the dataset's random stream."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.random import RandomGenerator
from nnlab.data.dataset import Dataset, Split
from nnlab.data.dataset_source import DatasetSource
from nnlab.errors import UsageError
from nnlab.registry import Doc, datasets

MOST_SAMPLES = 10_000_000


@dataclass(kw_only=True)
class ToySource(DatasetSource):
    """Points in the plane; the test samples are drawn after all training samples."""

    points: Annotated[int, Ge(1), Le(1_000_000), Doc("training samples per class (xor: per cluster)")] = 100
    test_points: Annotated[int, Ge(0), Le(1_000_000), Doc("test samples per class or cluster; 0: no test set")] = 0

    def conflicts(self) -> Iterator[tuple[tuple[str], str]]:
        """At most ``MOST_SAMPLES`` samples in total."""
        yield from super().conflicts()
        samples = (self.points + self.test_points) * self.groups
        if samples > MOST_SAMPLES:
            yield (
                ("points",),
                f"({self.points} + {self.test_points}) x {self.groups} = {samples} samples; "
                f"the limit is {MOST_SAMPLES} in total",
            )

    @property
    @abstractmethod
    def groups(self) -> int:
        """The number of classes or clusters, each with ``points`` samples."""

    @abstractmethod
    def draw(self, points: int, rng: RandomGenerator) -> Split:
        """Generate ``points`` samples per group: float64 inputs (N, 2) and labels (N,)."""

    def read(self, rng: RandomGenerator) -> Dataset:
        """The generated samples; class names are the class numbers.

        Raises UsageError for more than ``MOST_SAMPLES`` samples.
        """
        for (key,), message in self.conflicts():
            raise UsageError(f"data.{key}: {message}")
        train = self.draw(self.points, rng)
        test = self.draw(self.test_points, rng) if self.test_points else None
        return Dataset(train, test, tuple(str(label) for label in range(train.targets.max() + 1)))


@datasets.register("spiral")
@dataclass(kw_only=True)
class Spiral(ToySource):
    """Spiral arms: r from 0 to 1, t from 4j to 4(j+1) plus noise for class j.

        x = (r sin(t), r cos(t))

    With the order of random numbers and samples (by class) of the notes.
    Source: CS231n, "Neural Networks Case Study".
    """

    classes: Annotated[int, Ge(2), Le(1000), Doc("number of arms")] = 3
    noise: Annotated[float, Ge(0), Le(1e6), Doc("standard deviation of the noise on the angle, in radians")] = 0.2

    @property
    def groups(self) -> int:
        return self.classes

    def draw(self, points: int, rng: RandomGenerator) -> Split:
        """One ``standard_normal(points)`` per class, in order."""
        inputs = np.empty((self.classes, points, 2))
        radius = np.linspace(0.0, 1.0, points)
        for label, arm in enumerate(inputs):
            angle = np.linspace(4 * label, 4 * (label + 1), points) + rng.standard_normal(points) * self.noise
            arm[:, 0] = radius * np.sin(angle)
            arm[:, 1] = radius * np.cos(angle)
        return Split(inputs.reshape(-1, 2), np.repeat(np.arange(self.classes), points))


@datasets.register("moons")
@dataclass(kw_only=True)
class Moons(ToySource):
    """Two interleaving half circles, t uniform in [0, π), plus noise.

        x = (cos(t), sin(t)) where label = 0, else (1 − cos(t), 1/2 − sin(t))

    The classes alternate, so that the first N samples are balanced too.
    Source: scikit-learn's make_moons.
    """

    noise: Annotated[float, Ge(0), Le(1e6), Doc("standard deviation of the noise on each coordinate")] = 0.1

    @property
    def groups(self) -> int:
        return 2

    def draw(self, points: int, rng: RandomGenerator) -> Split:
        """Draws all angles first, then the noise."""
        labels = np.arange(2 * points) % 2
        angle = rng.uniform(0.0, np.pi, 2 * points)
        inputs = np.stack((np.cos(angle), np.sin(angle)), axis=1)
        inputs[labels == 1] = (1.0, 0.5) - inputs[labels == 1]
        inputs += rng.standard_normal(inputs.shape) * self.noise
        return Split(inputs, labels)


@datasets.register("xor")
@dataclass(kw_only=True)
class Xor(ToySource):
    """Four Gaussian clusters at (±1, ±1); class 1 where the signs of the centre differ.

    The clusters alternate, so that the first N samples are balanced too.
    Source: Minsky & Papert 1969, "Perceptrons"; "Deep Learning from Scratch", section 2.4.
    """

    noise: Annotated[float, Ge(0), Le(1e6), Doc("standard deviation of each cluster")] = 0.25

    @property
    def groups(self) -> int:
        return 4

    def draw(self, points: int, rng: RandomGenerator) -> Split:
        """Draws one ``standard_normal((N, 2))`` around the centres."""
        centres = np.tile(((1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)), (points, 1))
        labels = (centres[:, 0] != centres[:, 1]).astype(np.intp)
        return Split(centres + rng.standard_normal(centres.shape) * self.noise, labels)
