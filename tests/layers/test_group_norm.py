"""Group and instance normalisation: which numbers share a mean, against layer_norm and a step by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnlab.errors import ShapeError
from nnlab.layers.group_norm import GroupNorm, InstanceNorm
from nnlab.layers.layer_norm import LayerNorm

Prepared = Callable[..., Any]


def test_a_step_by_hand(prepared: Prepared, frozen: Callable[..., Any]) -> None:
    """Groups (1, 3) of mean 2 and deviation 1 and (0, 8) of mean 4 and deviation 4, without eps."""
    layer = prepared(GroupNorm(groups=2, eps=1e-300), (4,))
    layer.gamma.value[:] = [1, 2, 3, 4]
    layer.beta.value[:] = [10, 20, 30, 40]
    np.testing.assert_allclose(layer.forward(frozen([[1, 3, 0, 8]]), training=True), [[9, 22, 27, 44]])
    # dx̂ = (1, 4, 3, 8); of two numbers x̂ = ∓1 nothing of a gradient remains.
    np.testing.assert_allclose(layer.backward(frozen([[1, 2, 1, 2]])), np.zeros((1, 4)), atol=1e-15)
    np.testing.assert_array_equal(layer.gamma.grad, [-1, 2, -1, 2])
    np.testing.assert_array_equal(layer.beta.grad, [1, 2, 1, 2])


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
@pytest.mark.parametrize("order", ["channels first", "channels last", "cropped"])
def test_each_group_is_a_layer_norm_of_its_own(
    prepared: Prepared, laid_out: Callable[..., Any], order: str, groups: int
) -> None:
    channels = 6 // groups
    layer = prepared(GroupNorm(groups=groups, eps=0.1), (6, 2, 3))
    alone = prepared(LayerNorm(eps=0.1), (channels, 2, 3))
    rng = np.random.default_rng(0)
    gamma, beta = rng.standard_normal((2, 6))
    layer.gamma.value[:], layer.beta.value[:] = gamma, beta
    for N in (2, 5, 1):
        x, dy = rng.standard_normal((2, N, 6, 2, 3))
        y, dx = layer.forward(laid_out(x, order), training=True).copy(), layer.backward(laid_out(dy, order))
        for group in range(groups):
            own = slice(group * channels, (group + 1) * channels)
            alone.gamma.value[...], alone.beta.value[...] = gamma[own, None, None], beta[own, None, None]
            np.testing.assert_allclose(alone.forward(x[:, own], training=True), y[:, own], rtol=1e-12, atol=1e-13)
            np.testing.assert_allclose(alone.backward(dy[:, own]), dx[:, own], rtol=1e-12, atol=1e-13)
            np.testing.assert_allclose(layer.gamma.grad[own], alone.gamma.grad.sum(axis=(1, 2)), rtol=1e-12, atol=1e-13)
            np.testing.assert_allclose(layer.beta.grad[own], alone.beta.grad.sum(axis=(1, 2)), rtol=1e-12, atol=1e-13)


def test_instance_norm_is_one_group_a_channel(prepared: Prepared) -> None:
    layer, groups = prepared(InstanceNorm(), (3, 4, 1)), prepared(GroupNorm(groups=3), (3, 4, 1))
    x, dy = np.random.default_rng(0).standard_normal((2, 5, 3, 4, 1))
    for part in (layer, groups):
        np.testing.assert_allclose(part.forward(x, training=False).mean(axis=(2, 3)), np.zeros((5, 3)), atol=1e-15)
    np.testing.assert_array_equal(layer.backward(dy), groups.backward(dy))
    assert [(parameter.name, parameter.shape) for parameter in layer.parameters] == [("gamma", (3,)), ("beta", (3,))]


@pytest.mark.parametrize(
    ("layer", "in_shape", "message"),
    [
        (GroupNorm(groups=4), (6, 2, 2), "groups 4 does not divide the 6 channels; use 1, 2, 3, 6"),
        (GroupNorm(groups=6), (6,), "each mean would be over one number: 6 in 6 groups"),
        (GroupNorm(groups=2), (4, 3), r"needs features \(D,\) or images \(C, H, W\), got 4x3"),
        (InstanceNorm(), (6, 1, 1), "each mean would be over one number: 6x1x1 in 6 groups"),
        (InstanceNorm(), (6,), r"needs images \(C, H, W\), got 6"),
    ],
)
def test_shapes_that_do_not_fit(prepared: Prepared, layer: Any, in_shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError, match=f"^layer 1 (group|instance)_norm: {message}$"):
        prepared(layer, in_shape)
