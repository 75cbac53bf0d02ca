"""Datasets: labelled training, validation and test samples with their class names."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from nnlab.core.arrays import Array, Shape
from nnlab.core.task import CLASSES, NUMBERS, Task
from nnlab.data.input_format import WHITE, Column, InputFormat, PictureSettings, Scaling, border_mean
from nnlab.data.target_columns import TargetColumns
from nnlab.errors import DataError
from nnlab.text import quote

COUNTED_AT_ONCE = 100_000
FEWEST_IN_PLACE = 16 << 20
"""Bytes of inputs that are reordered in place, a part of the columns at a time; fewer are copied."""
PASSES = 8
MOST_SEEN = 1000
"""The border of this many training images says whether they are on black or on white."""


@dataclass(frozen=True)
class Split:
    """Samples with targets: inputs (N, ...) as uint8 pixels, float64 features or int32 tokens.

    ``targets`` are classes, counted from 0: one a sample (N,), or one a step (N, T); or numbers (N, K) in float64.
    """

    inputs: Array
    targets: Array

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def strata(self) -> Array:
        """The class of each sample (N,), by which splits are stratified; all the same where a sample has none."""
        whole = self.targets.ndim == 1
        return self.targets if whole else np.zeros(len(self), np.intp)

    @property
    def fewest(self) -> int:
        """The samples at least that are left for training: two numbers, since one has no standard deviation."""
        return 2 if self.targets.dtype.kind == "f" else 1

    def first(self, count: int) -> "Split":
        """The first ``count`` samples, as views."""
        return self.part(slice(count))

    def part(self, place: slice) -> "Split":
        """Consecutive samples, as views."""
        return Split(self.inputs[place], self.targets[place])

    def take(self, indices: Array) -> "Split":
        """Copies of the samples at the given indices."""
        return Split(self.inputs[indices], self.targets[indices])

    def parted(self, first: Array, second: Array, *, in_place: bool = False) -> tuple["Split", "Split"]:
        """Two splits of all samples, at the given indices; ``in_place``: of inputs that may be reordered."""
        order = np.concatenate((first, second))
        place = in_place and self.inputs.flags.writeable and self.inputs.flags.c_contiguous
        if not place or self.inputs.nbytes < FEWEST_IN_PLACE:
            return self.take(first), self.take(second)
        flat, targets = self.inputs.reshape(len(self), -1), self.targets[order]
        columns = -(-flat.shape[1] // PASSES)
        for start in range(0, flat.shape[1], columns):
            flat[:, start : start + columns] = flat[order, start : start + columns]
        size = len(first)
        return Split(self.inputs[:size], targets[:size]), Split(self.inputs[size:], targets[size:])


@dataclass(frozen=True)
class Dataset:
    """Training, validation and test samples with the class names.

    ``numbers`` are the target columns of a regression, in place of classes; the splits' targets are scaled by them.
    ``validation`` holds samples for early stopping and model selection; the network is never fitted to them.
    ``checksums`` maps each file to the SHA-256 of its uncompressed contents. ``columns`` are the columns of a table, in
    feature order; ``scaling`` was applied to them. ``notes`` are one-line messages for the user, such as which column
    holds the labels. ``pictures`` says how pictures became images. ``tokens``: inputs are indices of ``class_names``.
    """

    train: Split
    test: Split | None
    class_names: tuple[str, ...]
    checksums: dict[str, str] = field(default_factory=dict)
    validation: Split | None = None
    columns: tuple[Column, ...] = ()
    scaling: Scaling | None = None
    notes: tuple[str, ...] = ()
    pictures: PictureSettings | None = None
    numbers: TargetColumns | None = None
    tokens: bool = False

    @property
    def task(self) -> Task:
        """Whether the targets are classes or numbers."""
        return CLASSES if self.numbers is None else NUMBERS

    @property
    def steps(self) -> int | None:
        """The number of steps T where every step of a sample has a target; None where a sample has one."""
        dimensions = 1 if self.numbers is None else 2
        return None if self.train.targets.ndim == dimensions else self.train.targets.shape[1]

    @property
    def out_shape(self) -> Shape:
        """The shape of the scores of one sample: (K,), or (T, K) where every step has a target."""
        outputs = self.classes if self.numbers is None else len(self.numbers)
        return (outputs,) if self.steps is None else (self.steps, outputs)

    @property
    def sample_shape(self) -> Shape:
        """The shape of one sample: (C, H, W) for images, (D,) for features."""
        return tuple(self.train.inputs.shape[1:])

    @property
    def splits(self) -> dict[str, Split]:
        """The existing splits by name: train, validation, test."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: split for name, split in parts.items() if split}

    def map_splits(self, change: Callable[[Split], Split]) -> "Dataset":
        """The dataset with every existing split changed."""
        splits = {name: change(split) for name, split in self.splits.items()}
        return replace(self, train=splits["train"], test=splits.get("test"), validation=splits.get("validation"))

    def with_standardised_targets(self) -> "Dataset":
        """Targets in the user's units scaled by their mean and standard deviation over the training samples.

        Targets that are classes, or scaled already, are unchanged. Raises DataError where all training samples have the
        same target, or where targets are too large.
        """
        if self.numbers is None or self.numbers.scaled:
            return self
        y = self.train.targets.reshape(-1, len(self.numbers))
        constant = np.flatnonzero((y == y[0]).all(axis=0))
        if len(constant) and len(y) > 1:
            name = quote(self.numbers.names[constant[0]])
            raise DataError(
                f"target {name}: expected different values, found {y[0, constant[0]]:g} in all {len(y):,} training "
                "samples; there is nothing to learn"
            )
        with np.errstate(all="ignore"):
            numbers = TargetColumns.standardising(self.numbers.names, y)
            scaled = self.map_splits(lambda split: replace(split, targets=numbers.apply(split.targets)))
        for split in scaled.splits.values():
            bad = ~np.isfinite(split.targets.reshape(-1, len(numbers))).all(axis=0) | ~np.isfinite(numbers.spread)
            if bad.any():
                name = quote(numbers.names[int(np.argmax(bad))])
                raise DataError(f"target {name}: the values are too large or too close together to scale")
        return replace(scaled, numbers=numbers)

    @property
    def classes(self) -> int:
        """The number of classes K."""
        return len(self.class_names)

    @property
    def class_counts(self) -> Array:
        """The number of training targets of each class, shape (K,); (0,) where targets are numbers."""
        return self.class_counts_of(self.train)

    def class_counts_of(self, split: Split) -> Array:
        """The number of targets of each class in one of the splits, shape (K,); (0,) where targets are numbers."""
        if self.task == NUMBERS:
            return np.zeros(0, np.intp)
        targets, counts = split.targets, np.zeros(self.classes, np.intp)
        for start in range(0, len(targets), COUNTED_AT_ONCE):  # windows of a text may overlap: no copy of all of them
            part = targets[start : start + COUNTED_AT_ONCE].reshape(-1)
            counts += np.bincount(part, minlength=self.classes)
        return counts

    @property
    def _ground(self) -> float | None:
        """The mean border of the training images, from 0 (darkest) to 1; None where it cannot be known."""
        inputs = self.train.inputs
        if inputs.ndim != 4 or (self.scaling is not None and np.ptp(self.scaling.spread) > 0):
            return None
        if inputs.dtype == np.uint8:
            return border_mean(inputs[:MOST_SEEN]) / WHITE
        least, span = float(inputs.min()), float(np.ptp(inputs))
        return (border_mean(inputs[:MOST_SEEN]) - least) / span if span > 0 else None

    @property
    def inputs(self) -> InputFormat:
        """The format of raw samples that a network trained on this data expects."""
        inputs = self.train.inputs
        pixels = inputs.dtype == np.uint8
        low, high = np.array(0.0), np.array(float(WHITE))
        if self.tokens:
            low, high = np.zeros(self.sample_shape), np.full(self.sample_shape, self.classes - 1.0)
        elif not pixels:
            ends = [end.astype(np.float64) for end in (inputs.min(axis=0), inputs.max(axis=0))]
            low, high = map(self.scaling.undo, ends) if self.scaling else ends
            if inputs.ndim > 2:
                low, high = low.min(), high.max()
        return InputFormat(
            self.sample_shape,
            self.class_names,
            pixels,
            low,
            high,
            self.columns,
            self.scaling,
            self._ground,
            self.pictures,
            self.numbers,
            self.steps,
            self.tokens,
        )
