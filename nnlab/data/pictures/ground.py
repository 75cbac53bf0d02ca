"""The ground of a picture, evenly lit or not, and the ink on it."""

from typing import Literal

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.input_format import WHITE
from nnlab.data.pictures.resizing import resized

SIDE = 48
"""The ground is fitted to a picture reduced to this many pixels a side."""
ROUNDS = 12
NOISE = 4.0
"""Ink differs from the ground by more than this many standard deviations of the ground's noise."""
LEAST_CONTRAST = 0.06


def ink_of(pixels: Array, invert: Literal["auto", "yes", "no"]) -> tuple[Array, bool]:
    """The ink (H, W) from 0 to 1 of a picture (H, W, C), and whether it is darker than the ground.

    The ground is a quadratic surface through the picture's border and all that resembles it. Ink is how far a pixel
    differs from it in the direction of the most different ones, so that its colour does not matter. With ``invert``
    yes or no the ink is dark or light whatever the border says.
    """
    colours = pixels / WHITE
    difference = colours - _ground(colours)
    towards = _ink_colour(difference, invert)
    length = float(np.linalg.norm(towards))
    if length < LEAST_CONTRAST:
        return np.zeros(pixels.shape[:2]), False
    ink = difference @ (towards / length)
    ground = np.abs(ink) < 0.5 * length
    noise = 1.4826 * float(np.median(np.abs(ink[ground]))) if ground.any() else 0.0
    least = min(NOISE * noise, 0.5 * length)
    return np.clip((ink - least) / (0.9 * length - least), 0, 1), float(towards.sum()) < 0


def _ground(colours: Array) -> Array:
    """The ground (H, W, C), fitted by iteratively reweighted least squares with Tukey's weights."""
    H, W, C = colours.shape
    small = resized(colours, min(H, SIDE), min(W, SIDE))
    rows, columns = (np.linspace(-1, 1, side) for side in small.shape[:2])
    terms = _terms(rows, columns)
    values = small.reshape(-1, C)
    ring = np.zeros(small.shape[:2], bool)
    ring[[0, -1]] = ring[:, [0, -1]] = True
    fitted = np.broadcast_to(np.median(values[ring.ravel()], axis=0), values.shape)
    coefficients = np.zeros((terms.shape[1], C))
    for _ in range(ROUNDS):
        distance = np.linalg.norm(values - fitted, axis=1)
        spread = max(1.4826 * float(np.median(distance[ring.ravel()])), 0.02)
        weight = np.clip(1 - (distance / (5 * spread)) ** 2, 0, 1) ** 2
        weighted = terms * weight[:, np.newaxis]
        coefficients = np.linalg.lstsq(weighted.T @ terms, weighted.T @ values, rcond=1e-9)[0]
        fitted = terms @ coefficients
    whole = _terms(np.linspace(-1, 1, H), np.linspace(-1, 1, W)) @ coefficients
    return np.asarray(whole.reshape(H, W, C))


def _terms(rows: Array, columns: Array) -> Array:
    """1, y, x, y², yx, x² at each pixel (H·W, 6)."""
    y, x = np.repeat(rows, len(columns)), np.tile(columns, len(rows))
    return np.stack([np.ones_like(y), y, x, y * y, y * x, x * x], axis=1)


def _ink_colour(difference: Array, invert: str) -> Array:
    """The difference (C,) of the ink from the ground: the mean of the most different 1 % of the pixels."""
    flat = difference.reshape(-1, difference.shape[2])
    brightness = flat.sum(axis=1)
    strength = np.linalg.norm(flat, axis=1)
    if invert != "auto":
        strength = np.where((brightness < 0) == (invert == "yes"), strength, 0)
    count = max(4, len(flat) // 100)
    chosen = np.argpartition(strength, -count)[-count:] if count < len(flat) else np.arange(len(flat))
    darker = brightness[chosen] < 0
    side = darker if 2 * darker.sum() >= len(chosen) else ~darker
    mean: Array = flat[chosen[side]].mean(axis=0)
    return mean
