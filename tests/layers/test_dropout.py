"""Inverted dropout: the mask belongs to the seed, the layer and the step; the mean is kept."""

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.layers.dropout import Dropout

Prepared = Callable[..., Any]


def mask_at(layer: Any, step: int, shape: tuple[int, ...] = (20, 30)) -> np.ndarray:
    layer.streams.step = step
    return np.array(layer.forward(np.ones(shape), training=True))


@given(rate=st.floats(0.01, 0.99), seed=st.integers(0, 1000))
def test_each_input_is_set_to_0_or_divided_by_1_minus_the_rate(
    prepared: Prepared, frozen: Callable[..., Any], rate: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x, dy = rng.standard_normal((4, 5)), rng.standard_normal((4, 5))
    layer = prepared(Dropout(rate=rate), (5,), seed=seed)
    y = layer.forward(frozen(x), training=True)
    kept = y != 0
    np.testing.assert_allclose(y, np.where(kept, x / (1 - rate), 0), rtol=1e-12)
    np.testing.assert_allclose(layer.backward(frozen(dy)), np.where(kept, dy / (1 - rate), 0), rtol=1e-12)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_the_fraction_dropped_is_the_rate_and_the_mean_is_kept(prepared: Prepared, rate: float) -> None:
    y = mask_at(prepared(Dropout(rate=rate), (500,)), 0, (400, 500))
    n = y.size
    assert abs((y == 0).mean() - rate) < 5 * sqrt(rate * (1 - rate) / n)
    assert abs(y.mean() - 1) < 5 * sqrt(rate / (1 - rate) / n)
    # No row and no column is favoured.
    assert y.mean(axis=0).std() < 2 * sqrt(rate / (1 - rate) / 400)
    assert y.mean(axis=1).std() < 2 * sqrt(rate / (1 - rate) / 500)


def test_the_mask_is_the_same_at_the_same_step_and_another_at_other_steps(prepared: Prepared) -> None:
    layer = prepared(Dropout(), (30,))
    first = mask_at(layer, 1)
    assert not np.array_equal(mask_at(layer, 2), first)
    np.testing.assert_array_equal(mask_at(layer, 1), first)
    np.testing.assert_array_equal(mask_at(prepared(Dropout(), (30,)), 1), first)


def test_each_layer_and_each_seed_has_its_own_masks(prepared: Prepared) -> None:
    masks = [
        mask_at(prepared(Dropout(), (30,), index=index, seed=seed), 1).tobytes()
        for index, seed in ((0, 0), (1, 0), (2, 0), (0, 1))
    ]
    assert len(set(masks)) == 4


def test_the_mask_does_not_depend_on_the_precision(prepared: Prepared) -> None:
    single, double = (
        prepared(Dropout(rate=0.3), (50,), dtype).forward(np.ones((100, 50), dtype), training=True)
        for dtype in (np.float32, np.float64)
    )
    assert single.dtype == np.float32
    np.testing.assert_array_equal(single == 0, double == 0)


@pytest.mark.parametrize(("rate", "training"), [(0.5, False), (0.0, True), (0.0, False)])
def test_evaluation_and_rate_0_change_nothing(prepared: Prepared, rate: float, training: bool) -> None:
    layer = prepared(Dropout(rate=rate), (5,))
    x = np.random.default_rng(0).standard_normal((4, 5))
    np.testing.assert_array_equal(layer.forward(x.copy(), training=training), x)
    np.testing.assert_array_equal(layer.backward(x.copy()), x)


def test_evaluation_after_training_forgets_the_mask(prepared: Prepared) -> None:
    layer = prepared(Dropout(), (5,))
    x = np.ones((4, 5))
    layer.forward(x, training=True)
    layer.forward(x, training=False)
    np.testing.assert_array_equal(layer.backward(x), x)


def test_legacy_masks_are_drawn_in_turn_from_the_one_random_state(prepared: Prepared) -> None:
    layer = prepared(Dropout(rate=0.3), (2, 3), rng="legacy", seed=5)
    script = np.random.RandomState(5)
    for N in (4, 4, 2):
        kept = script.rand(N, 2, 3) >= 0.3
        y = layer.forward(np.ones((N, 2, 3)), training=True)
        np.testing.assert_allclose(y, kept / (1 - 0.3), rtol=1e-12)
        np.testing.assert_allclose(layer.backward(np.ones((N, 2, 3))), kept / (1 - 0.3), rtol=1e-12)


def test_legacy_evaluation_draws_nothing(prepared: Prepared) -> None:
    layer = prepared(Dropout(rate=0.3), (3,), rng="legacy", seed=5)
    layer.forward(np.ones((4, 3)), training=False)
    y = layer.forward(np.ones((4, 3)), training=True)
    np.testing.assert_array_equal(y != 0, np.random.RandomState(5).rand(4, 3) >= 0.3)


def test_images_keep_their_shape(prepared: Prepared) -> None:
    layer = prepared(Dropout(), (2, 3, 4))
    assert layer.out_shape == (2, 3, 4)
    assert layer.forward(np.ones((5, 2, 3, 4)), training=True).shape == (5, 2, 3, 4)
    assert not layer.parameters


@pytest.mark.parametrize("rng", ["streams", "legacy"])
def test_the_mask_does_not_depend_on_the_memory_order_of_images(
    prepared: Prepared, laid_out: Callable[..., Any], rng: str
) -> None:
    x = 1 + np.random.default_rng(0).random((5, 3, 4, 2))
    kept = []
    for order in ("channels first", "channels last", "cropped"):
        layer = prepared(Dropout(), (3, 4, 2), rng=rng)
        y = layer.forward(laid_out(x, order), training=True)
        kept.append(y != 0)
        np.testing.assert_allclose(y, 2 * x * kept[0], rtol=1e-15)
        np.testing.assert_allclose(layer.backward(laid_out(x, "channels first")), 2 * x * kept[0], rtol=1e-15)
    np.testing.assert_array_equal(kept[0], kept[1])
    np.testing.assert_array_equal(kept[0], kept[2])
