"""Embeddings: rows by token, sums over equal tokens, what is no token."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.errors import DataError
from nnlab.layers.embedding import Embedding
from nnlab.layers.planning import multiply_adds

Prepared = Callable[..., Any]


@given(shape=st.tuples(st.integers(1, 4), st.integers(1, 6)), tokens=st.integers(1, 9), seed=st.integers(0, 99))
def test_equals_a_product_with_one_hot_vectors(
    prepared: Prepared, shape: tuple[int, int], tokens: int, seed: int
) -> None:
    layer = prepared(Embedding(tokens=tokens, units=3), shape[1:])
    rng = np.random.default_rng(seed)
    x, dy = rng.integers(0, tokens, shape), rng.standard_normal((*shape, 3))
    one_hot = np.eye(tokens)[x]
    layer.W.grad[...] = np.nan
    np.testing.assert_array_equal(layer.forward(x.astype(np.float32), training=True), one_hot @ layer.W.value)
    assert not layer.backward(dy).any()
    np.testing.assert_allclose(layer.W.grad, np.einsum("ntk,ntd->kd", one_hot, dy), rtol=1e-12, atol=1e-13)
    assert multiply_adds(layer) == 0


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2)])
def test_gradients_in_any_memory_order(prepared: Prepared, order: tuple[int, ...]) -> None:
    layer = prepared(Embedding(tokens=5, units=2), (3,))
    layer.forward(np.array([[0.0, 4, 4], [1, 0, 4]]), training=True)
    dy = np.arange(12.0).reshape(2, 3, 2)
    layer.backward(dy.transpose(order).copy().transpose(order))
    np.testing.assert_array_equal(layer.W.grad, [[0 + 8, 1 + 9], [6, 7], [0, 0], [0, 0], [2 + 4 + 10, 3 + 5 + 11]])


@pytest.mark.parametrize(
    ("token", "text"), [(5, "5"), (-1, "-1"), (np.nan, "nan"), (1e30, "1000000000000000019884624838656")]
)
def test_what_is_no_token_is_named(prepared: Prepared, token: float, text: str) -> None:
    layer = prepared(Embedding(tokens=5, units=2), (3,), index=1)
    with pytest.raises(DataError) as refusal:
        layer.forward(np.array([[0, token, 1]]), training=True)
    assert str(refusal.value) == f"layer 2 embedding: {text} is no token; tokens are whole numbers from 0 to 4"
    assert refusal.value.exit_code == 4


def test_frozen_vectors_get_no_gradient(prepared: Prepared) -> None:
    layer = prepared(Embedding(tokens=5, units=2, frozen=True), (3,))
    layer.W.grad[...] = np.nan
    layer.forward(np.zeros((1, 3)), training=True)
    layer.backward(np.ones((1, 3, 2)))
    assert np.isnan(layer.W.grad).all()


def test_a_fraction_is_likely_a_scaled_token(prepared: Prepared) -> None:
    layer = prepared(Embedding(tokens=5, units=2), (3,), index=1)
    with pytest.raises(DataError, match=r"-0\.85 is no token; .* from 0 to 4; tables need data\.scaling: none$"):
        layer.forward(np.array([[0, -0.85, 1]]), training=True)
