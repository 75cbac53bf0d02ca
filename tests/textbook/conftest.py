"""What the textbook tests share: fast layers with random weights, and the textbook's version of each."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnlab.core.flat_parameters import FlatParameters
from nnlab.core.random import make_streams
from nnlab.layers.base import Layer
from nnlab.models.textbook_twins import twin_of_layer


@pytest.fixture(scope="session")
def with_twin() -> Callable[..., Any]:
    """A fast layer for an input shape, its weights and running averages drawn at random, and its textbook version."""

    def make(layer: Layer, in_shape: tuple[int, ...], seed: int = 0) -> tuple[Layer, Any]:
        layer.setup(in_shape, make_streams("streams", seed))
        flat = FlatParameters(layer.parameters, np.float64)
        rng = np.random.default_rng(seed)
        flat.values[:] = rng.standard_normal(flat.values.size)
        for buffer in layer.buffers.values():
            buffer[...] = rng.uniform(0.5, 2, buffer.shape)
        return layer, twin_of_layer(layer)

    return make
