"""New samples from pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.files.reading import check_fits, file_name
from nnlab.data.input_format import WHITE, InputFormat
from nnlab.data.pictures.decoding import read_picture
from nnlab.data.pictures.fitting import Fit, Invert, PictureInput, fit_picture
from nnlab.data.pictures.listing import class_folders, no_pictures, pictures_of
from nnlab.data.pictures.resizing import resized
from nnlab.data.pipeline.raw_samples import scaled_inputs
from nnlab.data.tables.csv_samples import known_classes
from nnlab.data.tables.rows import counted
from nnlab.errors import DataError, UsageError
from nnlab.text import one_line

THUMBNAIL = 112
"""Pixels of the longer side of the original beside which a prediction is drawn."""
MOST_THUMBNAILS = 120
MOST_NAMED = 3


@dataclass(frozen=True, eq=False)
class PictureSamples:
    """Images (N, C, H, W), their names, what was done to each, and small originals (h, w, 3) of the first ones.

    ``labels`` are class indices, if asked for; ``notes`` say what was left out.
    """

    images: Array
    names: tuple[str, ...]
    labels: Array | None
    decisions: tuple[str, ...]
    notes: tuple[str, ...]
    thumbnails: tuple[Array, ...]


def picture_samples(path: Path, inputs: InputFormat, fit: Fit, invert: Invert, *, labelled: bool) -> PictureSamples:
    """The pictures of a file or folder as the images that a network takes.

    With ``labelled`` the folder has a subfolder for each class. Raises UsageError for a network that takes no images,
    DataError for a picture that cannot be read or fitted.
    """
    if len(inputs.shape) != 3:
        raise UsageError(f"the network takes {inputs.shape[0]} features a sample, not pictures")
    files, labels, notes = _files(path, inputs, labelled=labelled)
    wanted = picture_input(inputs, fit, invert)
    check_fits(file_name(path), len(files) * int(np.prod(wanted.shape)))
    images = np.empty((len(files), *wanted.shape), np.uint8)
    thumbnails: list[Array] = []
    decisions: list[str] = []
    side = max(512, 2 * max(wanted.shape[1:]))
    for index, file in enumerate(files):
        picture = read_picture(file, side)
        try:
            fitted = fit_picture(picture, wanted)
        except DataError as error:
            raise DataError(f"{file_name(file)}: {error}") from None
        images[index] = fitted.image
        decisions.append("; ".join(fitted.notes))
        if index < MOST_THUMBNAILS:
            thumbnails.append(_thumbnail(picture.pixels, picture.alpha))
    names = tuple(str(file) for file in files)
    return PictureSamples(images, names, labels, tuple(decisions), notes, tuple(thumbnails))


def grouped(names: Sequence[str], decisions: Sequence[str]) -> tuple[str, ...]:
    """One line for all pictures to which the same was done."""
    decided: dict[str, list[str]] = {}
    for name, said in zip(names, decisions, strict=True):
        if said:
            decided.setdefault(said, []).append(name)
    return tuple(f"{_listed(named)}: {said}" for said, named in decided.items())


def picture_input(inputs: InputFormat, fit: Fit, invert: Invert) -> PictureInput:
    """What a picture becomes for a network: as given, else as its training pictures, else decided by the picture."""
    C, H, W = inputs.shape
    trained = inputs.pictures
    if trained and fit == "auto":
        fit = cast("Fit", trained.fit)
    if trained and invert == "auto":
        invert = cast("Invert", trained.invert)
    return PictureInput((C, H, W), inputs.ground, fit, invert)


def network_pictures(images: Array, inputs: InputFormat) -> Array:
    """uint8 images as the network takes them: pixels, or floats in the range of the training data, then scaled."""
    if inputs.pixels:
        return images
    return scaled_inputs(_in_range(images, inputs), inputs, check_range=False)


def _in_range(images: Array, inputs: InputFormat) -> Array:
    low, high = float(inputs.low), float(inputs.high)
    if inputs.scaling is not None and np.ptp(inputs.scaling.spread) == 0 == np.ptp(inputs.scaling.centre):
        return inputs.scaling.undo(images / WHITE)  # one range for all pixels, such as 0 to 16
    if low >= 0 and high > 1:
        return images.astype(np.float64)
    unit = images / WHITE
    return unit if low >= 0 else -1 + 2 * unit


def _files(path: Path, inputs: InputFormat, *, labelled: bool) -> tuple[list[Path], Array | None, tuple[str, ...]]:
    if not path.is_dir():
        if labelled:
            raise UsageError("expected a folder with a subfolder of pictures for each class, found a picture")
        return [path], None, ()
    if not labelled:
        found = pictures_of(path)
        if not found.pictures:
            raise no_pictures(path)
        return list(found.pictures), None, found.notes
    classes = class_folders(path)
    if not classes:
        raise DataError(f"{file_name(path)}: expected a subfolder of pictures for each class, found none")
    indices = known_classes(classes, inputs.class_names, file_name(path))
    files: list[Path] = []
    labels: list[int] = []
    notes: list[str] = []
    for name, index in zip(classes, indices.tolist(), strict=True):
        found = pictures_of(path / name)
        files += found.pictures
        labels += [index] * len(found.pictures)
        notes += (f"{name}: {note}" for note in found.notes)
    if not files:
        raise no_pictures(path)
    return files, np.array(labels, np.intp), tuple(notes)


def _listed(names: Sequence[str]) -> str:
    if len(names) <= MOST_NAMED:
        return one_line(", ".join(names), 200)
    return f"{one_line(', '.join(names[:MOST_NAMED]), 150)} and {counted(len(names) - MOST_NAMED, 'other')}"


def _thumbnail(pixels: Array, alpha: Array | None) -> Array:
    """A small picture (h, w, 3) as a viewer shows it: transparency on a light grey."""
    colours = pixels if pixels.shape[2] == 3 else np.repeat(pixels, 3, axis=2)
    if alpha is not None:
        opacity = alpha[..., np.newaxis] / WHITE
        colours = colours * opacity + 200 * (1 - opacity)
    scale = min(1.0, THUMBNAIL / max(colours.shape[:2]))
    height, width = (max(1, round(side * scale)) for side in colours.shape[:2])
    small = resized(colours, height, width) if scale < 1 else colours
    return np.clip(np.rint(small), 0, WHITE).astype(np.uint8)
