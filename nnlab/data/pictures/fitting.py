"""From a decoded picture to the input of a network for images: channels, ground, size."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nnlab.core.arrays import Array, Shape
from nnlab.data.input_format import WHITE
from nnlab.data.pictures.decoding import Picture
from nnlab.data.pictures.digit import fit_digit, is_fitted_digit
from nnlab.data.pictures.resizing import resized
from nnlab.errors import DataError

Fit = Literal["auto", "digit", "contain", "cover", "stretch", "none"]
Invert = Literal["auto", "yes", "no"]

LARGEST_DIGIT = 64
"""Networks of larger images are not taken for ones of digits."""
BLANK_BORDER = 0.02
"""The border of MNIST's images is 0 throughout; garments, which fill theirs, leave it at about 0.1."""
DARK, LIGHT = 0.35, 0.65

_RED, _GREEN, _BLUE = 0.299, 0.587, 0.114  # ITU-R BT.601, as in Pillow's convert("L")


@dataclass(frozen=True)
class PictureInput:
    """What a network for images takes: its shape (C, H, W), and how its training images look.

    ``ground`` is the mean of their borders, from 0 (black) to 1 (white), None where it is not known. ``fit`` and
    ``invert`` are what the training pictures went through themselves; ``auto`` decides for each picture.
    """

    shape: Shape
    ground: float | None = None
    fit: Fit = "auto"
    invert: Invert = "auto"

    @property
    def chosen_fit(self) -> Fit:
        """The fit that ``auto`` stands for: by what the training images look like."""
        if self.fit != "auto":
            return self.fit
        C, H, W = self.shape
        if C == 3:
            return "cover"
        blank = self.ground is None or self.ground <= BLANK_BORDER
        return "digit" if blank and max(H, W) <= LARGEST_DIGIT else "contain"


@dataclass(frozen=True, eq=False)
class FittedPicture:
    """The uint8 image (C, H, W) that the network sees, and what was done to the picture."""

    image: Array
    notes: tuple[str, ...]


def fit_picture(picture: Picture, wanted: PictureInput) -> FittedPicture:
    """A picture as the network's training images are.

    Raises DataError for ``fit: none`` where the size differs, and for a digit's picture without ink.
    """
    C, H, W = wanted.shape
    fit = wanted.chosen_fit
    notes = list(picture.notes)
    exact = picture.pixels.shape[:2] == (H, W)
    if fit == "digit" and C == 1:
        opaque, said = _opaque(picture)
        if exact and (ready := _ready(_grey(opaque), wanted.invert)):
            return FittedPicture(_as_image(ready[0]), (*notes, *said, *ready[1]))
        image, done = fit_digit(opaque, H, W, wanted.invert)
        return FittedPicture(_as_image(image), (*notes, *said, *done))
    pixels, said = _opaque(picture)
    notes += said
    if C == 1 and pixels.shape[2] == 3:
        pixels = _grey(pixels)[..., np.newaxis]
        notes.append("grey")
    elif C == 3 and pixels.shape[2] == 1:
        pixels = np.repeat(pixels, 3, axis=2)
    if _inverts(wanted, pixels):
        pixels = WHITE - pixels
        notes.append("inverted")
    if exact:
        return FittedPicture(_as_image(pixels), tuple(notes))
    if fit == "none":
        raise DataError(f"expected a picture of {W}x{H} pixels, found {picture.size[0]}x{picture.size[1]}; --fit sizes")
    fitted = _sized(pixels, H, W, fit)
    return FittedPicture(_as_image(fitted), (*notes, _SIZED[fit].format(size=f"{W}x{H}")))


def _ready(grey: Array, invert: Invert) -> tuple[Array, tuple[str, ...]] | None:
    """An image (H, W) that is centred as MNIST's are, or is so once inverted, and what was done; None for others."""
    H, W = grey.shape
    found = f"unchanged: a centred {W}x{H} digit"
    if invert != "yes" and is_fitted_digit(grey):
        return grey, (found,)
    if invert != "no" and is_fitted_digit(WHITE - grey):
        return WHITE - grey, ("inverted", f"otherwise {found}")
    return None


_SIZED = {
    "digit": "contained in {size}",
    "contain": "contained in {size}",
    "cover": "its middle cut to {size}",
    "stretch": "stretched to {size}",
}


def _sized(pixels: Array, H: int, W: int, fit: str) -> Array:
    height, width = pixels.shape[:2]
    if fit == "stretch":
        return resized(pixels, H, W)
    if fit == "cover":
        scale = min(height / H, width / W)
        rows, columns = min(height, max(1, round(H * scale))), min(width, max(1, round(W * scale)))
        top, left = (height - rows) // 2, (width - columns) // 2
        return resized(pixels[top : top + rows, left : left + columns], H, W)
    scale = min(H / height, W / width)
    rows, columns = min(H, max(1, round(height * scale))), min(W, max(1, round(width * scale)))
    image = np.broadcast_to(_border(pixels), (H, W, pixels.shape[2])).copy()
    top, left = (H - rows) // 2, (W - columns) // 2
    image[top : top + rows, left : left + columns] = resized(pixels, rows, columns)
    return image


def _inverts(wanted: PictureInput, pixels: Array) -> bool:
    """Whether a picture is inverted: where its border is light and that in training dark, or the reverse."""
    if wanted.invert != "auto":
        return wanted.invert == "yes"
    if wanted.shape[0] != 1 or wanted.ground is None:
        return False
    border = float(_border(pixels).mean()) / WHITE
    return (wanted.ground < DARK and border > LIGHT) or (wanted.ground > LIGHT and border < DARK)


def _border(pixels: Array) -> Array:
    """The median colour (C,) of the outermost pixels."""
    ring = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    colour: Array = np.median(ring, axis=0)
    return colour


def _grey(pixels: Array) -> Array:
    """The luminance (H, W) of pixels (H, W, C), uint8."""
    if pixels.shape[2] == 1:
        return np.asarray(pixels[..., 0])
    luminance: Array = np.rint(pixels.astype(np.float64) @ np.array([_RED, _GREEN, _BLUE]))
    return luminance.astype(np.uint8)


def _opaque(picture: Picture) -> tuple[Array, Sequence[str]]:
    """The picture on white, or on black where what is painted on the transparent ground is light."""
    if picture.alpha is None:
        return picture.pixels, ()
    alpha = picture.alpha[..., np.newaxis] / WHITE
    painted = float((_grey(picture.pixels) * alpha[..., 0]).sum() / max(alpha.sum(), 1e-9))
    ground = 0.0 if painted > WHITE / 2 else float(WHITE)
    pixels = np.rint(picture.pixels * alpha + ground * (1 - alpha)).astype(np.uint8)
    return pixels, (f"transparency shown on {'white' if ground else 'black'}",)


def _as_image(pixels: Array) -> Array:
    """Pixels (H, W, C) or (H, W) as a uint8 image (C, H, W)."""
    channels = pixels if pixels.ndim == 3 else pixels[..., np.newaxis]
    return np.ascontiguousarray(np.clip(np.rint(channels), 0, WHITE).astype(np.uint8).transpose(2, 0, 1))
