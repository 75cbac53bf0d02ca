"""Samples in another shape: reshape and image_rows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trainings import make_experiment

from nnlab.errors import ShapeError, SpecError
from nnlab.layers.reshape import ImageRows, Reshape

Prepared = Callable[..., Any]


@pytest.mark.parametrize("order", ["channels first", "channels last", "cropped"])
def test_each_step_is_a_row_of_all_channels(prepared: Prepared, laid_out: Callable[..., Any], order: str) -> None:
    layer = prepared(ImageRows(), (2, 3, 4))
    assert layer.out_shape == (3, 8)
    x = np.arange(120.0).reshape(5, 2, 3, 4)
    y = layer.forward(laid_out(x, order), training=True)
    for t in range(3):
        np.testing.assert_array_equal(y[:, t], np.hstack([x[:, 0, t], x[:, 1, t]]))
    np.testing.assert_array_equal(layer.backward(y), x)


@pytest.mark.parametrize(
    ("shape", "in_shape", "out_shape"),
    [([28, 28], (1, 28, 28), (28, 28)), ([-1], (2, 3), (6,)), ([2, -1], (6,), (2, 3))],
)
def test_minus_one_is_what_is_left_over(
    prepared: Prepared, shape: list[int], in_shape: tuple[int, ...], out_shape: tuple[int, ...]
) -> None:
    layer = prepared(Reshape(shape=shape), in_shape)
    assert layer.out_shape == out_shape
    x = np.random.default_rng(0).standard_normal((3, *in_shape))
    y = layer.forward(x, training=True)
    np.testing.assert_array_equal(y.reshape(3, -1), x.reshape(3, -1))
    np.testing.assert_array_equal(layer.backward(y), x)


@pytest.mark.parametrize("shape", [[4, -1], [7], [2, 2], [12, -1]])
def test_sizes_that_do_not_fit_are_refused(prepared: Prepared, shape: list[int]) -> None:
    with pytest.raises(ShapeError, match=r"^layer 1 reshape: the 6 numbers of 2x3 do not fit into shape \["):
        prepared(Reshape(shape=shape), (2, 3))


@pytest.mark.parametrize("shape", ["[0, 5]", "[-1, -1]", "[]", "[-2]", "[1, 1, 1, 1, 1]", "3", "[true]"])
def test_what_is_no_shape_is_refused_in_the_spec(tmp_path: Path, shape: str) -> None:
    layers = f"[{{name: reshape, shape: {shape}}}, {{name: linear, units: 3}}]"
    with pytest.raises(SpecError, match=r"model\.layers\.0\.shape"):
        make_experiment(
            tmp_path, f"{{data: spiral, model: {{name: sequential, layers: {layers}}}, train: {{iterations: 1}}}}"
        )
