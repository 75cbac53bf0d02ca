"""Resizing of pictures: area averaging where they shrink, linear interpolation where they grow."""

from functools import lru_cache

import numpy as np

from nnlab.core.arrays import Array


def resized(image: Array, height: int, width: int) -> Array:
    """An image (H, W, C) or (H, W) at another size, as float64.

    Shrinking averages over the area that a new pixel covers, so that a thin stroke becomes grey instead of vanishing.
    """
    rows, columns = _weights(image.shape[0], height), _weights(image.shape[1], width)
    along = np.tensordot(rows, image.astype(np.float64), (1, 0))
    across = np.tensordot(along, columns, (1, 1))
    return across if image.ndim == 2 else np.ascontiguousarray(across.transpose(0, 2, 1))


@lru_cache(maxsize=64)
def _weights(old: int, new: int) -> Array:
    """The weight (new, old) of each old pixel in each new one; rows sum to 1."""
    scale = old / new
    if new < old:
        edges = np.arange(new + 1) * scale
        pixel = np.arange(old)
        overlap = np.minimum(edges[1:, np.newaxis], pixel + 1) - np.maximum(edges[:-1, np.newaxis], pixel)
        weights = np.maximum(overlap, 0)
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))
    centres = np.clip((np.arange(new) + 0.5) * scale - 0.5, 0, old - 1)
    weights = np.maximum(1 - np.abs(centres[:, np.newaxis] - np.arange(old)), 0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
