"""The input format of a trained network: shape, columns, scaling and range of raw samples."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from math import prod
from typing import Any, Self

import numpy as np

from nnlab.core.arrays import Array, Shape
from nnlab.core.task import CLASSES, NUMBERS, Task
from nnlab.data.target_columns import TargetColumns

GROUND = "ground"

WHITE = 255
"""The largest uint8 pixel value; pixels are divided by it before they enter the network."""


@dataclass(frozen=True)
class Column:
    """One column of a table: numeric, or one-hot encoded with one input for each of ``categories``.

    ``missing`` replaces a missing value; None where missing values are errors.
    """

    name: str
    categories: tuple[str, ...] = ()
    missing: float | None = None

    @property
    def width(self) -> int:
        """The number of network inputs from this column."""
        return len(self.categories) or 1


@dataclass(frozen=True, eq=False)
class Scaling:
    """x ← (x − centre) / spread, elementwise, both of the shape of one sample."""

    centre: Array
    spread: Array

    def apply(self, x: Array) -> Array:
        """Scale samples (N, ...) into a new array."""
        scaled = x - self.centre
        scaled /= self.spread
        return np.asarray(scaled)

    def undo(self, x: Array) -> Array:
        """The inverse of :meth:`apply`, as a new array."""
        return x * self.spread + self.centre


@dataclass(frozen=True)
class PictureSettings:
    """How training pictures became images: keys ``fit`` and ``invert`` of :mod:`nnlab.data.pictures.fitting`."""

    fit: str
    invert: str


@dataclass(frozen=True, eq=False)
class InputFormat:
    """The format of raw samples and their conversion to network inputs.

    ``shape`` is the shape of one sample: (C, H, W) for images, (D,) for features. ``pixels``: uint8 values from 0 to
    255, divided by 255. ``low`` and ``high`` are the range of the raw training samples: a scalar for images, else one
    value per feature (D,). ``ground`` is the mean border of the training images, from 0 (black) to 1 (white); None
    where it was not recorded. ``pictures`` says how training pictures became images; None where there were none.
    ``targets`` are the columns that a regression predicts, in place of classes. ``steps`` is the number of steps T
    where every step of a sample has a target. ``tokens``: samples are indices of ``class_names``, the vocabulary.
    """

    shape: Shape
    class_names: tuple[str, ...]
    pixels: bool
    low: Array
    high: Array
    columns: tuple[Column, ...] = ()
    scaling: Scaling | None = None
    ground: float | None = None
    pictures: PictureSettings | None = None
    targets: TargetColumns | None = None
    steps: int | None = None
    tokens: bool = False

    @property
    def task(self) -> Task:
        """Whether the targets are classes or numbers."""
        return CLASSES if self.targets is None else NUMBERS

    @property
    def out_shape(self) -> Shape:
        """The shape of the scores of one sample: (K,), or (T, K) where every step has a target."""
        outputs = len(self.class_names if self.targets is None else self.targets)
        return (outputs,) if self.steps is None else (self.steps, outputs)

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """The feature names, ``colour=red`` for a category; empty if the data has no names."""
        names: list[str] = []
        for column in self.columns:
            names += [f"{column.name}={value}" for value in column.categories] or [column.name]
        return tuple(names)

    def as_plain(self) -> dict[str, Any]:
        """The format as plain values for JSON; optional keys only where they are known."""
        optional: dict[str, Any] = {} if self.ground is None else {GROUND: self.ground}
        if self.pictures is not None:
            optional["pictures"] = asdict(self.pictures)
        if self.targets is not None:
            optional["targets"] = self.targets.as_plain()
        if self.steps is not None:
            optional["steps"] = self.steps
        if self.tokens:
            optional["tokens"] = True
        return {
            "shape": list(self.shape),
            "pixels": self.pixels,
            "classes": list(self.class_names),
            "columns": [
                {"name": column.name, "categories": list(column.categories), "missing": column.missing}
                for column in self.columns
            ],
            "scaling": None
            if self.scaling is None
            else {"centre": self.scaling.centre.tolist(), "spread": self.scaling.spread.tolist()},
            "low": self.low.tolist(),
            "high": self.high.tolist(),
            **optional,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_plain`; raises ValueError for invalid values."""
        try:
            return cls._checked(plain)
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from None

    @classmethod
    def _checked(cls, plain: Mapping[str, Any]) -> Self:
        shape = tuple(plain["shape"])
        if not 1 <= len(shape) <= 3 or not all(type(side) is int and side > 0 for side in shape):
            raise ValueError(f"invalid shape {plain['shape']}")
        class_names = _texts(plain["classes"])
        columns = tuple(
            Column(
                _texts([entry["name"]])[0],
                _texts(entry["categories"]),
                None if entry["missing"] is None else float(entry["missing"]),
            )
            for entry in plain["columns"]
        )
        if columns and sum(column.width for column in columns) != prod(shape):
            raise ValueError("the columns do not match the shape")
        scaling = plain["scaling"]
        if scaling is not None:
            scaling = Scaling(_numbers(scaling["centre"], shape), _numbers(scaling["spread"], shape))
            if not scaling.spread.all():
                raise ValueError("spread contains 0")
        if type(plain["pixels"]) is not bool:
            raise ValueError("pixels must be true or false")
        range_shape = shape if len(shape) == 1 else ()
        low, high = _numbers(plain["low"], range_shape), _numbers(plain["high"], range_shape)
        ground = plain.get(GROUND)
        if ground is not None and not (isinstance(ground, int | float) and 0 <= ground <= 1):
            raise ValueError("ground must be from 0 to 1")
        pictures = plain.get("pictures")
        if pictures is not None:
            pictures = PictureSettings(*_texts([pictures["fit"], pictures["invert"]]))
        targets = plain.get("targets")
        if targets is not None:
            targets = TargetColumns.from_plain(targets)
        steps = plain.get("steps")
        if steps is not None and not (type(steps) is int and steps > 0):
            raise ValueError("steps must be a whole number above 0")
        tokens = plain.get("tokens", False)
        if type(tokens) is not bool:
            raise ValueError("tokens must be true or false")
        pixels = plain["pixels"]
        return cls(shape, class_names, pixels, low, high, columns, scaling, ground, pictures, targets, steps, tokens)


def border_mean(images: Array) -> float:
    """The mean of the outermost pixels of images (N, C, H, W)."""
    edges = (images[:, :, 0], images[:, :, -1], images[:, :, :, 0], images[:, :, :, -1])
    return float(np.mean([edge.mean() for edge in edges]))


def _texts(values: Sequence[object]) -> tuple[str, ...]:
    if not all(isinstance(value, str) for value in values):
        raise ValueError("a name is not text")
    return tuple(str(value) for value in values)


def _numbers(values: object, shape: Shape) -> Array:
    numbers = np.array(values, np.float64)
    if numbers.shape != shape or not np.isfinite(numbers).all():
        raise ValueError(f"expected finite numbers of shape {shape}, found shape {numbers.shape}")
    return numbers
