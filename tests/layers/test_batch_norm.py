"""Batch normalisation against the paper's algorithm 1 and its chain rule, one number at a time."""

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from nnlab.errors import ShapeError
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.planning import smallest_batch
from nnlab.layers.residual import Residual

Prepared = Callable[..., Any]


def paper_forward(x: Any, gamma: float, beta: float, eps: float) -> tuple[list[float], float, float]:
    """One feature through algorithm 1 of Ioffe & Szegedy 2015: y, mean and (biased) variance."""
    m = len(x)
    mean = sum(x) / m
    variance = sum((value - mean) ** 2 for value in x) / m
    return [gamma * (value - mean) / sqrt(variance + eps) + beta for value in x], mean, variance


def paper_backward(x: Any, dy: Any, gamma: float, eps: float) -> tuple[list[float], float, float]:
    """The six equations of section 3 of the paper for one feature: dx, dgamma, dbeta."""
    m = len(x)
    _, mean, variance = paper_forward(x, 1.0, 0.0, eps)
    dnormalised = [g * gamma for g in dy]
    dvariance = sum(d * (v - mean) * -0.5 * (variance + eps) ** -1.5 for d, v in zip(dnormalised, x, strict=True))
    dmean = sum(-d / sqrt(variance + eps) for d in dnormalised) + dvariance * sum(-2 * (v - mean) for v in x) / m
    dx = [
        d / sqrt(variance + eps) + dvariance * 2 * (v - mean) / m + dmean / m
        for d, v in zip(dnormalised, x, strict=True)
    ]
    dgamma = sum(g * (v - mean) / sqrt(variance + eps) for g, v in zip(dy, x, strict=True))
    return dx, dgamma, sum(dy)


def with_parameters(layer: Any, D: int) -> Any:
    layer.gamma.value[...] = np.linspace(0.5, 2, D)
    layer.beta.value[...] = np.linspace(-1, 1, D)
    return layer


@given(
    x=arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.floats(-10, 10)),
    eps=st.sampled_from([1e-5, 1e-3, 0.1]),
)
def test_training_is_the_papers_algorithm_and_chain_rule(
    prepared: Prepared, frozen: Callable[..., Any], x: np.ndarray, eps: float
) -> None:
    N, D = x.shape
    layer = with_parameters(prepared(BatchNorm(eps=eps), (D,)), D)
    dy = np.cos(np.arange(N * D)).reshape(N, D)
    y = layer.forward(frozen(x), training=True).copy()
    dx = layer.backward(frozen(dy))
    for d in range(D):
        column, dcolumn = x[:, d].tolist(), dy[:, d].tolist()
        expected_y, _, _ = paper_forward(column, layer.gamma.value[d], layer.beta.value[d], eps)
        expected_dx, dgamma, dbeta = paper_backward(column, dcolumn, layer.gamma.value[d], eps)
        # Nearly equal numbers are spread by up to 1/√eps = 316, and so are their rounding errors.
        np.testing.assert_allclose(y[:, d], expected_y, rtol=1e-12, atol=2e-12)
        np.testing.assert_allclose(dx[:, d], expected_dx, rtol=1e-12, atol=1e-11)
        np.testing.assert_allclose(layer.gamma.grad[d], dgamma, rtol=1e-12, atol=1e-11)
        np.testing.assert_allclose(layer.beta.grad[d], dbeta, rtol=1e-12, atol=1e-14)


def test_running_statistics_by_hand(prepared: Prepared) -> None:
    layer = prepared(BatchNorm(), (2,))
    layer.forward(np.array([[1.0, -1.0], [3.0, 5.0]]), training=True)  # means 2, 2; variances 1, 9
    np.testing.assert_allclose(layer.buffers["running_mean"], [0.2, 0.2], rtol=1e-12)
    np.testing.assert_allclose(layer.buffers["running_variance"], [0.9 + 0.1, 0.9 + 0.9], rtol=1e-12)
    layer.forward(np.array([[0.0, 4.0], [4.0, 4.0]]), training=True)  # means 2, 4; variances 4, 0
    np.testing.assert_allclose(layer.buffers["running_mean"], [0.18 + 0.2, 0.18 + 0.4], rtol=1e-12)
    np.testing.assert_allclose(layer.buffers["running_variance"], [0.9 + 0.4, 1.62], rtol=1e-12)


