"""What every dataset is: labelled training samples, perhaps others held out or for testing, and the classes' names."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le, Lt, MaxLen

from nnlab.core.arrays import Array, Shape
from nnlab.core.random import RandomGenerator
from nnlab.data.files.download import Download, DownloadObserver
from nnlab.data.input_format import WHITE, Column, InputFormat, Scaling
from nnlab.data.pipeline.augmentation import Augmentation, check_augmentations
from nnlab.data.pipeline.splitting import hold_out_fold, hold_out_share
from nnlab.errors import DataError, UsageError
from nnlab.registry import Component, Doc, registered_name


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

    def take(self, indices: Array) -> "Split":
        """Copies of the samples at the given indices."""
        return Split(self.inputs[indices], self.labels[indices])


@dataclass(frozen=True)
class Dataset:
    """Training and test samples with the names of their classes.

    ``validation`` holds training samples that were held out: training is steered by them, but never fitted to them.
    ``checksums`` maps each file that was read to the SHA-256 of its (uncompressed) contents. ``columns`` are those of a
    table, in the order of the features; ``scaling`` is what was applied to them. ``notes`` are one-line statements for
    the user, such as which column holds the labels.
    """

    train: Split
    test: Split | None
    class_names: tuple[str, ...]
    checksums: dict[str, str] = field(default_factory=dict)
    validation: Split | None = None
    columns: tuple[Column, ...] = ()
    scaling: Scaling | None = None
    notes: tuple[str, ...] = ()

    @property
    def sample_shape(self) -> Shape:
        """The shape of one sample: (C, H, W) for images, (D,) for features."""
        return tuple(self.train.inputs.shape[1:])

    @property
    def splits(self) -> dict[str, Split]:
        """The parts that there are, by name: train, validation, test."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: split for name, split in parts.items() if split}

    @property
    def classes(self) -> int:
        """The number of classes K."""
        return len(self.class_names)

    @property
    def class_counts(self) -> Array:
        """The number of training samples of each class, shape (K,)."""
        return np.bincount(self.train.labels, minlength=self.classes)

    @property
    def inputs(self) -> InputFormat:
        """What a network trained on this data expects of one raw sample."""
        inputs = self.train.inputs
        pixels = inputs.dtype == np.uint8
        low, high = np.array(0.0), np.array(float(WHITE))
        if not pixels:
            ends = [end.astype(np.float64) for end in (inputs.min(axis=0), inputs.max(axis=0))]
            low, high = map(self.scaling.undo, ends) if self.scaling else ends
            if inputs.ndim > 2:
                low, high = low.min(), high.max()
        return InputFormat(self.sample_shape, self.class_names, pixels, low, high, self.columns, self.scaling)


