"""Tensors of a trace: their shapes in letters, their statistics, and the numbers that are shown of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Self

import numpy as np

from nnlab.core.arrays import Array
from nnlab.language import in_language

CORNER = 5
"""Rows and columns that are shown of a larger tensor."""


@dataclass(frozen=True, eq=False)
class Tensor:
    """Numbers with a name, what they are, and a letter for each axis.

    ``first`` is the index of the first row, where they are one sample of a batch. ``batch``: the first axis are
    samples; ``repeated``: it was shown before as the output of another layer.
    """

    name: str
    about: str
    values: Array
    axes: tuple[str, ...] = ()
    batch: bool = False
    first: int = 0
    repeated: bool = False

    def __post_init__(self) -> None:
        if len(self.axes) != self.values.ndim:
            object.__setattr__(self, "axes", ("",) * self.values.ndim)

    @property
    def shape_text(self) -> str:
        """``(N=100, D=50)``."""
        sizes = (
            f"{axis}={size}" if axis else f"{size}" for axis, size in zip(self.axes, self.values.shape, strict=True)
        )
        return f"({', '.join(sizes)}{',' if self.values.ndim == 1 and not self.axes[0] else ''})"

    @property
    def has_statistics(self) -> bool:
        """Whether mean and deviation say something: of several numbers that are no indices."""
        return self.values.size > 1 and self.values.dtype.kind == "f"

    def about_shown(self, most: int) -> str:
        """What it is, and where its numbers are if they are not shown here."""
        if not (self.repeated and self.values.size > most):
            return self.about
        return in_language(f"{self.about}; its numbers are above", f"{self.about} (数値は上に表示)")

    def of_sample(self, row: int) -> Self:
        """One sample of the batch; tensors without samples stay as they are."""
        if not self.batch:
            return self
        return replace(self, values=self.values[row : row + 1], first=self.first + row)


@dataclass(frozen=True)
class Statistics:
    """Minimum, mean, standard deviation and maximum, the share of zeros, and the Euclidean norm, in float64."""

    min: float
    mean: float
    std: float
    max: float
    zeros: float
    norm: float

    @classmethod
    def of(cls, values: Array) -> Self:
        """Of an array with at least one number."""
        flat = np.asarray(values, np.float64).reshape(-1)
        with np.errstate(all="ignore"):  # of a step that diverged
            return cls(
                float(flat.min()),
                float(flat.mean()),
                float(flat.std()),
                float(flat.max()),
                float(np.mean(flat == 0)),
                float(np.sqrt(np.square(flat).sum())),
            )


@dataclass(frozen=True, eq=False)
class Panel:
    """A matrix of numbers: ``rows`` and ``columns`` are the indices; ``place`` is that in the axes before, or empty.

    ``part`` says of what it is a part: the corner, or the middle of an image; empty where it is whole.
    """

    place: str
    values: Array
    rows: Sequence[int]
    columns: Sequence[int]
    row_axis: str
    column_axis: str
    part: str


def panels(tensor: Tensor, most: int, corner: int = CORNER) -> Iterator[Panel]:
    """Every number of a tensor of at most ``most``, matrix by matrix; of a larger one a part of the first matrix."""
    values, axes = tensor.values, tensor.axes
    whole = values.size <= most
    if most == 0 or values.size == 0 or (tensor.repeated and not whole):
        return
    if values.ndim < 2:
        values, axes = values.reshape(1, -1), ("", *axes) if axes else ("", "")
    *outer, height, width = values.shape
    first = (tensor.first if tensor.batch and tensor.values.ndim > 1 else 0,) + (0,) * (values.ndim - 1)
    # The corners of images are often empty.
    top, left = (max(size - corner, 0) // 2 if axes[-2:] == ("H", "W") else 0 for size in (height, width))
    part = (slice(None), slice(None)) if whole else (slice(top, top + corner), slice(left, left + corner))
    top, left = (0, 0) if whole else (top, left)
    places = product(*(range(size) for size in outer))
    for place in places if whole else islice(places, 1):
        shown = values[place][part]
        titles = (index_text(axis or "axis", at + start) for axis, at, start in zip(axes, place, first, strict=False))
        yield Panel(
            place=", ".join(titles),
            values=shown,
            rows=range(first[len(outer)] + top, first[len(outer)] + top + shown.shape[0]),
            columns=range(left, left + shown.shape[1]),
            row_axis=axes[-2] if tensor.values.ndim > 1 else "",
            column_axis=axes[-1],
            part="" if whole else _part(shown.shape, tensor.values.shape, middle=bool(top or left)),
        )


def index_text(axis: str, index: int) -> str:
    """``n=3`` for the axis N; the index alone where an axis has no single letter or word."""
    return f"{axis.lower()}={index}" if axis.replace("_", "").isalpha() else str(index)


def _part(shown: Sequence[int], whole: Sequence[int], *, middle: bool) -> str:
    what = in_language("middle", "中央") if middle else in_language("corner", "左上")
    return in_language(f"{what} {_sizes(shown)} of {_sizes(whole)}", f"{_sizes(whole)} の{what} {_sizes(shown)}")


def _sizes(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))


def sample_axes(shape: Sequence[int], *, classes: bool = False, one_dimensional: bool = False) -> tuple[str, ...]:
    """The letters of a batch of samples of a shape; ``classes``: the last axis are scores; ``one_dimensional``: (C, L).

    N samples, T steps, D features, K classes or targets, C channels, H rows, W columns, L places.
    """
    letters = {
        0: (),
        1: ("K",) if classes else ("D",),
        2: ("C", "L") if one_dimensional else ("T", "K" if classes else "D"),
        3: ("C", "H", "W"),
        4: ("T", "C", "H", "W"),
    }
    return ("N", *letters.get(len(shape), ("",) * len(shape)))
