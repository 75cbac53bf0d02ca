"""What every dataset is: labelled training samples, perhaps test samples, and the names of the classes."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import Annotated

from annotated_types import Ge, Le

from nnlab.core.arrays import Array, Shape
from nnlab.core.random import Draws
from nnlab.errors import DataError
from nnlab.registry import Doc, registered_name


@dataclass(frozen=True)
class Split:
    """Samples with their labels: inputs (N, ...) as uint8 pixels or float64 features, labels (N,) from 0."""

    inputs: Array
    labels: Array

    def __len__(self) -> int:
        return len(self.labels)

    def first(self, count: int) -> "Split":
        """The first ``count`` samples, as views."""
        return Split(self.inputs[:count], self.labels[:count])


@dataclass(frozen=True)
class Dataset:
    """Training and test samples with the names of their classes.

    ``checksums`` maps each file that was read to the SHA-256 of its (uncompressed) contents.
    """

    train: Split
    test: Split | None
    class_names: tuple[str, ...]
    checksums: dict[str, str] = field(default_factory=dict)

    @property
    def sample_shape(self) -> Shape:
        """The shape of one sample: (C, H, W) for images, (D,) for features."""
        return tuple(self.train.inputs.shape[1:])

    @property
    def classes(self) -> int:
        """The number of classes K."""
        return len(self.class_names)


@dataclass(kw_only=True)
class DatasetSource(ABC):
    """A dataset as a spec names it; ``load`` gives its samples."""

    train_size: Annotated[int | None, Ge(1), Le(10**9), Doc("use only the first N training samples; null for all")] = (
        None
    )
    test_size: Annotated[int | None, Ge(1), Le(10**9), Doc("use only the first N test samples; null for all")] = None

    @abstractmethod
    def read(self, draws: Draws) -> Dataset:
        """All samples of the dataset; ``draws`` is where generated data takes its random numbers from."""

    def load(self, draws: Draws) -> Dataset:
        """The dataset cut to ``train_size`` and ``test_size``.

        Raises DataError when the data is missing, corrupt, or has fewer samples than asked for.
        """
        dataset = self.read(draws)
        train, test = dataset.train, dataset.test
        if self.train_size is not None:
            train = self._first("train_size", self.train_size, train)
        if self.test_size is not None:
            if test is None:
                raise DataError(f"data.test_size: {registered_name(self)} has no test samples here; leave it out")
            test = self._first("test_size", self.test_size, test)
        return replace(dataset, train=train, test=test)

    def _first(self, key: str, size: int, split: Split) -> Split:
        if size > len(split):
            raise DataError(f"data.{key}: {size} samples asked for, but {registered_name(self)} has {len(split)}")
        return split.first(size)
