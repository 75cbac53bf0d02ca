"""Pooling along one axis against plain loops over the places of each window that are inside."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from nnlab.errors import ShapeError
from nnlab.layers.pool1d import AvgPool1D, GlobalAvgPool1D, MaxPool1D

Prepared = Callable[..., Any]


def windows(L: int, size: int, stride: int, padding: int | str) -> list[list[int]]:
    """The places of each window that are inside."""
    if padding == "same":
        count = -(-L // stride)
        total = max((count - 1) * stride + size - L, 0)
        starts = [window * stride - total // 2 for window in range(count)]
    else:
        border = 0 if padding == "valid" else int(padding)
        starts = list(range(-border, L + border - size + 1, stride))
    return [[place for place in range(start, start + size) if 0 <= place < L] for start in starts]


@pytest.mark.parametrize("cls", [MaxPool1D, AvgPool1D])
@examples(100)
@given(data=st.data())
def test_forward_and_backward_are_the_plain_loops(prepared: Prepared, cls: type[Any], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 4))
    padding: Any = data.draw(st.sampled_from(["same", "valid", *range(min(size, 3))]))
    L, C = data.draw(st.integers(size, 9)), data.draw(st.integers(1, 3))
    stride = data.draw(st.sampled_from([None, 1, 2, 3]))
    layer = prepared(cls(size=size, stride=stride, padding=padding), (C, L))
    found = windows(L, size, stride or size, padding)
    assert layer.out_shape == (C, len(found))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = rng.integers(-5, 0, (2, C, L)) * 1.0  # with equal numbers
    dy = rng.standard_normal((2, C, len(found)))
    x.flags.writeable = dy.flags.writeable = False
    y, dx = np.zeros(dy.shape), np.zeros(x.shape)
    for n, c, i in np.ndindex(dy.shape):
        places = found[i]
        if cls is MaxPool1D:
            places = [max(places, key=lambda place: x[n, c, place])]
        y[n, c, i] = sum(x[n, c, place] for place in places) / len(places)
        for place in places:
            dx[n, c, place] += dy[n, c, i] / len(places)
    np.testing.assert_allclose(layer.forward(x, training=True), y, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(layer.backward(dy), dx, rtol=1e-13, atol=1e-13)


def test_global_average_in_float32_is_exact_over_many_places(prepared: Prepared) -> None:
    layer = prepared(GlobalAvgPool1D(), (2, 100_000), np.float32)
    x = np.random.default_rng(0).random((3, 2, 100_000), np.float32)
    y = layer.forward(x, training=True)
    np.testing.assert_allclose(y, x.mean(axis=2, dtype=np.float64), rtol=1e-7)
    dx = layer.backward(y)
    assert dx.dtype == np.float32
    np.testing.assert_allclose(dx[:, :, 5], y / 100_000, rtol=1e-6)


@pytest.mark.parametrize("layer", [MaxPool1D(), AvgPool1D(), GlobalAvgPool1D()])
def test_images_are_refused(prepared: Prepared, layer: Any) -> None:
    with pytest.raises(ShapeError, match=r"needs channels at each place \(C, L\), got 1x4x4"):
        prepared(layer, (1, 4, 4))
