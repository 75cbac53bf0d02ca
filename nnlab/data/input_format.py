"""What a trained network expects of one sample: shape, columns, scaling and range of its raw inputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, Self

import numpy as np

from nnlab.core.arrays import Array, Shape

WHITE = 255
"""The largest value of a uint8 pixel; a network sees pixels divided by it."""


@dataclass(frozen=True)
class Column:
    """One column of a table: a number, or with ``categories`` one input (0 or 1) for each of them, in their order.

    ``missing`` is the number that stands in for an empty cell; None where every cell must hold a value.
    """

    name: str
    categories: tuple[str, ...] = ()
    missing: float | None = None

    @property
    def width(self) -> int:
        """How many inputs of the network come from this column."""
        return len(self.categories) or 1


@dataclass(frozen=True, eq=False)
class Scaling:
    """x ← (x − centre) / spread, with one centre and one spread for each number of a sample."""

    centre: Array
    spread: Array

    def apply(self, x: Array) -> Array:
        """The scaled samples (N, ...) as a new array."""
        scaled = x - self.centre
        scaled /= self.spread
        return np.asarray(scaled)

    def undo(self, x: Array) -> Array:
        """The raw samples (N, ...) of scaled ones, as a new array."""
        return x * self.spread + self.centre


@dataclass(frozen=True, eq=False)
class InputFormat:
    """The raw samples that a model was trained on, and how they become the network's inputs.

    ``shape`` is that of one sample: (C, H, W) for images, (D,) for features. ``pixels`` are uint8, 0 to 255, and
    divided by 255. ``low`` and ``high`` are the range of the raw training samples: one number for images, one for each
    feature (D,) otherwise.
    """

    shape: Shape
    class_names: tuple[str, ...]
    pixels: bool
    low: Array
    high: Array
    columns: tuple[Column, ...] = ()
    scaling: Scaling | None = None

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """A name for each feature, ``colour=red`` for a category; empty where the data names none."""
        names: list[str] = []
        for column in self.columns:
            names += [f"{column.name}={value}" for value in column.categories] or [column.name]
        return tuple(names)

    def as_plain(self) -> dict[str, Any]:
        """Plain values for JSON."""
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
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The format that :meth:`as_plain` described; raises ValueError where the values describe none."""
        try:
            return cls._checked(plain)
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from None

    @classmethod
    def _checked(cls, plain: Mapping[str, Any]) -> Self:
        shape = tuple(plain["shape"])
        if not 1 <= len(shape) <= 3 or not all(type(side) is int and side > 0 for side in shape):
            raise ValueError(f"shape {plain['shape']}")
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
            raise ValueError("columns that do not make one sample")
        scaling = plain["scaling"]
        if scaling is not None:
            scaling = Scaling(_numbers(scaling["centre"], shape), _numbers(scaling["spread"], shape))
            if not scaling.spread.all():
                raise ValueError("a spread of 0")
        if type(plain["pixels"]) is not bool:
            raise ValueError("pixels that are neither true nor false")
        reach = shape if len(shape) == 1 else ()
        low, high = _numbers(plain["low"], reach), _numbers(plain["high"], reach)
        return cls(shape, class_names, plain["pixels"], low, high, columns, scaling)


def _texts(values: Sequence[object]) -> tuple[str, ...]:
    if not all(isinstance(value, str) for value in values):
        raise ValueError("a name that is no text")
    return tuple(str(value) for value in values)


def _numbers(values: object, shape: Shape) -> Array:
    numbers = np.array(values, np.float64)
    if numbers.shape != shape or not np.isfinite(numbers).all():
        raise ValueError(f"numbers of shape {numbers.shape} where {shape} finite ones belong")
    return numbers
