"""The convolution against seven nested loops, published worked examples, and the linear layer."""

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from math import sqrt
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.core.initialisers import Normal
from nnlab.errors import ShapeError
from nnlab.layers import im2col
from nnlab.layers.conv import Conv2D
from nnlab.layers.im2col import Columns
from nnlab.layers.linear import Linear
from nnlab.layers.planning import multiply_adds

Prepared = Callable[..., Any]
ORDERS = ["channels first", "channels last", "cropped"]
PADDINGS: list[int | str] = ["same", "valid", 0, 1, 2, 3]


@dataclass(frozen=True)
class Case:
    """Sizes and keys of a convolution, with the memory orders of x and dy."""

    N: int
    in_shape: tuple[int, int, int]
    F: int
    K: int
    stride: int
    padding: int | str
    bias: bool
    orders: tuple[str, str]
    seed: int


@st.composite
def cases(draw: st.DrawFn) -> Case:
    C, H, W = (draw(st.integers(1, most)) for most in (3, 8, 8))
    padding = draw(st.sampled_from(PADDINGS))
    border = padding if isinstance(padding, int) else 0
    largest = 5 if padding == "same" else min(H, W) + 2 * border
    K = draw(st.integers(border + 1, min(largest, 5)))
    sizes = {"N": draw(st.integers(1, 3)), "F": draw(st.integers(1, 3)), "stride": draw(st.integers(1, 4))}
    orders = (draw(st.sampled_from(ORDERS)), draw(st.sampled_from(ORDERS)))
    return Case(
        in_shape=(C, H, W),
        K=K,
        padding=padding,
        bias=draw(st.booleans()),
        orders=orders,
        seed=draw(st.integers(0, 2**32 - 1)),
        **sizes,
    )