def test_momentum_is_the_decay_rate_of_the_running_averages(prepared: Prepared) -> None:
    layer = prepared(BatchNorm(momentum=0.25), (1,))
    layer.forward(np.array([[7.0], [9.0]]), training=True)
    np.testing.assert_allclose(layer.buffers["running_mean"], [0.75 * 8], rtol=1e-12)
    layer = prepared(BatchNorm(momentum=0.0), (1,))
    layer.forward(np.array([[7.0], [10.0], [10.0]]), training=True)
    np.testing.assert_allclose(layer.buffers["running_mean"], [9.0], rtol=1e-12)
    np.testing.assert_allclose(layer.buffers["running_variance"], [2.0], rtol=1e-12)


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_evaluation_uses_the_running_statistics_and_does_not_update_them(
    prepared: Prepared, frozen: Callable[..., Any], dtype: Any, rtol: float
) -> None:
    layer = with_parameters(prepared(BatchNorm(eps=0.01), (3,), dtype), 3)
    mean, variance = [1.0, -2.0, 0.5], [4.0, 0.25, 1.0]
    layer.buffers["running_mean"][...], layer.buffers["running_variance"][...] = mean, variance
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal((5, 3)).astype(dtype), rng.standard_normal((5, 3)).astype(dtype)
    y = layer.forward(frozen(x, dtype), training=False).copy()
    dx = layer.backward(frozen(dy, dtype))
    assert y.dtype == dx.dtype == dtype
    for d in range(3):
        scale = float(layer.gamma.value[d]) / sqrt(variance[d] + 0.01)
        for n in range(5):
            expected = (float(x[n, d]) - mean[d]) * scale + float(layer.beta.value[d])
            assert y[n, d] == pytest.approx(expected, rel=rtol, abs=rtol)
            assert dx[n, d] == pytest.approx(float(dy[n, d]) * scale, rel=rtol)
        dgamma = sum(float(dy[n, d]) * (float(x[n, d]) - mean[d]) / sqrt(variance[d] + 0.01) for n in range(5))
        assert layer.gamma.grad[d] == pytest.approx(dgamma, rel=rtol, abs=rtol)
    assert layer.buffers["running_mean"].tolist() == mean
    assert layer.buffers["running_variance"].tolist() == variance


def test_one_sample_becomes_beta_and_has_no_input_gradient(prepared: Prepared) -> None:
    layer = with_parameters(prepared(BatchNorm(), (3,)), 3)
    x = np.array([[5.0, -2.0, 1e3]])
    np.testing.assert_array_equal(layer.forward(x, training=True), [layer.beta.value])
    np.testing.assert_array_equal(layer.backward(np.ones((1, 3))), np.zeros((1, 3)))
    np.testing.assert_allclose(layer.buffers["running_mean"], 0.1 * x[0], rtol=1e-12)


def test_training_output_has_mean_beta_and_standard_deviation_gamma(prepared: Prepared) -> None:
    layer = with_parameters(prepared(BatchNorm(), (4,)), 4)
    x = 3 + 50 * np.random.default_rng(0).standard_normal((200, 4))
    y = layer.forward(x, training=True)
    np.testing.assert_allclose(y.mean(axis=0), layer.beta.value, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=0), layer.gamma.value, rtol=1e-7)


def test_float32_stays_float32_and_close(prepared: Prepared, frozen: Callable[..., Any]) -> None:
    rng = np.random.default_rng(1)
    x, dy = 2 + rng.standard_normal((50, 4)), rng.standard_normal((50, 4))
    single, double = prepared(BatchNorm(), (4,), np.float32), prepared(BatchNorm(), (4,))
    y = single.forward(frozen(x, np.float32), training=True).copy()
    dx = single.backward(frozen(dy, np.float32))
    assert y.dtype == dx.dtype == single.gamma.grad.dtype == np.float32
    np.testing.assert_allclose(y, double.forward(x, training=True), atol=1e-5)
    np.testing.assert_allclose(dx, double.backward(dy), atol=1e-5)
    np.testing.assert_allclose(single.gamma.grad, double.gamma.grad, atol=1e-4)
    assert np.isfinite(single.forward(np.full((10, 4), 1e10, np.float32), training=True)).all()


def test_defaults_start_as_plain_normalisation_outside_the_penalties(prepared: Prepared) -> None:
    layer = prepared(BatchNorm(), (3,))
    assert (layer.eps, layer.momentum) == (1e-5, 0.9)
    assert layer.gamma.value.tolist() == [1, 1, 1]
    assert layer.beta.value.tolist() == [0, 0, 0]
    assert not any(parameter.regularized for parameter in layer.parameters)


ORDERS = ["channels first", "channels last", "cropped"]


