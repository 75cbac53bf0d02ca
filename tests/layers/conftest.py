"""What the layer tests share: layers set up on their own, and arrays that cannot be written to."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnlab.core.arena import Arena
from nnlab.core.random import Purpose, make_streams
from nnlab.layers.base import Layer


@pytest.fixture(scope="session")
def prepared() -> Callable[..., Any]:
    """A layer with its shapes checked, its parameters in an arena and its starting values drawn."""

    def prepare(
        layer: Layer,
        in_shape: tuple[int, ...],
        dtype: Any = np.float64,
        *,
        index: int = 0,
        rng: str = "streams",
        seed: int = 0,
    ) -> Layer:
        streams = make_streams(rng, seed)
        layer.setup(in_shape, streams, index, ordinal=index)
        Arena(layer.parameters, dtype)
        layer.initialise(streams.draws(Purpose.INIT, index))
        return layer

    return prepare


@pytest.fixture(scope="session")
def frozen() -> Callable[..., Any]:
    """A copy of an array that raises ValueError when anything writes to it."""

    def freeze(values: Any, dtype: Any = np.float64) -> Any:
        array = np.array(values, dtype)
        array.flags.writeable = False
        return array

    return freeze
