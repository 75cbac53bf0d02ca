"""The convolution along one axis against plain loops, and its refusals."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from nnlab.errors import ShapeError
from nnlab.layers.conv1d import Conv1D
from nnlab.layers.permute import Permute
from nnlab.layers.planning import activation_memory, multiply_adds

Prepared = Callable[..., Any]


def starts(L: int, extent: int, stride: int, padding: int | str) -> list[int]:
    """Where the windows start, counted from the first place; the odd place of ``same`` is behind."""
    if padding == "same":
        total = max((-(-L // stride) - 1) * stride + extent - L, 0)
        return [window * stride - total // 2 for window in range(-(-L // stride))]
    border = 0 if padding == "valid" else int(padding)
    return list(range(-border, L + border - extent + 1, stride))


def loops(layer: Any, x: Any, dy: Any) -> dict[str, Any]:
    """y and the gradients of Σ y·dy for x, W and b, one product at a time."""
    W, groups, dilation = layer.W.value, layer.groups, layer.dilation
    F, C, K = W.shape
    first = starts(x.shape[2], dilation * (K - 1) + 1, layer.stride, layer.padding)
    y, dx, dW = np.zeros(dy.shape) + layer.b.value[:, None], np.zeros(x.shape), np.zeros(W.shape)
    for n, f, i, c, u in product(range(len(x)), range(F), range(len(first)), range(C), range(K)):
        place = first[i] + u * dilation
        if 0 <= place < x.shape[2]:
            at = (n, f // (F // groups) * C + c, place)
            y[n, f, i] += W[f, c, u] * x[at]
            dx[at] += W[f, c, u] * dy[n, f, i]
            dW[f, c, u] += x[at] * dy[n, f, i]
    return {"y": y, "dx": dx, "dW": dW, "db": dy.sum(axis=(0, 2))}


@examples(150)
@given(data=st.data())
def test_forward_and_backward_are_the_plain_loops(prepared: Prepared, data: st.DataObject) -> None:
    K, dilation, stride = (data.draw(st.integers(1, most)) for most in (4, 3, 3))
    extent = dilation * (K - 1) + 1
    padding: Any = data.draw(st.sampled_from(["same", "valid", *range(min(extent, 4))]))
    border = 0 if isinstance(padding, str) else padding
    least = 1 + extent // 4 if padding == "same" else max(1, extent - 2 * border)
    L = data.draw(st.integers(least, least + 6))
    groups, channels, filters = (data.draw(st.integers(1, most)) for most in (3, 2, 2))
    keys: dict[str, Any] = {"kernel": K, "stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    layer = prepared(Conv1D(filters=groups * filters, **keys), (groups * channels, L))
    assert layer.W.shape == (groups * filters, channels, K)
    assert layer.out_shape == (groups * filters, len(starts(L, extent, stride, padding)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    for parameter in layer.parameters:
        parameter.value[...] = rng.standard_normal(parameter.shape)
    x, dy = rng.standard_normal((2, groups * channels, L)), rng.standard_normal((2, *layer.out_shape))
    if data.draw(st.booleans()):  # as permute's neighbours in memory: places before channels
        x = x.transpose(0, 2, 1).copy().transpose(0, 2, 1)
    x.flags.writeable = dy.flags.writeable = False
    expected = loops(layer, x, dy)
    y = layer.forward(x, training=True).copy()
    found = {"y": y, "dx": layer.backward(dy), "dW": layer.W.grad, "db": layer.b.grad}
    for key, array in found.items():
        np.testing.assert_allclose(array, expected[key], rtol=1e-12, atol=1e-12, err_msg=key)


def test_a_kernel_of_one_is_a_linear_layer_at_each_step_of_a_permuted_sequence(prepared: Prepared) -> None:
    before, layer, after = (
        prepared(made, shape)
        for made, shape in (
            (Permute(order=[2, 1]), (5, 3)),
            (Conv1D(filters=4, kernel=1), (3, 5)),
            (Permute(order=[2, 1]), (4, 5)),
        )
    )
    x = np.random.default_rng(0).standard_normal((2, 5, 3))
    y = after.forward(layer.forward(before.forward(x, training=True), training=True), training=True)
    np.testing.assert_allclose(y, x @ layer.W.value[:, :, 0].T, rtol=1e-13)


def test_costs_are_the_products_and_numbers_of_one_sample(prepared: Prepared) -> None:
    layer = prepared(Conv1D(filters=6, kernel=3, groups=2, padding=1), (4, 10))
    assert multiply_adds(layer) == 6 * 2 * 3 * 10
    assert activation_memory(layer) == 3 * 6 * 10


@pytest.mark.parametrize(
    ("keys", "in_shape", "message"),
    [
        ({}, (1, 28, 28), "needs channels at each place (C, L), got 1x28x28"),
        ({}, (5,), "needs channels at each place (C, L), got 5"),
        ({"kernel": 4}, (2, 3), "kernel 4 exceeds input 3"),
        ({"kernel": 3, "dilation": 2, "padding": 1}, (2, 2), "kernel 3 with dilation 2 (5 pixels) exceeds input 2"),
        ({"padding": 3}, (2, 9), "padding 3 must be smaller than the kernel 3, or windows would be empty"),
        ({"groups": 2}, (3, 9), "groups 2 must divide the number of input channels (3) and of filters (4)"),
    ],
)
def test_inputs_that_do_not_fit(
    prepared: Prepared, keys: dict[str, Any], in_shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ShapeError) as refusal:
        prepared(Conv1D(filters=4, **keys), in_shape)
    assert str(refusal.value).startswith(f"layer 1 conv1d: {message}")
