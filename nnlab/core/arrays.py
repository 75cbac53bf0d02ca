"""The array types that every other module uses, and copying saved arrays into place."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlab.errors import ShapeError

Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[int, ...]


def shape_text(shape: Shape) -> str:
    """A shape as messages show it: ``1x28x28``."""
    return "x".join(str(size) for size in shape) or "a single number"


def copy_arrays(saved: Mapping[str, Array], own: Mapping[str, Array], what: str) -> None:
    """Copy saved arrays into ``own``, all or none; raises ShapeError naming ``what`` when names or shapes differ."""
    if own.keys() != saved.keys():
        raise ShapeError(f"{what}: holds the arrays {sorted(saved)}, not {sorted(own)}")
    for name, array in own.items():
        if saved[name].shape != array.shape:
            found, expected = shape_text(saved[name].shape), shape_text(array.shape)
            raise ShapeError(f"{what}: {name} is {found}, not {expected}")
    for name, array in own.items():
        array[...] = saved[name]
