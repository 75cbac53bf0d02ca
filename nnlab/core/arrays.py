"""Array types, matrix products, column sums, and copies of saved arrays."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlab.errors import ShapeError
from nnlab.text import one_line

Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[int, ...]

LARGEST_EXPONENT = 709.0
"""The exponential of a number up to this is finite in double precision."""


def shape_text(shape: Shape) -> str:
    """A shape for messages: ``1x28x28``."""
    return "x".join(str(size) for size in shape) or "a single number"


# Rows per partial sum: summing 57,600 float32 rows at once would lose four of seven digits of the last rows.
ROWS_PER_SUM = 1024


def column_sums(rows: Array, out: Array | None = None) -> Array:
    """Column sums of (M, D), in blocks of rows: (D,).

    A product with ones sums 100 rows of 100 in 0.7 µs, in 1.4 as a matmul; rows.sum(0) takes 4.6.
    """
    M, D = rows.shape
    if M <= ROWS_PER_SUM:
        ones = _ones(rows.dtype, M)
        cast = out is not None and out.dtype != rows.dtype  # which dot refuses
        total: Array = np.matmul(ones, rows, out=out) if cast else ones.dot(rows, out)
        return total
    ones = _ones(rows.dtype, ROWS_PER_SUM)
    whole = M - M % ROWS_PER_SUM
    blocks = np.matmul(ones, rows[:whole].reshape(-1, ROWS_PER_SUM, D))
    total = np.sum(blocks, axis=0, out=out)
    if whole < M:
        total += np.matmul(ones[: M - whole], rows[whole:])
    return total


SMALL_PRODUCT = 2**14
"""The numbers at most of a :func:`product` that ``ndarray.dot`` computes."""


def product(a: Array, b: Array, out: Array) -> Array:
    """The matrix product a b, written to ``out``, an array in rows; a product of another dtype is cast.

    ``ndarray.dot`` gives the digits of ``matmul`` and begins 0.65 µs sooner: (100, 40) times (40, 20) takes 2.2 in
    place of 2.8 µs. But it sets ``out`` to zero first, which takes longer than that for many numbers.
    """
    if out.size <= SMALL_PRODUCT and a.dtype == b.dtype == out.dtype:
        a.dot(b, out)
    else:
        np.matmul(a, b, out=out)
    return out


UNPACKED = 10**6
"""The multiply-adds at most of a product that OpenBLAS computes from matrices as they are (with AVX-512).

For more it copies both into panels first. Each number of a tall matrix is copied for a few multiply-adds only: 1800
rows times (288, 32) take 0.37 ms at once and 0.29 ms in pieces of 104 rows, 28,800 rows times (25, 30) 0.70 and
0.43 ms. Where there are panels for small products too (AVX2), pieces take 3 % longer.
"""


def rows_unpacked(products_of_row: int, at_least: int) -> int:
    """The rows of a piece of a tall matrix, by the multiply-adds of a row; 0 where that leaves too few."""
    rows = UNPACKED // products_of_row
    return rows - rows % 8 if rows >= at_least else 0


def tall_product(a: Array, b: Array, out: Array) -> Array:
    """Product of tall matrices (..., M, K) and small ones (..., K, N), written to ``out``, in pieces of rows."""
    M = a.shape[-2]
    rows = rows_unpacked(b.shape[-2] * b.shape[-1], at_least=24)
    whole = M - M % rows if rows else 0
    if whole:
        pieces, products = (array[..., :whole, :] for array in (a, out))
        pieces, products = (x.reshape(*x.shape[:-2], -1, rows, x.shape[-1]) for x in (pieces, products))
        np.matmul(pieces, b[..., None, :, :], out=products)
    if whole < M:
        np.matmul(a[..., whole:, :], b, out=out[..., whole:, :])
    return out


ZEROS = 2**16
"""The numbers at most of :func:`zeros_like`."""


def zeros_like(x: Array) -> Array:
    """Zeros in rows in the shape of x, which must have at most ``ZEROS`` numbers; all share one memory."""
    return _zeros(x.dtype)[: x.size].reshape(x.shape)


@cache
def _zeros(dtype: npt.DTypeLike) -> Array:
    zeros = np.zeros(ZEROS, dtype)
    zeros.flags.writeable = False
    return zeros


@cache
def _ones(dtype: np.dtype[Any], count: int) -> Array:
    return np.ones(ROWS_PER_SUM, dtype) if count == ROWS_PER_SUM else _ones(dtype, ROWS_PER_SUM)[:count]


def arrays_under(name: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The arrays with the prefix ``name.``, which is removed."""
    prefix = f"{name}."
    return {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}


def copy_arrays(saved: Mapping[str, Array], own: Mapping[str, Array], what: str) -> None:
    """Copy saved arrays into ``own``, all or none; raises ShapeError, prefixed with ``what``, on a mismatch."""
    if own.keys() != saved.keys():
        found, expected = (one_line(", ".join(sorted(names)), 300) for names in (saved, own))
        raise ShapeError(f"{what}: expected the arrays {expected}; found {found}")
    for name, array in own.items():
        if saved[name].shape != array.shape:
            found, expected = shape_text(saved[name].shape), shape_text(array.shape)
            raise ShapeError(f"{what}: {name}: expected shape {expected}, found {found}")
        if not np.can_cast(saved[name].dtype, array.dtype, "same_kind"):
            raise ShapeError(f"{what}: {name}: expected {array.dtype.name}, found {saved[name].dtype.name}")
    for name, array in own.items():
        array[...] = saved[name]