@dataclass(kw_only=True)
class DatasetSource(ABC):
    """A dataset as a spec names it; ``load`` gives its samples.

    ``download`` says which files it needs that do not come with the package.
    """

    download: ClassVar[Download | None] = None
    # The shape of a sample and the number of classes, where they are known without the files.
    published_shape: ClassVar[tuple[Shape, int] | None] = None

    train_size: Annotated[int | None, Ge(1), Le(10**9), Doc("use only the first N training samples; null for all")] = (
        None
    )
    test_size: Annotated[int | None, Ge(1), Le(10**9), Doc("use only the first N test samples; null for all")] = None
    validation: Annotated[
        float, Ge(0), Lt(1), Doc("share of the training samples (and of each class) held out for validation")
    ] = 0.0
    fold: Annotated[int | None, Ge(1), Le(10**9), Doc("hold out this fold of the training samples, from 1")] = None
    folds: Annotated[int | None, Ge(2), Le(10**9), Doc("number of folds, each with its share of every class")] = None
    augment: Annotated[
        list[Augmentation],
        Component("augmentation", many=True),
        MaxLen(100),
        Doc("random changes to the images of each training batch, in this order"),
    ] = field(default_factory=list)

    @abstractmethod
    def read(self, rng: RandomGenerator) -> Dataset:
        """All samples of the dataset; ``draws`` is where generated data takes its random numbers from."""

    def files(self) -> list[Path]:
        """Where the samples are read from, whether it is there yet or not; empty where they are made up."""
        return [self.download.folder / file.name for file in self.download.files] if self.download else []

    def fetch(self, observer: DownloadObserver | None = None) -> None:
        """Download what is missing; ``load`` does so too, unobserved. Raises DataError when that cannot be done."""
        if self.download:
            self.download.fetch(observer)

    def finish(self, dataset: Dataset) -> Dataset:
        """Whatever depends on which samples are trained on, such as scaling by their statistics."""
        return dataset

    def load(self, rng: RandomGenerator, held_out_draws: RandomGenerator | None = None) -> Dataset:
        """The dataset cut to ``train_size`` and ``test_size``, then split as ``validation`` or ``fold`` say.

        ``held_out_draws`` is where the choice of the held-out samples takes its random numbers from (by default
        ``draws``). Raises DataError when the data is missing, corrupt, or has fewer samples than asked for, and
        UsageError when it cannot be split or augmented.
        """
        dataset = self.read(rng)
        check_augmentations(self.augment, dataset.sample_shape, dataset.train.inputs.dtype)
        train, test = dataset.train, dataset.test
        if self.train_size is not None:
            train = self._first("train_size", self.train_size, train)
        if self.test_size is not None:
            if test is None:
                raise DataError(f"data.test_size: {registered_name(self)} has no test samples here; leave it out")
            test = self._first("test_size", self.test_size, test)
        if dataset.validation and self._holds_out_training:
            key, count = "validation" if self.fold is None else "fold", len(dataset.validation)
            raise UsageError(f"data.{key}: the data has {count} validation samples of its own already; leave {key} out")
        train, validation = self._split(train, held_out_draws or rng)
        return self.finish(replace(dataset, train=train, test=test, validation=validation or dataset.validation))

    @property
    def holds_out(self) -> bool:
        """Whether there are validation samples, or may be, which is known once the data has been read."""
        return self._holds_out_training

    @property
    def _holds_out_training(self) -> bool:
        return self.validation > 0 or self.fold is not None

    def conflicts(self) -> Iterator[tuple[tuple[str], str]]:
        """A fold is one of several, and takes the place of a validation split."""
        if self.fold is not None and self.folds is None:
            yield ("fold",), f"needs data.folds, the number of folds that fold {self.fold} is one of"
        if self.folds is not None and self.fold is None:
            yield ("folds",), f"needs data.fold, from 1 to {self.folds} (nnlab crossval trains all of them in turn)"
        if self.fold is not None and self.folds is not None and self.fold > self.folds:
            yield ("fold",), f"must be at most {self.folds}, the number of folds, got {self.fold}"
        if self.fold is not None and self.validation > 0:
            yield ("validation",), "a fold is held out already; keep one of validation and fold"

    def _split(self, train: Split, rng: RandomGenerator) -> tuple[Split, Split | None]:
        """The samples to train on and those held out."""
        for (key,), message in self.conflicts():
            raise UsageError(f"data.{key}: {message}")
        if self.fold is not None and self.folds is not None:
            kept, held_out = hold_out_fold(train.labels, self.fold, self.folds, rng)
        elif self.validation > 0:
            kept, held_out = hold_out_share(train.labels, self.validation, rng)
            if not len(held_out):
                raise UsageError(
                    f"data.validation: {self.validation} of {len(train)} training samples is no whole sample, or would "
                    "leave a class without any; 0 means no validation samples"
                )
        else:
            return train, None
        return train.take(kept), train.take(held_out)

    def _first(self, key: str, size: int, split: Split) -> Split:
        if size > len(split):
            raise DataError(f"data.{key}: {size} samples asked for, but {registered_name(self)} has {len(split)}")
        return split.first(size)