@settings(max_examples=60)
@given(
    shape=st.tuples(*(st.integers(1, 4) for _ in range(4))),
    eps=st.sampled_from([1e-5, 1e-3, 0.1]),
    orders=st.tuples(st.sampled_from(ORDERS), st.sampled_from(ORDERS)),
)
def test_images_are_normalised_per_channel_over_n_h_and_w(
    prepared: Prepared, laid_out: Callable[..., Any], shape: Any, eps: float, orders: Any
) -> None:
    N, C, H, W = shape
    layer = with_parameters(prepared(BatchNorm(eps=eps, momentum=0.75), (C, H, W)), C)
    assert layer.out_shape == (C, H, W)
    rng = np.random.default_rng(0)
    x, dy = 2 + rng.standard_normal(shape), rng.standard_normal(shape)
    y = layer.forward(laid_out(x, orders[0]), training=True).copy()
    dx = layer.backward(laid_out(dy, orders[1]))
    for c in range(C):
        channel, dchannel = ([float(a[n, c, h, w]) for n, h, w in np.ndindex(N, H, W)] for a in (x, dy))
        gamma, beta = layer.gamma.value[c], layer.beta.value[c]
        expected_y, mean, variance = paper_forward(channel, gamma, beta, eps)
        expected_dx, dgamma, dbeta = paper_backward(channel, dchannel, gamma, eps)
        np.testing.assert_allclose(y[:, c].ravel(), expected_y, rtol=1e-12, atol=2e-12)
        np.testing.assert_allclose(dx[:, c].ravel(), expected_dx, rtol=1e-12, atol=1e-11)
        np.testing.assert_allclose(layer.gamma.grad[c], dgamma, rtol=1e-12, atol=1e-11)
        np.testing.assert_allclose(layer.beta.grad[c], dbeta, rtol=1e-12, atol=1e-13)
        assert layer.buffers["running_mean"][c] == pytest.approx(0.25 * mean, rel=1e-12)
        assert layer.buffers["running_variance"][c] == pytest.approx(0.75 + 0.25 * variance, rel=1e-12)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_images_are_evaluated_with_the_running_statistics_of_their_channel(
    prepared: Prepared, laid_out: Callable[..., Any], dtype: Any, rtol: float, order: str
) -> None:
    layer = with_parameters(prepared(BatchNorm(eps=0.01), (3, 2, 2), dtype), 3)
    mean, variance = [1.0, -2.0, 0.5], [4.0, 0.25, 1.0]
    layer.buffers["running_mean"][...], layer.buffers["running_variance"][...] = mean, variance
    rng = np.random.default_rng(0)
    x, dy = (rng.standard_normal((4, 3, 2, 2)).astype(dtype) for _ in range(2))
    y = layer.forward(laid_out(x, order, dtype), training=False).copy()
    dx = layer.backward(laid_out(dy, order, dtype))
    assert y.dtype == dx.dtype == dtype
    for n, c, h, w in np.ndindex(x.shape):
        scale = float(layer.gamma.value[c]) / sqrt(variance[c] + 0.01)
        expected = (float(x[n, c, h, w]) - mean[c]) * scale + float(layer.beta.value[c])
        assert y[n, c, h, w] == pytest.approx(expected, rel=rtol, abs=rtol)
        assert dx[n, c, h, w] == pytest.approx(float(dy[n, c, h, w]) * scale, rel=rtol)
    assert layer.buffers["running_mean"].tolist() == mean
    assert layer.buffers["running_variance"].tolist() == variance


def test_an_image_of_one_pixel_is_a_vector_of_its_channels(prepared: Prepared) -> None:
    image, flat = prepared(BatchNorm(), (4, 1, 1)), prepared(BatchNorm(), (4,))
    x, dy = (np.random.default_rng(seed).standard_normal((6, 4)) for seed in (0, 1))
    y = image.forward(x.reshape(6, 4, 1, 1), training=True)
    np.testing.assert_allclose(y.reshape(6, 4), flat.forward(x, training=True), rtol=1e-14)
    np.testing.assert_allclose(image.backward(dy.reshape(6, 4, 1, 1)).reshape(6, 4), flat.backward(dy), rtol=1e-14)
    for name, buffer in image.buffers.items():
        np.testing.assert_allclose(buffer, flat.buffers[name], rtol=1e-14)


@pytest.mark.parametrize(("shape", "text"), [((3, 8), "3x8"), ((1, 3, 8, 8), "1x3x8x8")])
def test_what_is_neither_features_nor_images_is_refused(prepared: Prepared, shape: tuple[int, ...], text: str) -> None:
    with pytest.raises(ShapeError) as refusal:
        prepared(BatchNorm(), shape, index=4)
    assert str(refusal.value) == f"layer 5 batch_norm: needs features (D,) or images (C, H, W), got {text}"


@pytest.mark.parametrize(("shape", "least"), [((5,), 2), ((4, 1, 1), 2), ((4, 1, 2), 1), ((1, 3, 1), 1)])
def test_a_mean_needs_two_numbers_which_one_image_may_have(
    prepared: Prepared, shape: tuple[int, ...], least: int
) -> None:
    assert smallest_batch(prepared(BatchNorm(), shape)) == least
    assert smallest_batch(prepared(Residual(layers=[BatchNorm()]), shape)) == least
