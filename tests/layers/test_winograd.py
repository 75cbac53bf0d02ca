"""Winograd's algorithm against direct sums, in both directions and in pieces of every size."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnlab.layers import winograd
from nnlab.layers.conv import Conv2D

Prepared = Callable[..., Any]
Shape = tuple[int, int, int]


def gradients(layer: Any, x: np.ndarray, dy: np.ndarray, *, tiles: bool) -> dict[str, np.ndarray]:
    """Output and gradients of a convolution, with tiles or with columns."""
    layer._winograd = tiles
    y = layer.forward(x, training=True).copy()
    dx = layer.backward(dy).copy()
    return {"y": y, "dx": dx, **{parameter.name: parameter.grad.copy() for parameter in layer.parameters}}


def problem(layer: Any, N: int, dtype: Any = np.float64) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(N)
    for parameter in layer.parameters:
        parameter.value[...] = rng.standard_normal(parameter.shape)
    shapes = (N, *layer.in_shape), (N, *layer.out_shape)
    return rng.standard_normal(shapes[0]).astype(dtype), rng.standard_normal(shapes[1]).astype(dtype)


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("piece_bytes", [1, 2**21])
@pytest.mark.parametrize(
    ("in_shape", "F", "padding"),
    [((2, 5, 6), 3, 0), ((3, 6, 5), 2, 1), ((1, 4, 7), 1, 2), ((2, 5, 4), 4, "same"), ((1, 5, 5), 2, 0)],
)
def test_tiles_give_the_numbers_of_direct_sums(
    prepared: Prepared,
    monkeypatch: pytest.MonkeyPatch,
    in_shape: Shape,
    F: int,
    padding: Any,
    piece_bytes: int,
    kernel: int,
) -> None:
    for limit in ("PIECE_BYTES", "FILTER_BYTES", "TILES"):
        monkeypatch.setattr(winograd, limit, piece_bytes)
    layer = prepared(
        Conv2D(filters=F, kernel=kernel, padding=padding, bias=padding != 2),
        (*in_shape[:1], *(n + kernel - 3 for n in in_shape[1:])),
    )
    x, dy = problem(layer, 3)
    direct = gradients(layer, x, dy, tiles=False)
    for key, array in gradients(layer, x, dy, tiles=True).items():
        np.testing.assert_allclose(array, direct[key], rtol=1e-11, atol=1e-11, err_msg=key)


@pytest.mark.parametrize(("kernel", "error_of_tiles"), [(3, 1e-6), (5, 4e-6)])
def test_float32_is_rounded_little_more_than_direct_sums(
    prepared: Prepared, kernel: int, error_of_tiles: float
) -> None:
    keys: dict[str, Any] = {"filters": 64, "kernel": kernel, "padding": kernel // 2}
    layer = prepared(Conv2D(**keys), (64, 8, 8), np.float32)
    x, dy = problem(layer, 2, np.float32)
    exact = prepared(Conv2D(**keys), (64, 8, 8))
    problem(exact, 2)
    for own, other in zip(exact.parameters, layer.parameters, strict=True):
        own.value[...] = other.value
    reference = gradients(exact, x.astype(np.float64), dy.astype(np.float64), tiles=False)
    for tiles, most in ((True, error_of_tiles), (False, 7e-7)):
        for key, array in gradients(layer, x, dy, tiles=tiles).items():
            assert array.dtype == np.float32
            error = np.linalg.norm(array - reference[key]) / np.linalg.norm(reference[key])
            assert error < most, (key, tiles)
            assert np.abs(array - reference[key]).max() < 4 * most * np.abs(reference[key]).max(), (key, tiles)


def test_parameter_gradients_alone_and_frozen_filters(prepared: Prepared) -> None:
    layer = prepared(Conv2D(filters=2, kernel=3), (3, 5, 5))
    x, dy = problem(layer, 4)
    whole = gradients(layer, x, dy, tiles=True)
    layer.W.grad[...] = layer.b.grad[...] = np.nan
    layer.backward_parameters(dy)
    np.testing.assert_array_equal(layer.W.grad, whole["W"])
    np.testing.assert_array_equal(layer.b.grad, whole["b"])
    layer.frozen = True
    layer.W.grad[...] = 7
    np.testing.assert_array_equal(layer.backward(dy), whole["dx"])
    assert (layer.W.grad == 7).all()


def test_batches_of_changing_size_do_not_disturb_each_other(prepared: Prepared) -> None:
    layer = prepared(Conv2D(filters=2, kernel=3, padding=1), (2, 5, 4))
    for N in (2, 6, 1, 6):
        x, dy = problem(layer, N)
        layer.forward(np.ones((N + 1, 2, 5, 4)), training=False)
        direct = gradients(layer, x, dy, tiles=False)
        for key, array in gradients(layer, x, dy, tiles=True).items():
            np.testing.assert_allclose(array, direct[key], rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize(
    ("keys", "in_shape", "pays"),
    [
        ({"filters": 384, "padding": 1}, (256, 13, 13), True),
        ({"filters": 96, "padding": 1}, (96, 14, 14), True),
        ({"filters": 64, "padding": 1}, (64, 16, 16), True),
        ({"filters": 32}, (32, 32, 32), True),
        ({"filters": 31, "padding": 1}, (32, 32, 32), False),
        ({"filters": 128, "padding": 1}, (128, 7, 7), False),
        ({"filters": 384, "padding": 1, "stride": 2}, (256, 17, 17), False),
        ({"filters": 384, "padding": 2, "dilation": 2}, (256, 13, 13), False),
        ({"filters": 384, "padding": 1, "groups": 2}, (256, 13, 13), False),
        ({"filters": 192, "padding": 2, "kernel": 5}, (64, 27, 27), True),
        ({"filters": 50, "kernel": 5}, (20, 12, 12), False),
        ({"filters": 384, "padding": 3, "kernel": 7}, (256, 13, 13), False),
    ],
)
def test_tiles_are_taken_where_that_was_measured_to_be_faster(
    prepared: Prepared, keys: dict[str, Any], in_shape: Shape, pays: bool
) -> None:
    assert prepared(Conv2D(**keys), in_shape)._winograd is pays
