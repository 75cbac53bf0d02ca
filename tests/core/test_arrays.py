"""Products and column sums: the same digits by either way, at the sizes where the way changes."""

import numpy as np
import pytest

from nnlab.core.arrays import ROWS_PER_SUM, SMALL_PRODUCT, UNPACKED, column_sums, product, rows_unpacked, tall_product

COLUMNS = 64


@pytest.mark.parametrize("rows", [1, SMALL_PRODUCT // COLUMNS, SMALL_PRODUCT // COLUMNS + 1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
@pytest.mark.parametrize("inner", [1, 2, 30])
def test_product_has_the_digits_of_matmul(rows: int, dtype: type, inner: int) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(inner, rows)).astype(dtype).T, rng.normal(size=(inner, COLUMNS)).astype(dtype)
    out = np.full((rows, COLUMNS), np.nan, dtype)
    assert product(a, b, out) is out
    np.testing.assert_array_equal(out, a @ b)


def test_products_and_sums_in_float64_fit_into_float32() -> None:
    """The gradient of a plugin's loss may be in float64."""
    x, dy = np.ones((5, 3), np.float32), np.full((5, 2), 0.5)
    np.testing.assert_array_equal(product(x.T, dy, np.empty((3, 2), np.float32)), np.full((3, 2), 2.5))
    np.testing.assert_array_equal(column_sums(dy, np.empty(2, np.float32)), [2.5, 2.5])


@pytest.mark.parametrize("rows", [1, ROWS_PER_SUM, ROWS_PER_SUM + 1, 2 * ROWS_PER_SUM, 2 * ROWS_PER_SUM + 3])
def test_column_sums_of_any_number_of_rows(rows: int) -> None:
    x = np.random.default_rng(0).integers(-9, 9, (rows, 3)).astype(np.float32)  # whole numbers: every sum is exact
    out = np.full(3, np.nan, np.float32)
    np.testing.assert_array_equal(column_sums(x), x.sum(axis=0))
    assert column_sums(x, out) is out
    np.testing.assert_array_equal(out, x.sum(axis=0))


@pytest.mark.parametrize("lead", [(), (3,)])
@pytest.mark.parametrize("M", [0, 5, 24, 1800, 2049])
@pytest.mark.parametrize(("K", "N"), [(27, 32), (288, 32), (300, 200)])
def test_tall_product_of_whole_numbers_is_exact(lead: tuple[int, ...], M: int, K: int, N: int) -> None:
    rng = np.random.default_rng(M)
    a = rng.integers(-3, 4, (*lead, K, M)).astype(np.float32).swapaxes(-1, -2)
    b = rng.integers(-3, 4, (*lead, K, N)).astype(np.float32)
    wide = np.full((*lead, M, 2 * N), np.nan, np.float32)
    assert tall_product(a, b, out=wide[..., N:]).shape == (*lead, M, N)
    np.testing.assert_array_equal(wide[..., N:], a @ b)
    assert np.isnan(wide[..., :N]).all()


@pytest.mark.parametrize(("numbers", "rows"), [(288 * 32, 104), (UNPACKED // 24, 24), (UNPACKED // 24 + 1, 0)])
def test_pieces_of_rows_stay_below_the_limit_of_packing(numbers: int, rows: int) -> None:
    assert rows_unpacked(numbers, at_least=24) == rows
    assert rows * numbers <= UNPACKED
