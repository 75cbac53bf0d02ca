"""Tensors as small pictures: a pixel for each number, blue above zero, red below, transparent at zero."""

from dataclasses import dataclass
from io import BytesIO
from math import ceil, sqrt

import numpy as np

from nnlab.core.arrays import Array
from nnlab.insight.trace.tensors import Tensor
from nnlab.language import in_language

LEVELS = 15
BLUE, RED, FRAME = (33, 102, 172), (178, 24, 43), (128, 128, 128)
LARGEST = 160
"""Pixels along an axis of a picture, before it is scaled."""
THINNEST = 3
"""Rows or columns; fewer are a line."""
LONGEST = 4
"""Rows for each column; more would make a picture a line."""
MOST_TILES = 16
SHOWN_WIDTH = 320


@dataclass(frozen=True, eq=False)
class Picture:
    """A PNG with its size on the page, and what it shows."""

    png: bytes
    width: int
    height: int
    caption: str


def picture_of(tensor: Tensor) -> Picture | None:
    """A picture of a matrix, of the channels of an image or of kernels; None for what has no rows and columns."""
    found = _matrix(tensor)
    if tensor.repeated or found is None or min(found[0].shape) < THINNEST:
        return None
    matrix, caption = found
    pixels = _pixels(matrix)
    scale = max(min(SHOWN_WIDTH // pixels.shape[1], 240 // pixels.shape[0], 16), 2)
    return Picture(_png(pixels), pixels.shape[1] * scale, pixels.shape[0] * scale, caption)


def _matrix(tensor: Tensor) -> tuple[Array, str] | None:
    """The rows and columns of a picture, and what they are; NaN between tiles."""
    values = tensor.values
    first = f"{tensor.axes[0].lower() or 'axis'}={tensor.first}" if values.ndim > 2 else ""
    if values.ndim == 2:
        rows, columns = values.shape
        shown = values[: min(LARGEST, LONGEST * columns), : min(LARGEST, 2 * LONGEST * rows)]
        cut = "" if shown.shape == values.shape else _cut(*shown.shape)
        return shown, ", ".join(filter(None, (_axes(tensor.axes), cut)))
    if values.ndim == 3:
        shown = values[0][:LARGEST, :LARGEST]
        return shown, f"{first}: {_axes(tensor.axes[1:])}"
    if values.ndim == 4 and values.size:
        one_channel = values.shape[1] == 1
        tiles = values[:MOST_TILES, 0] if one_channel else values[0, :MOST_TILES]
        axis = (tensor.axes[0] if one_channel else tensor.axes[1]).lower() or "axis"
        start = tensor.first if one_channel else 0
        fixed = "" if one_channel else f"{first}, "
        last = f" … {start + len(tiles) - 1}" if len(tiles) > 1 else ""
        return _tiled(tiles), f"{fixed}{axis}={start}{last}"
    return None


def _axes(axes: tuple[str, ...]) -> str:
    rows, columns = (axis or "?" for axis in axes[:2])
    return in_language(f"rows {rows}, columns {columns}", f"行 {rows}、列 {columns}")


def _cut(rows: int, columns: int) -> str:
    return in_language(f"the first {rows}x{columns}", f"最初の {rows}x{columns}")


def _tiled(tiles: Array) -> Array:
    """Images side by side, with a gap of NaN; large ones without some of their rows and columns."""
    count = len(tiles)
    across = ceil(sqrt(count))
    down = ceil(count / across)
    step = max(ceil(tiles.shape[1] * down / LARGEST), ceil(tiles.shape[2] * across / LARGEST))
    tiles = tiles[:, ::step, ::step]
    height, width = tiles.shape[1] + 1, tiles.shape[2] + 1
    found = np.full((down * height - 1, across * width - 1), np.nan)
    for index, tile in enumerate(tiles):
        top, left = index // across * height, index % across * width
        found[top : top + height - 1, left : left + width - 1] = tile
    return found


def _pixels(matrix: Array) -> Array:
    """The palette's index of each number: LEVELS is zero, 2·LEVELS + 1 a gap or a number that is not finite."""
    finite = np.isfinite(matrix)
    largest = np.abs(matrix[finite], dtype=np.float64).max(initial=0.0) or 1.0
    levels = np.rint(np.where(finite, matrix, 0) / largest * LEVELS) + LEVELS
    return np.where(finite, levels, 2 * LEVELS + 1).astype(np.uint8)


def _png(pixels: Array) -> bytes:
    from PIL import Image

    image = Image.fromarray(pixels).convert("L")
    image = Image.frombytes("P", image.size, image.tobytes())
    colours = [RED] * LEVELS + [BLUE] * (LEVELS + 1) + [FRAME]
    strengths = [abs(level) / LEVELS for level in range(-LEVELS, LEVELS + 1)] + [0.35]
    image.putpalette([part for colour in colours for part in colour])
    file = BytesIO()
    image.save(file, "PNG", transparency=bytes(round(255 * strength) for strength in strengths), optimize=True)
    return file.getvalue()
