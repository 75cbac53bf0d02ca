"""Arrays of numbers to predict: (N,), or one column for each target (N, K)."""

from collections.abc import Mapping

import numpy as np

from nnlab.core.arrays import Array
from nnlab.errors import DataError

MOST_TARGETS = 10_000


def as_targets(
    parts: Mapping[str, Array], where: Mapping[str, str], name: str
) -> tuple[dict[str, Array], tuple[str, ...]]:
    """The targets (N, K) of all splits in float64, and their names: ``name``, or ``name1``, ``name2``, ...

    Raises DataError, prefixed with the split's ``where``, for arrays that are not finite numbers of these shapes.
    """
    found = {part: target_columns(array, where[part]) for part, array in parts.items()}
    widths = {array.shape[1] for array in found.values()}
    if len(widths) > 1:
        shapes = ", ".join(str(array.shape) for array in found.values())
        raise DataError(f"{next(iter(where.values()))}: expected as many targets in all splits, found shapes {shapes}")
    (width,) = widths
    return found, (name,) if width == 1 else tuple(f"{name}{number}" for number in range(1, width + 1))


def target_columns(array: Array, where: str, count: int | None = None) -> Array:
    """Targets (N, K) in float64, K being ``count`` where it is given; raises DataError for others."""
    if array.dtype.kind not in "biuf":
        raise DataError(
            f"{where}: expected numbers, found {array.dtype}; data.label in place of data.target predicts classes"
        )
    columns = array[:, np.newaxis] if array.ndim == 1 else array
    expected = "(N,) or (N, K)" if count is None else f"(N, {count})"
    fits = columns.ndim == 2 and (1 <= columns.shape[1] <= MOST_TARGETS if count is None else columns.shape[1] == count)
    if not fits:
        raise DataError(f"{where}: expected targets of shape {expected}, found {array.shape}")
    numbers = columns.astype(np.float64)
    if not (finite := np.isfinite(numbers).all(axis=1)).all():
        row = int(np.argmin(finite))
        raise DataError(f"{where}: row {row} (from 0): expected finite numbers, found {numbers[row].tolist()}")
    return numbers
