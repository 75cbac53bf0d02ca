"""A painted or photographed digit as MNIST's were made: ink on black, in a 20x20 box, centred by its mass."""

from typing import Literal

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.input_format import WHITE
from nnlab.data.pictures.components import largest_components, sheet_in, widened
from nnlab.data.pictures.ground import ink_of
from nnlab.data.pictures.resizing import resized
from nnlab.errors import DataError

BOX = 20 / 28
"""The share of the side that a digit's box takes (LeCun, Bottou, Bengio & Haffner 1998, section III-A)."""

LARGEST = 320
"""Larger pictures are reduced to this many pixels before the ink is looked for."""

BLACK = 8 / WHITE
CENTRED = 1.5
"""How far from the middle, in pixels of 28, the centre of mass of an image made like MNIST's may be."""
THIN, STROKE = 1.6, 2.2
"""Strokes thinner than THIN pixels of 28 are thickened to STROKE: 5 % of MNIST's are thinner, half are wider."""


def fit_digit(pixels: Array, H: int, W: int, invert: Literal["auto", "yes", "no"]) -> tuple[Array, list[str]]:
    """The digit of a picture (h, w, C) as an image (H, W) of 0 to 255, and what was done.

    Where the picture shows a sheet on another ground, the sheet is used. The ink is what differs from the ground, which
    may be unevenly lit; the largest connected strokes are the digit, specks are left out. Its bounding box is scaled to
    20/28 of the side, the aspect ratio kept, and its centre of mass is moved to the middle. Raises DataError for a
    picture without ink.
    """
    shrink = min(1.0, LARGEST / max(pixels.shape[:2]))
    if shrink < 1:
        pixels = resized(pixels, *(max(1, round(side * shrink)) for side in pixels.shape[:2]))
    ink, dark_ink = ink_of(pixels, "auto")
    sheet = sheet_in(ink)
    if sheet is not None:
        pixels = pixels[sheet]
    if sheet is not None or invert != "auto":
        ink, dark_ink = ink_of(pixels, invert)
    mask, specks = largest_components(ink)
    if not mask.any():
        raise DataError("expected a digit, found a picture of one colour")
    ink = ink * mask
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    thick = _thickened(box, round(BOX * H), round(BOX * W))
    small = _boxed(thick, round(BOX * H), round(BOX * W))
    image = _centred(small, H, W)
    notes = ["only the sheet used"] if sheet is not None else []
    notes += ["inverted"] if dark_ink else []
    notes += [f"{specks} specks left out" if specks > 1 else "a speck left out"] if specks else []
    notes += ["thin strokes thickened"] if thick is not box else []
    notes.append(f"digit cut out and centred in {W}x{H}")
    return image * WHITE, notes


def is_fitted_digit(grey: Array) -> bool:
    """Whether an image (H, W) is made like MNIST's: black border, ink in a box of 20/28, its centre of mass central."""
    ink = grey / WHITE
    H, W = ink.shape
    ring = np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
    if ring.max() > BLACK or ink.max() < 1 - 2 * BLACK:
        return False
    row, column = _centre_of_mass(ink)
    limit = CENTRED * H / 28
    if abs(row - (H - 1) / 2) > limit or abs(column - (W - 1) / 2) > limit:
        return False
    rows, columns = np.flatnonzero(ink.max(axis=1) > BLACK), np.flatnonzero(ink.max(axis=0) > BLACK)
    tall, wide = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    return bool(abs(max(tall / (BOX * H), wide / (BOX * W)) - 1) <= 0.1)


def _boxed(ink: Array, height: int, width: int) -> Array:
    """Ink scaled to fit a box, its aspect ratio kept, its darkest strokes at 1."""
    scale = min(height / ink.shape[0], width / ink.shape[1])
    rows, columns = (max(1, round(side * scale)) for side in ink.shape)
    small = resized(ink, min(rows, height), min(columns, width))
    return np.asarray(np.clip(small / max(float(np.quantile(small, 0.98)), 0.05), 0, 1))


def _thickened(ink: Array, height: int, width: int) -> Array:
    """The ink; strokes that would be thinner than ``THIN`` in the box are widened to ``STROKE`` in a new array."""
    scale = min(height / ink.shape[0], width / ink.shape[1])
    unit = scale * 28 * BOX / height
    wide = unit * stroke_width(ink)
    if wide >= THIN:
        return ink
    radius = round((STROKE - wide) / unit / 2)
    thick = np.pad(ink, radius)
    for step in range(radius):
        thick = widened(thick, diagonal=step % 2 == 1)
    return thick if radius else ink


def stroke_width(ink: Array) -> float:
    """The mean width of strokes in pixels: twice their area through their outline, the total variation of the ink."""
    padded = np.pad(ink, 1)
    down, right = np.diff(padded, axis=0)[:, :-1], np.diff(padded, axis=1)[:-1]
    return float(2 * ink.sum() / max(np.hypot(down, right).sum(), 1e-9))


def _centred(small: Array, H: int, W: int) -> Array:
    """An image (H, W) with the centre of mass of ``small`` in its middle, as far as it fits."""
    row, column = _centre_of_mass(small)
    top = int(np.clip(np.rint((H - 1) / 2 - row), 0, H - small.shape[0]))
    left = int(np.clip(np.rint((W - 1) / 2 - column), 0, W - small.shape[1]))
    image = np.zeros((H, W))
    image[top : top + small.shape[0], left : left + small.shape[1]] = small
    return image


def _centre_of_mass(ink: Array) -> tuple[float, float]:
    total = ink.sum()
    rows, columns = ink.sum(axis=1), ink.sum(axis=0)
    return float(rows @ np.arange(len(rows)) / total), float(columns @ np.arange(len(columns)) / total)
