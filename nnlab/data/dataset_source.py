"""What a spec can name as its data: a source, which reads and splits a dataset."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, ClassVar

from annotated_types import Ge, Le, Lt, MaxLen

from nnlab.core.arrays import Shape
from nnlab.core.random import RandomGenerator
from nnlab.core.task import CLASSES, Task
from nnlab.data.dataset import Dataset, Split
from nnlab.data.files.download import Download, DownloadObserver
from nnlab.data.pipeline.augmentation import Augmentation, check_augmentations
from nnlab.data.pipeline.splitting import hold_out_fold, hold_out_share
from nnlab.errors import DataError, UsageError
from nnlab.registry import Component, Doc, registered_name


@dataclass(kw_only=True)
class DatasetSource(ABC):
    """A dataset of the spec's ``data`` section; ``load`` returns its samples.

    ``download`` lists the files that are not bundled with the package.
    """

    download: ClassVar[Download | None] = None
    # Whether read() gives arrays that nobody else has, which may be changed unless they are read-only.
    fresh: ClassVar[bool] = False
    # Sample shape and number of classes, if known without reading the files.
    published_shape: ClassVar[tuple[Shape, int] | None] = None

    train_size: Annotated[int | None, Ge(1), Le(10**9), Doc("use only the first N training samples; null: all")] = None
    test_size: Annotated[int | None, Ge(1), Le(10**9), Doc("use only the first N test samples; null: all")] = None
    validation: Annotated[
        float, Ge(0), Lt(1), Doc("fraction of the training samples held out for validation, stratified by class")
    ] = 0.0
    fold: Annotated[
        int | None, Ge(1), Le(10**9), Doc("fold of the training samples held out for validation, counted from 1")
    ] = None
    folds: Annotated[int | None, Ge(2), Le(10**9), Doc("number of folds K of the stratified K-fold split")] = None
    augment: Annotated[
        list[Augmentation],
        Component("augmentation", many=True),
        MaxLen(100),
        Doc("data augmentation of the training images, applied in this order"),
    ] = field(default_factory=list)

    @property
    def task(self) -> Task:
        """What the targets are, known before anything is read."""
        return CLASSES

    @abstractmethod
    def read(self, rng: RandomGenerator) -> Dataset:
        """All samples of the dataset; generated data draws its random numbers from ``rng``."""

    def files(self) -> list[Path]:
        """The files of the dataset, existing or not; empty for generated data."""
        return [self.download.folder / file.name for file in self.download.files] if self.download else []

    def fetch(self, observer: DownloadObserver | None = None) -> None:
        """Download missing files; ``load`` does so too, without an observer. Raises DataError when it fails."""
        if self.download:
            self.download.fetch(observer)

    def finish(self, dataset: Dataset) -> Dataset:
        """Preprocessing that depends on the training samples, such as scaling by their statistics."""
        return dataset

    def load(
        self,
        rng: RandomGenerator,
        split_rng: RandomGenerator | None = None,
        read: "ReadDataset | None" = None,
        *,
        finished: bool = True,
    ) -> Dataset:
        """The dataset limited to ``train_size`` and ``test_size``, then split by ``validation`` or ``fold``.

        ``split_rng`` (default: ``rng``) chooses the held-out samples, ``read`` stands in for :meth:`read`; without
        ``finished`` the samples are as before :meth:`finish`. Raises DataError when the data is missing, corrupt, or
        has fewer samples than requested, and UsageError when it cannot be split or augmented.
        """
        dataset = self.read(rng) if read is None else read(self, rng)
        check_augmentations(self.augment, dataset.sample_shape, dataset.train.inputs.dtype)
        train, test = dataset.train, dataset.test
        if self.train_size is not None:
            train = self._first("train_size", self.train_size, train)
        if self.test_size is not None:
            if test is None:
                raise DataError(f"data.test_size: {registered_name(self)} has no test samples here; remove test_size")
            test = self._first("test_size", self.test_size, test)
        if dataset.validation and self._holds_out_training:
            key, count = "validation" if self.fold is None else "fold", len(dataset.validation)
            raise UsageError(f"data.{key}: the data already contains {count} validation samples; remove {key}")
        train, validation = self._split(train, split_rng or rng)
        dataset = replace(dataset, train=train, test=test, validation=validation or dataset.validation)
        return self.finish(dataset) if finished else dataset

    @property
    def holds_out(self) -> bool:
        """Whether the dataset has validation samples, or may have, as far as is known before it is read."""
        return self._holds_out_training

    @property
    def _holds_out_training(self) -> bool:
        return self.validation > 0 or self.fold is not None

    def conflicts(self) -> Iterator[tuple[tuple[str], str]]:
        """``fold`` and ``folds`` belong together and exclude ``validation``."""
        if self.fold is not None and self.folds is None:
            yield ("fold",), "needs data.folds, the number of folds"
        if self.folds is not None and self.fold is None:
            yield ("folds",), f"needs data.fold, from 1 to {self.folds} (nnlab crossval trains all folds)"
        if self.fold is not None and self.folds is not None and self.fold > self.folds:
            yield ("fold",), f"must be at most {self.folds}, the number of folds, got {self.fold}"
        if self.fold is not None and self.validation > 0:
            yield ("validation",), "both validation and fold are given; keep one"

    def _split(self, train: Split, rng: RandomGenerator) -> tuple[Split, Split | None]:
        """The training samples and the held-out ones."""
        for (key,), message in self.conflicts():
            raise UsageError(f"data.{key}: {message}")
        if self.fold is not None and self.folds is not None:
            kept, held_out = hold_out_fold(train.strata, self.fold, self.folds, rng)
        elif self.validation > 0:
            kept, held_out = hold_out_share(train.strata, self.validation, rng, train.fewest)
            if not len(held_out):
                raise UsageError(
                    f"data.validation: {self.validation} of {len(train)} training samples is less than one sample, or "
                    "would leave a class without training samples; 0 means no validation samples"
                )
        else:
            return train, None
        return train.parted(kept, held_out, in_place=self.fresh)

    def _first(self, key: str, size: int, split: Split) -> Split:
        if size > len(split):
            raise DataError(f"data.{key}: {size} samples requested, but {registered_name(self)} has {len(split)}")
        return split.first(size)


ReadDataset = Callable[[DatasetSource, RandomGenerator], Dataset]
"""Reads all samples of a dataset, as :meth:`DatasetSource.read` does."""