def along(length: int, K: int, stride: int, padding: int | str) -> list[int]:
    """Where the windows along one axis start, counted from the first pixel of the image.

    ``same`` as TensorFlow and ONNX (SAME_UPPER) define it: ⌈length/stride⌉ windows, the odd row of padding behind.
    """
    if padding == "same":
        count = -(-length // stride)
        total = max((count - 1) * stride + K - length, 0)
        return [window * stride - total // 2 for window in range(count)]
    border = 0 if padding == "valid" else int(padding)
    return list(range(-border, length + border - K + 1, stride))


def loops(x: Any, W: Any, b: Any, dy: Any, starts: tuple[list[int], list[int]]) -> dict[str, Any]:
    """y and the gradients of Σ y·dy for x, W and b, one product at a time."""
    C, H, width = x.shape[1:]
    F, _, K, _ = W.shape
    y = np.zeros((len(x), F, len(starts[0]), len(starts[1])))
    dx, dW, db = np.zeros(x.shape), np.zeros(W.shape), np.zeros(F)
    for n, f, (i, top), (j, left) in product(range(len(x)), range(F), enumerate(starts[0]), enumerate(starts[1])):
        y[n, f, i, j] += b[f]
        db[f] += dy[n, f, i, j]
        for c, u, v in product(range(C), range(K), range(K)):
            row, column = top + u, left + v
            if 0 <= row < H and 0 <= column < width:
                y[n, f, i, j] += W[f, c, u, v] * x[n, c, row, column]
                dx[n, c, row, column] += W[f, c, u, v] * dy[n, f, i, j]
                dW[f, c, u, v] += x[n, c, row, column] * dy[n, f, i, j]
    return {"y": y, "dx": dx, "dW": dW, "db": db}


def random_problem(layer: Any, N: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Random parameters in the layer; a random input and a random gradient for its output."""
    rng = np.random.default_rng(seed)
    for parameter in layer.parameters:
        parameter.value[...] = rng.standard_normal(parameter.shape)
    return rng.standard_normal((N, *layer.in_shape)), rng.standard_normal((N, *layer.out_shape))


def computed(layer: Any, x: Any, dy: Any) -> dict[str, Any]:
    y = layer.forward(x, training=True).copy()
    dx = layer.backward(dy).copy()
    return {"y": y, "dx": dx, "dW": layer.W.grad.copy(), **({"db": layer.b.grad.copy()} if layer.bias else {})}


def expected(layer: Any, x: np.ndarray, dy: np.ndarray) -> dict[str, Any]:
    starts = [along(length, layer.kernel, layer.stride, layer.padding) for length in x.shape[2:]]
    b = layer.b.value if layer.bias else np.zeros(layer.filters)
    oracle = loops(x, layer.W.value, b, dy, (starts[0], starts[1]))
    return oracle if layer.bias else {key: oracle[key] for key in ("y", "dx", "dW")}


def assert_same(layer: Any, x: np.ndarray, dy: np.ndarray, given_x: Any, given_dy: Any, tolerance: float) -> None:
    oracle = expected(layer, x, dy)
    for key, array in computed(layer, given_x, given_dy).items():
        assert array.dtype == given_x.dtype
        np.testing.assert_allclose(array, oracle[key], rtol=tolerance, atol=tolerance, err_msg=key)


@examples(200)
@given(case=cases())
def test_forward_and_backward_are_the_plain_loops(prepared: Prepared, laid_out: Callable[..., Any], case: Case) -> None:
    layer = prepared(
        Conv2D(filters=case.F, kernel=case.K, stride=case.stride, padding=case.padding, bias=case.bias),  # type: ignore[arg-type]
        case.in_shape,
    )
    starts = [along(length, case.K, case.stride, case.padding) for length in case.in_shape[1:]]
    assert layer.out_shape == (case.F, len(starts[0]), len(starts[1]))
    x, dy = random_problem(layer, case.N, case.seed)
    assert_same(layer, x, dy, laid_out(x, case.orders[0]), laid_out(dy, case.orders[1]), 1e-12)


@settings(max_examples=40)
@given(case=cases())
def test_float32_stays_float32_and_close(prepared: Prepared, laid_out: Callable[..., Any], case: Case) -> None:
    layer = prepared(
        Conv2D(filters=case.F, kernel=case.K, stride=case.stride, padding=case.padding, bias=case.bias),  # type: ignore[arg-type]
        case.in_shape,
        np.float32,
    )
    x, dy = (array.astype(np.float32) for array in random_problem(layer, case.N, case.seed))
    assert_same(layer, x, dy, laid_out(x, case.orders[0], np.float32), laid_out(dy, case.orders[1], np.float32), 1e-4)


@dataclass(frozen=True)
class Axis:
    """Length, kernel, stride, padding and dilation along one axis."""

    length: int
    K: int
    stride: int
    padding: int | str
    gap: int

    @property
    def starts(self) -> list[int]:
        return along(self.length, self.gap * (self.K - 1) + 1, self.stride, self.padding)


@st.composite
def axes(draw: st.DrawFn, padding: str) -> Axis:
    K, gap, border = draw(st.integers(1, 4)), draw(st.integers(1, 3)), 0
    extent = gap * (K - 1) + 1
    if padding == "numbers":
        border = draw(st.integers(0, min(3, extent - 1)))
    least = 1 + extent // 4 if padding == "same" else max(1, extent - 2 * border)
    length = draw(st.integers(least, least + 4))
    return Axis(length, K, draw(st.integers(1, 3)), border if padding == "numbers" else padding, gap)


def grouped_loops(x: Any, W: Any, b: Any, dy: Any, down: Axis, across: Axis, groups: int) -> dict[str, Any]:
    """y and the gradients of Σ y·dy, one product at a time; filter f sees the channels of its own group."""
    F, C = W.shape[:2]
    y, dx, dW = np.zeros(dy.shape) + b[:, None, None], np.zeros(x.shape), np.zeros(W.shape)
    for (n, f, i, j), (c, u, v) in product(np.ndindex(dy.shape), np.ndindex(W.shape[1:])):
        row, column = down.starts[i] + u * down.gap, across.starts[j] + v * across.gap
        if 0 <= row < down.length and 0 <= column < across.length:
            at = (n, f // (F // groups) * C + c, row, column)
            y[n, f, i, j] += W[f, c, u, v] * x[at]
            dx[at] += W[f, c, u, v] * dy[n, f, i, j]
            dW[f, c, u, v] += x[at] * dy[n, f, i, j]
    return {"y": y, "dx": dx, "dW": dW, "db": dy.sum(axis=(0, 2, 3))}


@examples(150)
@given(data=st.data())
def test_rectangles_dilation_and_groups_are_the_plain_loops(
    prepared: Prepared, laid_out: Callable[..., Any], data: st.DataObject
) -> None:
    padding = data.draw(st.sampled_from(["numbers", "same", "valid"]))
    down, across = data.draw(axes(padding)), data.draw(axes(padding))
    groups, channels, filters = (data.draw(st.integers(1, most)) for most in (3, 2, 2))
    layer = prepared(
        Conv2D(
            filters=groups * filters,
            kernel=[down.K, across.K],
            stride=[down.stride, across.stride],
            padding=[down.padding, across.padding] if padding == "numbers" else padding,
            dilation=[down.gap, across.gap],
            groups=groups,
        ),
        (groups * channels, down.length, across.length),
    )
    assert layer.W.shape == (groups * filters, channels, down.K, across.K)
    assert layer.out_shape == (groups * filters, len(down.starts), len(across.starts))
    x, dy = random_problem(layer, data.draw(st.integers(1, 2)), data.draw(st.integers(0, 2**32 - 1)))
    layer.column_bytes = data.draw(st.sampled_from([1, 2**21]))
    expected = grouped_loops(x, layer.W.value, layer.b.value, dy, down, across, groups)
    orders = [data.draw(st.sampled_from(ORDERS)) for _ in range(2)]
    for key, array in computed(layer, laid_out(x, orders[0]), laid_out(dy, orders[1])).items():
        np.testing.assert_allclose(array, expected[key], rtol=1e-12, atol=1e-12, err_msg=key)


def test_a_pair_of_equal_numbers_is_the_number(prepared: Prepared) -> None:
    number = prepared(Conv2D(filters=3, kernel=3, stride=2, padding=1), (2, 6, 5))
    pair = prepared(Conv2D(filters=3, kernel=[3, 3], stride=[2, 2], padding=[1, 1], dilation=[1, 1]), (2, 6, 5))
    x, dy = random_problem(number, 3, seed=0)
    random_problem(pair, 3, seed=0)
    for one, other in zip(computed(number, x, dy).values(), computed(pair, x, dy).values(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("C", "F", "groups"), [(4, 6, 3), (6, 4, 3), (2, 2, 4)])
def test_groups_that_do_not_divide_channels_and_filters(prepared: Prepared, C: int, F: int, groups: int) -> None:
    with pytest.raises(ShapeError) as refusal:
        prepared(Conv2D(filters=F, groups=groups), (C, 5, 5))
    expected = f"groups {groups} must divide the number of input channels ({C}) and of filters ({F})"
    assert str(refusal.value) == f"layer 1 conv2d: {expected}"


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("images", [0, 1, 2, 3, 7])
def test_a_batch_cut_into_pieces_is_the_same_batch(
    prepared: Prepared, laid_out: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, images: int, order: str
) -> None:
    layer = prepared(Conv2D(filters=2, kernel=3, stride=2, padding=1), (2, 5, 4))
    x, dy = random_problem(layer, 7, seed=0)
    # 3·2 windows of 3·3·2 numbers and a one, 8 bytes each; room for less than one image still computes one at a time.
    monkeypatch.setattr(layer, "column_bytes", images * 3 * 2 * (3 * 3 * 2 + 1) * 8 + 7)
    matrices = Mock(wraps=Columns.matrix)
    monkeypatch.setattr(Columns, "matrix", lambda columns, piece: matrices(columns, piece))
    assert_same(layer, x, dy, laid_out(x, order), laid_out(dy, order), 1e-12)
    assert matrices.call_count == 2 * -(-7 // max(1, images)), "once forward and once backward for each piece"


def test_the_windows_of_a_large_batch_are_never_in_memory_at_once(prepared: Prepared) -> None:
    layer = prepared(Conv2D(filters=32, kernel=3, padding="same"), (32, 32, 32), np.float32)
    x, dy = (array.astype(np.float32) for array in random_problem(layer, 32, seed=0))
    tracemalloc.start()
    try:
        layer.forward(x, training=True)
        layer.backward(dy)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    all_windows = 32 * 32 * 32 * 32 * 9 * 4
    assert peak < 0.75 * all_windows, "x, y and their gradients, each 1/9 of the windows, with their copies"


def test_the_examples_of_the_guide_to_convolution_arithmetic(prepared: Prepared) -> None:
    # Dumoulin & Visin 2016, arXiv 1603.07285, figures 1.1 and 1.2.
    x = [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]
    results = {
        (1, 0): [[12, 12, 17], [10, 17, 19], [9, 6, 14]],
        (2, 1): [[6, 17, 3], [8, 17, 13], [6, 4, 4]],
    }
    for (stride, padding), y in results.items():
        layer = prepared(Conv2D(filters=1, kernel=3, stride=stride, padding=padding), (1, 5, 5))
        layer.W.value[...] = [[0, 1, 2], [2, 2, 0], [0, 1, 2]]
        np.testing.assert_array_equal(layer.forward(np.array([[x]], np.float64), training=True), [[y]])


def test_the_example_of_deep_learning_from_scratch(prepared: Prepared) -> None:
    # Chapter 7: a 4x4 image, a 3x3 filter, a bias of 3.
    layer = prepared(Conv2D(filters=1, kernel=3), (1, 4, 4))
    layer.W.value[...] = [[2, 0, 1], [0, 1, 2], [1, 0, 2]]
    x = np.array([[[[1, 2, 3, 0], [0, 1, 2, 3], [3, 0, 1, 2], [2, 3, 0, 1]]]], np.float64)
    np.testing.assert_array_equal(layer.forward(x, training=False), [[[[15, 16], [6, 15]]]])
    layer.b.value[...] = 3
    np.testing.assert_array_equal(layer.forward(x, training=False), [[[[18, 19], [9, 18]]]])


def test_same_pads_an_odd_column_after_the_image(prepared: Prepared) -> None:
    layer = prepared(Conv2D(filters=1, kernel=2, padding="same"), (1, 2, 4))
    layer.W.value[...] = [[1, 10], [100, 1000]]
    x = np.array([[[[1, 2, 3, 4], [5, 6, 7, 8]]]], np.float64)
    np.testing.assert_array_equal(layer.forward(x, training=True), [[[[6521, 7632, 8743, 804], [65, 76, 87, 8]]]])


@pytest.mark.parametrize(("H", "stride", "out"), [(28, 1, 28), (28, 2, 14), (7, 2, 4), (5, 3, 2), (1, 4, 1)])
@pytest.mark.parametrize("K", [1, 2, 3, 4, 5])
def test_same_gives_size_over_stride_rounded_up(prepared: Prepared, H: int, stride: int, out: int, K: int) -> None:
    assert prepared(Conv2D(filters=2, kernel=K, stride=stride, padding="same"), (1, H, H)).out_shape == (2, out, out)


def test_on_one_pixel_it_is_a_linear_layer(prepared: Prepared) -> None:
    image, flat = prepared(Conv2D(filters=4, kernel=1), (3, 1, 1)), prepared(Linear(units=4), (3,))
    x, dy = random_problem(image, 6, seed=3)
    flat.W.value[...], flat.b.value[...] = image.W.value.reshape(4, 3).T, image.b.value
    of_image = computed(image, x, dy)
    of_flat = computed(flat, x.reshape(6, 3), dy.reshape(6, 4))
    of_flat["dW"] = of_flat["dW"].T
    for key, array in of_image.items():
        np.testing.assert_allclose(array.ravel(), of_flat[key].ravel(), rtol=1e-12, atol=1e-14)


def test_parameter_gradients_alone_are_those_of_the_whole_backward_and_overwrite(prepared: Prepared) -> None:
    layer = prepared(Conv2D(filters=2, kernel=3, padding=1), (3, 4, 5))
    x, dy = random_problem(layer, 5, seed=1)
    whole = computed(layer, x, dy)
    for _ in range(2):
        layer.W.grad[...] = layer.b.grad[...] = np.nan
        layer.backward_parameters(dy)
        np.testing.assert_array_equal(layer.W.grad, whole["dW"])
        np.testing.assert_array_equal(layer.b.grad, whole["db"])


@pytest.mark.parametrize("short_run", [0, 99])
@pytest.mark.parametrize("column_bytes", [1, 2**21])
def test_columns_by_offset_and_by_window_are_the_same(
    prepared: Prepared, monkeypatch: pytest.MonkeyPatch, column_bytes: int, short_run: int
) -> None:
    monkeypatch.setattr(im2col, "SHORT_RUN", short_run)
    layer = prepared(Conv2D(filters=2, kernel=3, stride=2, padding=1), (3, 5, 4))
    layer.column_bytes = column_bytes
    x, dy = random_problem(layer, 3, seed=5)
    assert_same(layer, x, dy, x, dy, 1e-12)


@pytest.mark.parametrize("of_dy", [True, False])
@pytest.mark.parametrize("column_bytes", [1, 2**21])
@pytest.mark.parametrize("padding", [0, 2, "same"])
def test_windows_of_dy_and_scattering_give_the_same_gradients(
    prepared: Prepared, padding: Any, column_bytes: int, of_dy: bool
) -> None:
    layer = prepared(Conv2D(filters=4, kernel=4, padding=padding), (2, 6, 5))
    layer.column_bytes, layer._windows_of_dy, layer._windows_of_dy_for_dW = column_bytes, of_dy, of_dy
    x, dy = random_problem(layer, 3, seed=4)
    assert_same(layer, x, dy, x, dy, 1e-12)
    whole = computed(layer, x, dy)
    layer.W.grad[...] = layer.b.grad[...] = np.nan
    layer.backward_parameters(dy)
    np.testing.assert_array_equal(layer.W.grad, whole["dW"])
    np.testing.assert_array_equal(layer.b.grad, whole["db"])


@pytest.mark.parametrize(
    ("C", "side", "F", "kernel", "stride", "padding", "of_dy", "for_dW"),
    [
        (32, 32, 32, 3, 1, 0, True, False),
        (32, 32, 32, 3, 2, 0, False, False),
        (64, 16, 16, 3, 1, 0, True, True),
        (8, 32, 64, 3, 1, 0, False, False),
        (20, 12, 50, 5, 1, 0, False, False),
        (1, 28, 16, 3, 1, 0, False, False),
        (3, 32, 7, 3, 1, 1, True, False),
        (3, 32, 6, 5, 1, 2, True, False),
        (32, 32, 16, 3, 1, 1, True, True),
    ],
)
def test_backward_takes_the_windows_of_dy_where_that_was_measured_to_be_faster(
    prepared: Prepared, C: int, side: int, F: int, kernel: int, stride: int, padding: int, of_dy: bool, for_dW: bool
) -> None:
    layer = prepared(Conv2D(filters=F, kernel=kernel, stride=stride, padding=padding), (C, side, side))
    assert (layer._windows_of_dy, layer._windows_of_dy_for_dW) == (of_dy, for_dW)


def test_a_first_layer_of_few_filters_takes_the_windows_of_x(prepared: Prepared) -> None:
    layer = prepared(Conv2D(filters=3, kernel=3, padding=1), (2, 4, 5))
    assert layer._windows_of_dy
    assert not layer._windows_of_dy_for_dW
    x, dy = random_problem(layer, 5, seed=1)
    whole = computed(layer, x, dy)
    for _ in range(2):
        layer.W.grad[...] = layer.b.grad[...] = np.nan
        layer.backward_parameters(dy)
        np.testing.assert_allclose(layer.W.grad, whole["dW"], rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(layer.b.grad, whole["db"], rtol=1e-12, atol=1e-14)


def test_batches_of_changing_size_do_not_disturb_each_other(prepared: Prepared) -> None:
    layer = prepared(Conv2D(filters=2, kernel=3, padding=1), (2, 4, 3))
    for seed, N in enumerate((2, 9, 1, 9, 4)):
        x, dy = random_problem(layer, N, seed)
        layer.forward(np.ones((N + 1, 2, 4, 3)), training=False)  # an evaluation between two steps
        assert_same(layer, x, dy, x, dy, 1e-12)


def test_legacy_weights_are_drawn_as_filters_channels_rows_columns(prepared: Prepared) -> None:
    layer = prepared(Conv2D(filters=4, kernel=3, init=Normal(std=0.01)), (2, 5, 5), rng="legacy", seed=7)
    np.testing.assert_array_equal(layer.W.value, 0.01 * np.random.RandomState(7).randn(4, 2, 3, 3))
    assert not layer.b.value.any()


def test_fan_in_is_the_number_of_products_in_one_sum(prepared: Prepared) -> None:
    layer = prepared(Conv2D(filters=4, kernel=5), (3, 8, 8), rng="legacy", seed=7)
    he = sqrt(2 / (3 * 5 * 5)) * np.random.RandomState(7).randn(4, 3, 5, 5)
    np.testing.assert_allclose(layer.W.value, he, rtol=1e-15)


def test_weights_are_regularized_and_biases_are_not(prepared: Prepared) -> None:
    layer = prepared(Conv2D(filters=4, kernel=3), (2, 5, 5))
    found = [(parameter.name, parameter.shape, parameter.regularized) for parameter in layer.parameters]
    assert found == [("W", (4, 2, 3, 3), True), ("b", (4,), False)]
    without = prepared(Conv2D(filters=4, kernel=3, bias=False), (2, 5, 5))
    assert [parameter.name for parameter in without.parameters] == ["W"]
    np.testing.assert_array_equal(without.W.value, layer.W.value)


def test_multiply_adds_are_the_products_of_one_sample(prepared: Prepared) -> None:
    assert multiply_adds(prepared(Conv2D(filters=30, kernel=5), (1, 28, 28))) == 30 * 24 * 24 * 25
    layer = prepared(Conv2D(filters=5, kernel=3, stride=2, padding="same"), (4, 9, 6))
    assert multiply_adds(layer) == 5 * 5 * 3 * 4 * 9


def test_a_kernel_larger_than_the_image_is_refused(prepared: Prepared) -> None:
    with pytest.raises(ShapeError) as refusal:
        prepared(Conv2D(filters=2, kernel=5), (1, 3, 3))
    assert str(refusal.value) == "layer 1 conv2d: kernel 5 exceeds input 3x3"
