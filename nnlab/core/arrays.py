"""The array types that every other module uses, sums over rows, and copying saved arrays into place."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlab.errors import ShapeError
from nnlab.text import one_line

Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[int, ...]


def shape_text(shape: Shape) -> str:
    """A shape as messages show it: ``1x28x28``."""
    return "x".join(str(size) for size in shape) or "a single number"


# Rows in one go: of 57,600 rows of float32 in one sum, the last ones would lose four of their seven digits.
BLOCK = 1024


def column_sums(rows: Array, out: Array | None = None) -> Array:
    """Σ over the rows of (M, D), block by block: (D,).

    A product with ones sums the rows of a batch of 100 in 1.1 µs; rows.sum(0) takes 3.1 µs.
    """
    M, D = rows.shape
    ones = _ones(rows.dtype)
    if M <= BLOCK:
        return np.matmul(ones[:M], rows, out=out)
    whole = M - M % BLOCK
    blocks = np.matmul(ones, rows[:whole].reshape(-1, BLOCK, D))
    total = np.sum(blocks, axis=0, out=out)
    if whole < M:
        total += np.matmul(ones[: M - whole], rows[whole:])
    return total


@cache
def _ones(dtype: npt.DTypeLike) -> Array:
    return np.ones(BLOCK, dtype)


def arrays_under(name: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The arrays whose names begin with ``name.``, without that."""
    start = f"{name}."
    return {key.removeprefix(start): array for key, array in arrays.items() if key.startswith(start)}


def copy_arrays(saved: Mapping[str, Array], own: Mapping[str, Array], what: str) -> None:
    """Copy saved arrays into ``own``, all or none; raises ShapeError naming ``what`` when they are not like those."""
    if own.keys() != saved.keys():
        found, expected = (one_line(", ".join(sorted(names)), 300) for names in (saved, own))
        raise ShapeError(f"{what}: holds the arrays {found}; expected {expected}")
    for name, array in own.items():
        if saved[name].shape != array.shape:
            found, expected = shape_text(saved[name].shape), shape_text(array.shape)
            raise ShapeError(f"{what}: {name} is {found}, not {expected}")
        if not np.can_cast(saved[name].dtype, array.dtype, "same_kind"):
            raise ShapeError(f"{what}: {name} is {saved[name].dtype.name}, not {array.dtype.name}")
    for name, array in own.items():
        array[...] = saved[name]
