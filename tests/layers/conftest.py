"""What the layer tests share: layers set up on their own, arrays that cannot be written to, memory orders."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnlab.core.flat_parameters import FlatParameters
from nnlab.core.random import Purpose, make_streams
from nnlab.layers.base import Layer
from nnlab.layers.planning import initialise


@pytest.fixture(scope="session")
def prepared() -> Callable[..., Any]:
    """A layer with its shapes checked, its parameters in flat vectors and its starting values drawn."""

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
        layer.setup(in_shape, streams, index, address=(index,))
        FlatParameters(layer.parameters, dtype)
        initialise(layer, streams.rng(Purpose.INIT, index))
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


@pytest.fixture(scope="session")
def laid_out() -> Callable[..., Any]:
    """Images (N, C, H, W) that cannot be written to, in one of the memory ORDERS."""

    def lay_out(values: Any, order: str, dtype: Any = np.float64) -> Any:
        array = np.array(values, dtype)
        if order == "cropped":
            array = np.pad(array, ((0, 0), (0, 0), (1, 2), (2, 1)), constant_values=np.nan)
        if order in ("channels last", "cropped"):
            array = array.transpose(0, 2, 3, 1).copy().transpose(0, 3, 1, 2)
        if order == "cropped":
            array = array[:, :, 1:-2, 2:-1]
        array.flags.writeable = False
        return array

    return lay_out
