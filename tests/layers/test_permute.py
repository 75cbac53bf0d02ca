"""Axes in another order."""

from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trainings import make_experiment

from nnlab.errors import ShapeError, SpecError
from nnlab.layers.permute import Permute

Prepared = Callable[..., Any]


@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
def test_the_axes_of_a_sample_are_moved_and_moved_back(prepared: Prepared, order: tuple[int, ...]) -> None:
    layer = prepared(Permute(order=list(order)), (2, 3, 4))
    x = np.random.default_rng(0).standard_normal((5, 2, 3, 4))
    y = layer.forward(x, training=True)
    assert y.shape == (5, *layer.out_shape)
    for n, *place in np.ndindex(x.shape):
        assert y[n, *(place[axis - 1] for axis in order)] == x[n, *place]
    np.testing.assert_array_equal(layer.backward(y), x)


def test_another_number_of_axes_is_refused(prepared: Prepared) -> None:
    with pytest.raises(ShapeError, match=r"^layer 1 permute: order \[2, 1\] is of 2 axes, got 2x3x4$"):
        prepared(Permute(order=[2, 1]), (2, 3, 4))


@pytest.mark.parametrize("order", ["[1, 1]", "[2, 3]", "[0, 1]", "[]", "5"])
def test_what_is_no_order_of_axes(tmp_path: Path, order: str) -> None:
    layers = f"[{{name: permute, order: {order}}}, {{name: linear, units: 3}}]"
    spec = f"{{data: spiral, model: {{name: sequential, layers: {layers}}}, optimizer: adam, train: {{epochs: 1}}}}"
    with pytest.raises(SpecError, match=r"model\.layers\.0\.order"):
        make_experiment(tmp_path, spec)
