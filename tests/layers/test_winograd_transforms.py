"""The transforms of one axis against the sums that they replace, and each gradient against its transform."""

from typing import Any

import numpy as np
import pytest

from nnlab.layers.winograd_transforms import TRANSFORMS


@pytest.mark.parametrize("size", TRANSFORMS)
def test_two_outputs_of_a_tile_are_sums_of_products(size: tuple[int, int]) -> None:
    transforms, r = TRANSFORMS[size], size[0]
    rng = np.random.default_rng(r)
    d, g, v, y = rng.normal(size=(r + 1, 3)), rng.normal(size=(r, 3)), np.empty((r + 1, 3)), np.empty((2, 3))
    transforms.inputs(list(d), v, np.empty(3))
    transforms.outputs(transforms.of_filters(np.dtype(np.float64)) @ g * v, y)
    np.testing.assert_allclose(y, [(d[:r] * g).sum(axis=0), (d[1:] * g).sum(axis=0)], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("size", TRANSFORMS)
def test_gradients_are_transposes(size: tuple[int, int]) -> None:
    transforms, n = TRANSFORMS[size], size[0] + 1
    eye: Any = np.eye(n)
    v, back = np.empty((n, n)), np.zeros((n, n))
    transforms.inputs(list(eye), v, np.empty(n))
    transforms.input_gradients(np.eye(n), list(back), np.empty(n))
    np.testing.assert_array_equal(back, v.T)
    y, m = np.empty((2, n)), np.empty((n, 2))
    transforms.outputs(eye, y)
    transforms.output_gradients(np.eye(2), m)
    np.testing.assert_array_equal(m, y.T)
