"""Pooling against plain loops over the pixels of each window inside the image."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.errors import ShapeError
from nnlab.layers.planning import multiply_adds
from nnlab.layers.pool import AvgPool, GlobalAvgPool, MaxPool

Prepared = Callable[..., Any]
ORDERS = ["channels first", "channels last", "cropped"]
PADDINGS: list[int | str] = ["same", "valid", 0, 1, 2]
Case = tuple[dict[str, Any], tuple[int, int, int, int], tuple[str, str], int]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Keys of a pool, the shape of a batch, the memory orders of x and dy, a seed."""
    N, C, H, W = (draw(st.integers(1, most)) for most in (3, 3, 8, 8))
    padding = draw(st.sampled_from(PADDINGS))
    border = padding if isinstance(padding, int) else 0
    largest = 5 if padding == "same" else min(H, W) + 2 * border
    size = draw(st.integers(border + 1, min(largest, 5)))
    keys: dict[str, Any] = {"size": size, "stride": draw(st.sampled_from([None, 1, 2, 3])), "padding": padding}
    if draw(st.booleans()):  # a rectangle: the other axis has settings of its own
        across = draw(st.integers(1, min(5, W)))
        keys["size"], keys["stride"] = [size, across], draw(st.sampled_from([None, [1, 2], [3, 1], 2]))
        if isinstance(padding, int):
            keys["padding"] = [padding, draw(st.integers(0, across - 1))]
    orders = (draw(st.sampled_from(ORDERS)), draw(st.sampled_from(ORDERS)))
    return keys, (N, C, H, W), orders, draw(st.integers(0, 2**32 - 1))


