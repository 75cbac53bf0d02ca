"""Reading of NumPy's .npy format; the header is validated before memory is allocated."""

from math import prod
from typing import IO

import numpy as np
from numpy.lib import format as npy

from nnlab.core.arrays import Array, Shape
from nnlab.data.files.reading import error_text
from nnlab.errors import DataError
from nnlab.text import quote

NPY_MAGIC = b"\x93NUMPY"


def read_header(stream: IO[bytes], where: str) -> tuple[Shape, np.dtype[np.generic]]:
    """Shape and dtype; raises DataError, prefixed with ``where``, when the header is damaged."""
    try:
        version = npy.read_magic(stream)
        if version != (1, 0):
            raise ValueError(f"version 1.0 of the .npy format expected, found {version}")
        shape, _, dtype = npy.read_array_header_1_0(stream)
    except Exception as error:  # zipfile and NumPy's header parser raise many unrelated classes on damaged bytes
        raise DataError(f"{where}: damaged: {error_text(error)}") from error
    return shape, dtype


def check_content(shape: Shape, dtype: np.dtype[np.generic], content: int, where: str) -> None:
    """Raise DataError unless the array is numeric or text and its size is ``content`` bytes."""
    if dtype.kind not in "biufU":
        raise DataError(f"{where}: expected numbers or text, found {quote(str(dtype))}")
    expected = prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or expected != content:
        raise DataError(f"{where}: expected {expected} bytes for {dtype} of shape {shape}, found {content}")


def read_contents(stream: IO[bytes], where: str) -> Array:
    """The array of a stream whose header was validated; raises DataError when its contents are damaged."""
    try:
        array: Array = npy.read_array(stream, allow_pickle=False)
    except MemoryError:
        raise
    except Exception as error:  # as above
        raise DataError(f"{where}: damaged: {error_text(error)}") from error
    return array
