"""Initial weights written out in the spec."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Le, MinLen

from nnlab.core.arrays import Array, Shape, shape_text
from nnlab.core.initialisers import Initialiser
from nnlab.core.random import RandomGenerator
from nnlab.registry import Doc, initialisers
from nnlab.text import quote

# Bound on the absolute value of a weight.
LARGEST = 1e12
# Indices into nested lists.
Path = tuple[str | int, ...]


@initialisers.register("given")
@dataclass(kw_only=True)
class GivenWeights(Initialiser):
    """Given weights W and optional bias b (default: zeros).

        W = W_given

    Source: for examples computed by hand, such as "Deep Learning from Scratch", section 4.4.2.
    """

    W: Annotated[
        list[Any], MinLen(1), Doc("weights, row by row: (in, out) of linear, (filters, channels, K, K) of conv2d")
    ]
    b: Annotated[
        list[Annotated[float, Ge(-LARGEST), Le(LARGEST)]] | None, Doc("bias, a number for each output; null: zeros")
    ] = None

    def conflicts(self) -> Iterator[tuple[Path, str]]:
        """W must be numbers in lists of equal lengths."""
        yield from _irregular(self.W, ("W",), _shape_of(self.W))

    def mismatch(self, shape: Shape, bias: Shape | None) -> str:
        """The shapes must be those of the layer."""
        own = _shape_of(self.W)
        if own != shape:
            return f"init gives W of shape {shape_text(own)}, but the layer's W is {shape_text(shape)}"
        if self.b is not None and bias is None:
            return "init gives b, but the layer has none; set bias: true or leave b out"
        if self.b is not None and (len(self.b),) != bias:
            return f"init gives {len(self.b)} numbers for b, but the layer has {shape_text(bias or ())} outputs"
        return ""

    def start_bias(self, shape: Shape) -> Array:
        return super().start_bias(shape) if self.b is None else np.array(self.b, np.float64)

    def draw(self, shape: Shape, fan_in: int, rng: RandomGenerator) -> Array:
        return np.array(self.W, np.float64)


def _shape_of(numbers: object) -> Shape:
    """The lengths of nested lists along their first entries."""
    return (len(numbers), *_shape_of(numbers[0] if numbers else 0)) if isinstance(numbers, list) else ()


def _irregular(numbers: object, path: Path, shape: Shape) -> Iterator[tuple[Path, str]]:
    """What is wrong with nested lists that should have a shape."""
    if not shape:
        number = isinstance(numbers, int | float) and not isinstance(numbers, bool)
        if not number or not abs(numbers) <= LARGEST:  # type: ignore[arg-type]  # a number by then; false for NaN
            yield path, f"must be a number from {-LARGEST:g} to {LARGEST:g}, got {quote(numbers)}"
    elif not isinstance(numbers, list) or len(numbers) != shape[0]:
        yield path, f"must be a list of {shape[0]} items like the first, got {quote(numbers)}"
    else:
        for index, inner in enumerate(numbers):
            yield from _irregular(inner, (*path, index), shape[1:])