def starts(length: int, size: int, stride: int, padding: int | str) -> list[int]:
    """Where the windows along one axis start, counted from the first pixel; the odd row of ``same`` is behind."""
    if padding == "same":
        count = -(-length // stride)
        total = max((count - 1) * stride + size - length, 0)
        return [window * stride - total // 2 for window in range(count)]
    border = 0 if padding == "valid" else int(padding)
    return list(range(-border, length + border - size + 1, stride))


def windows(keys: dict[str, Any], H: int, W: int) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """Each place of the output with the pixels of its window inside the image, in raster order."""
    settings = (keys["size"], keys["stride"] or keys["size"], keys["padding"])
    down, across = ([value[axis] if isinstance(value, list) else value for value in settings] for axis in (0, 1))
    for (i, top), (j, left) in product(enumerate(starts(H, *down)), enumerate(starts(W, *across))):
        pixels = product(range(top, top + down[0]), range(left, left + across[0]))
        yield i, j, [(row, column) for row, column in pixels if 0 <= row < H and 0 <= column < W]


def out_shape(keys: dict[str, Any], H: int, W: int) -> tuple[int, int]:
    last_i, last_j, _ = list(windows(keys, H, W))[-1]
    return last_i + 1, last_j + 1


def max_loops(keys: dict[str, Any], x: np.ndarray, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The maxima, and dx: all of dy goes to the first of the largest."""
    y, dx = np.zeros(dy.shape), np.zeros(x.shape)
    for n, c in product(range(x.shape[0]), range(x.shape[1])):
        for i, j, pixels in windows(keys, *x.shape[2:]):
            winner = pixels[0]
            for pixel in pixels:
                if x[n, c][pixel] > x[n, c][winner]:
                    winner = pixel
            y[n, c, i, j] = x[n, c][winner]
            dx[n, c][winner] += dy[n, c, i, j]
    return y, dx


def mean_loops(keys: dict[str, Any], x: np.ndarray, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The means over the pixels inside, and dx: each of them gets its part of dy."""
    y, dx = np.zeros(dy.shape), np.zeros(x.shape)
    for n, c in product(range(x.shape[0]), range(x.shape[1])):
        for i, j, pixels in windows(keys, *x.shape[2:]):
            y[n, c, i, j] = sum(x[n, c][pixel] for pixel in pixels) / len(pixels)
            for pixel in pixels:
                dx[n, c][pixel] += dy[n, c, i, j] / len(pixels)
    return y, dx


def assert_pool(
    layer: Any,
    oracle: Any,
    case: Case,
    laid_out: Callable[..., Any],
    dtype: Any,
    tolerance: float,
    *,
    ties: bool = False,
) -> None:
    keys, (N, C, H, W), orders, seed = case
    rng = np.random.default_rng(seed)
    assert layer.out_shape == (C, *out_shape(keys, H, W))
    x = rng.integers(-3, 0, (N, C, H, W)) * 1.0 if ties else rng.standard_normal((N, C, H, W)) - 3
    x, dy = x.astype(dtype), rng.standard_normal((N, *layer.out_shape)).astype(dtype)
    y = layer.forward(laid_out(x, orders[0], dtype), training=True).copy()
    dx = layer.backward(laid_out(dy, orders[1], dtype))
    assert y.dtype == dx.dtype == dtype
    for array, expected in zip((y, dx), oracle(keys, x.astype(np.float64), dy.astype(np.float64)), strict=True):
        np.testing.assert_allclose(array, expected, rtol=tolerance, atol=tolerance)


@settings(max_examples=120)
@given(case=cases())
def test_max_pooling_is_the_plain_loops(prepared: Prepared, laid_out: Callable[..., Any], case: Case) -> None:
    assert_pool(prepared(MaxPool(**case[0]), case[1][1:]), max_loops, case, laid_out, np.float64, 1e-13)


@settings(max_examples=120)
@given(case=cases())
def test_of_equals_the_first_in_raster_order_takes_the_gradient(
    prepared: Prepared, laid_out: Callable[..., Any], case: Case
) -> None:
    assert_pool(prepared(MaxPool(**case[0]), case[1][1:]), max_loops, case, laid_out, np.float64, 1e-13, ties=True)


@settings(max_examples=120)
@given(case=cases())
def test_average_pooling_is_the_plain_loops(prepared: Prepared, laid_out: Callable[..., Any], case: Case) -> None:
    assert_pool(prepared(AvgPool(**case[0]), case[1][1:]), mean_loops, case, laid_out, np.float64, 1e-13)


@pytest.mark.parametrize(("cls", "oracle"), [(MaxPool, max_loops), (AvgPool, mean_loops)])
@settings(max_examples=30)
@given(case=cases())
def test_float32_stays_float32_and_close(
    prepared: Prepared, laid_out: Callable[..., Any], cls: Any, oracle: Any, case: Case
) -> None:
    assert_pool(prepared(cls(**case[0]), case[1][1:], np.float32), oracle, case, laid_out, np.float32, 1e-5)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("N", "C", "H", "W"), [(1, 1, 1, 1), (2, 3, 4, 5), (3, 2, 1, 6)])
def test_the_global_average_is_the_mean_of_each_channel(
    prepared: Prepared, laid_out: Callable[..., Any], order: str, N: int, C: int, H: int, W: int
) -> None:
    layer = prepared(GlobalAvgPool(), (C, H, W))
    assert layer.out_shape == (C,)
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal((N, C, H, W)), rng.standard_normal((N, C))
    y = layer.forward(laid_out(x, order), training=True).copy()
    dx = layer.backward(dy)
    assert dx.shape == x.shape
    for n, c in product(range(N), range(C)):
        assert y[n, c] == pytest.approx(sum(x[n, c].ravel().tolist()) / (H * W), rel=1e-13)
        for i, j in product(range(H), range(W)):
            assert dx[n, c, i, j] == pytest.approx(dy[n, c] / (H * W), rel=1e-13)


def test_the_global_average_keeps_float32(prepared: Prepared) -> None:
    layer = prepared(GlobalAvgPool(), (2, 3, 3), np.float32)
    assert layer.forward(np.ones((4, 2, 3, 3), np.float32), training=True).dtype == np.float32
    assert layer.backward(np.ones((4, 2), np.float32)).dtype == np.float32


GUIDE = [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]


@pytest.mark.parametrize(
    ("cls", "published"),
    [
        (MaxPool, [[3.0, 3.0, 3.0], [3.0, 3.0, 3.0], [3.0, 2.0, 3.0]]),
        (AvgPool, [[1.7, 1.7, 1.7], [1.0, 1.2, 1.8], [1.1, 0.8, 1.3]]),
    ],
)
def test_the_examples_of_the_guide_to_convolution_arithmetic(prepared: Prepared, cls: Any, published: Any) -> None:
    # Dumoulin & Visin 2016, arXiv 1603.07285, figures 1.5 and 1.6: 3x3 windows at steps of 1.
    y = prepared(cls(size=3, stride=1), (1, 5, 5)).forward(np.array([[GUIDE]], np.float64), training=True)
    np.testing.assert_array_equal(np.round(y, 1), [[published]])


def test_the_example_of_deep_learning_from_scratch(prepared: Prepared) -> None:
    # Chapter 7: 2x2 max pooling at steps of 2, which is the default.
    x = np.array([[[[1, 2, 1, 0], [0, 1, 2, 3], [3, 0, 1, 2], [2, 4, 0, 1]]]], np.float64)
    np.testing.assert_array_equal(prepared(MaxPool(), (1, 4, 4)).forward(x, training=True), [[[[2, 3], [4, 2]]]])


@pytest.mark.parametrize("padding", [1, "same"])
@pytest.mark.parametrize(("dtype", "least"), [(np.float32, -3e38), (np.float64, -1e308)])
def test_padding_is_never_the_maximum(prepared: Prepared, padding: Any, dtype: Any, least: float) -> None:
    layer = prepared(MaxPool(size=2, stride=1, padding=padding), (2, 1, 3), dtype)
    x = np.full((3, 2, 1, 3), least, dtype)
    for training in (True, False):
        np.testing.assert_array_equal(layer.forward(x, training=training), np.full((3, *layer.out_shape), dtype(least)))
    dx = layer.backward(np.ones((3, *layer.out_shape), dtype))
    assert dx.sum() == 3 * 2 * layer.out_shape[1] * layer.out_shape[2], "no gradient is lost to the border"


def test_the_mean_of_a_constant_image_is_the_constant_up_to_its_edge(prepared: Prepared) -> None:
    for padding in (1, 2, "same"):
        layer = prepared(AvgPool(size=3, stride=2, padding=padding), (1, 5, 6))
        np.testing.assert_allclose(layer.forward(np.full((2, 1, 5, 6), 7.0), training=True), 7.0, rtol=1e-15)


def test_a_stride_beyond_the_size_skips_pixels(prepared: Prepared) -> None:
    layer = prepared(MaxPool(size=1, stride=2), (1, 3, 3))
    x = np.arange(9.0).reshape(1, 1, 3, 3)
    np.testing.assert_array_equal(layer.forward(x, training=True), [[[[0, 2], [6, 8]]]])
    np.testing.assert_array_equal(layer.backward(np.ones((1, 1, 2, 2))), [[[[1, 0, 1], [0, 0, 0], [1, 0, 1]]]])


def test_kink_sides_number_the_winners_in_raster_order(prepared: Prepared) -> None:
    layer = prepared(MaxPool(size=2), (1, 2, 6))
    layer.forward(np.array([[[[1.0, 0, 0, 2, 5, 5], [0, 0, 3, 0, 5, 5]]]]), training=True)
    assert layer.kink_sides().ravel().tolist() == [0, 2, 0]


@pytest.mark.parametrize("cls", [MaxPool, AvgPool])
def test_batches_of_changing_size_do_not_disturb_each_other(prepared: Prepared, cls: Any) -> None:
    keys = {"size": 3, "stride": 2, "padding": 1}
    layer = prepared(cls(**keys), (2, 4, 5))
    oracle = max_loops if cls is MaxPool else mean_loops
    rng = np.random.default_rng(0)
    for N in (2, 7, 1, 7):
        x, dy = rng.standard_normal((N, 2, 4, 5)), rng.standard_normal((N, *layer.out_shape))
        layer.forward(np.full((N + 2, 2, 4, 5), 9.0), training=False)  # an evaluation between two steps
        y, dx = layer.forward(x, training=True), layer.backward(dy)
        for array, expected in zip((y, dx), oracle(keys, x, dy), strict=True):
            np.testing.assert_allclose(array, expected, rtol=1e-13, atol=1e-15)


def test_pools_have_no_parameters_and_windows_side_by_side_by_default(prepared: Prepared) -> None:
    for cls in (MaxPool, AvgPool):
        layer = prepared(cls(size=3), (4, 7, 9))
        assert (layer.out_shape, layer.parameters, multiply_adds(layer)) == ((4, 2, 3), [], 0)


@pytest.mark.parametrize(("cls", "name"), [(MaxPool, "max_pool"), (AvgPool, "avg_pool")])
def test_a_window_larger_than_the_image_is_refused(prepared: Prepared, cls: Any, name: str) -> None:
    with pytest.raises(ShapeError) as refusal:
        prepared(cls(size=3), (5, 2, 9), index=3)
    assert str(refusal.value) == f"layer 4 {name}: size 3 exceeds input 2x9"


@pytest.mark.parametrize("order", ["channels first", "channels last"])
def test_the_mean_of_many_pixels_keeps_its_digits(
    prepared: Callable[..., Any], laid_out: Callable[..., Any], order: str
) -> None:
    x = np.random.default_rng(0).random((1, 5, 224, 224)).astype(np.float32)
    layer = prepared(GlobalAvgPool(), (5, 224, 224), np.float32)
    y = layer.forward(laid_out(x, order, np.float32), training=True)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, x.astype(np.float64).mean(axis=(2, 3)), rtol=1e-7)
