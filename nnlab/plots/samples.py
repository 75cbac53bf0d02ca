"""Samples of a dataset: a grid of labelled images, or points in the plane."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb

from nnlab.core.arrays import Array
from nnlab.core.random import Streams
from nnlab.core.task import NUMBERS
from nnlab.data.dataset import Dataset
from nnlab.data.input_format import WHITE
from nnlab.data.pipeline.augmentation import Augmentation, augment
from nnlab.language import tr
from nnlab.plots.canvas import DPI, HEIGHT, WIDTH, canvas, plain_text
from nnlab.plots.fit import plot_number_samples
from nnlab.plots.palette import in_format, palette
from nnlab.plots.points import draw_points, legend_of_classes

SAMPLES_FILE = "samples.png"
AUGMENTED_FILE = "augmented.png"

# The grid: at most MOST_CLASSES rows of MOST_COLUMNS images; sizes in pixels of the picture.
MOST_CLASSES = 20
MOST_COLUMNS = 10
GRID_WIDTH = 700
TILE, GAP = 60, 4
LARGEST_TILE = 256
TITLE_HEIGHT, MARGIN = 42, 10


def plot_samples(
    name: str, dataset: Dataset, folder: Path, augmentations: Sequence[Augmentation], streams: Streams
) -> list[Path]:
    """Write pictures of a dataset into ``folder``, created if necessary, and return their paths.

    Images make ``samples.png`` and, with augmentations, ``augmented.png``; points in the plane, and numbers by one or
    two features, make ``samples.png``; other samples make none. Raises OSError when the pictures cannot be written.
    """
    is_image, is_point = len(dataset.sample_shape) == 3, dataset.sample_shape == (2,)
    if dataset.task == NUMBERS or dataset.steps is not None:
        return _plotted_numbers(name, dataset, folder)
    if not is_image and not is_point:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / SAMPLES_FILE
    if is_point:
        _plot_points(path, name, dataset)
        return [in_format(path)]
    images, labels = _pixels(dataset.train.inputs), dataset.train.targets
    shown = np.unique(labels)[:MOST_CLASSES].tolist()
    names = [dataset.class_names[label] for label in shown]
    columns = max(2, min(MOST_COLUMNS, GRID_WIDTH // (_tile_side(dataset) + GAP)))
    rows = [images[np.flatnonzero(labels == label)[:columns]] for label in shown]
    words = {"name": plain_text(name), "shown": len(shown), "classes": dataset.classes}
    if len(shown) < dataset.classes:
        title = tr("{name}: first training images of {shown} of {classes} classes", **words)
    else:
        title = tr("{name}: first training images of each class", **words)
    plot_grid(path, title, rows, names)
    if not augmentations:
        return [in_format(path)]
    augmented = folder / AUGMENTED_FILE
    rows = _augmented(np.stack([row[0] for row in rows]), augmentations, streams, columns)
    plot_grid(augmented, tr("{name}: augmented training images (first column: original)", **words), rows, names)
    return [in_format(path), in_format(augmented)]


def _plotted_numbers(name: str, dataset: Dataset, folder: Path) -> list[Path]:
    if dataset.sample_shape not in ((1,), (2,)) or dataset.steps is not None:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    plot_number_samples(folder / SAMPLES_FILE, tr("{name}: samples", name=plain_text(name)), dataset)
    return [in_format(folder / SAMPLES_FILE)]


def _pixels(images: Array) -> Array:
    """Images as uint8, those of floats scaled so that they range from black to white."""
    if images.dtype == np.uint8:
        return images
    low, span = images.min(), np.ptp(images)
    return np.asarray(np.rint((images - low) * (WHITE / (span or 1))), np.uint8)


def _augmented(images: Array, augmentations: Sequence[Augmentation], streams: Streams, columns: int) -> list[Array]:
    """Each image, followed by its augmented versions of the first training steps."""
    versions = [images]
    for step in range(1, columns):
        x = images / np.float32(WHITE)
        augment(x, augmentations, streams, step)
        versions.append(np.rint(x * WHITE).astype(np.uint8))
    return list(np.stack(versions, axis=1))


def plot_grid(path: Path, title: str, rows: Sequence[Array], names: Sequence[str]) -> None:
    """Draw rows of images (n, C, H, W), each labelled with its class, at one pixel of the picture per grid pixel."""
    mosaic = _mosaic(rows)
    height, width = mosaic.shape[:2]
    with canvas(path, title, (WIDTH, HEIGHT), layout=None) as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.imshow(mosaic, interpolation="none", aspect="auto")
        axes.set_axis_off()
        beside: dict[str, Any] = {"ha": "right", "va": "center", "fontsize": 9, "parse_math": False}
        labels = []
        for index, name in enumerate(names):
            middle = (index + 0.5) * (height + GAP) / len(rows) - GAP / 2
            labels.append(axes.text(-MARGIN, middle, plain_text(name, 16), **beside))
        # Whole pixels: an image between two pixels would be blurred.
        left = 2 * MARGIN + ceil(max(label.get_window_extent().width for label in labels))
        (heading,) = figure.texts
        size = (
            max(left + width + MARGIN, ceil(heading.get_window_extent().width) + 2 * MARGIN),
            TITLE_HEIGHT + height + MARGIN,
        )
        figure.set_size_inches(size[0] / DPI, size[1] / DPI)
        axes.set_position((left / size[0], MARGIN / size[1], width / size[0], height / size[1]))
        heading.set_position((MARGIN / size[0], 1 - MARGIN / size[1]))


def _mosaic(rows: Sequence[Array]) -> Array:
    """All images in one (height, width, RGB), with the background colour between them."""
    tiles = [[tile(image) for image in row] for row in rows]
    height, width, _ = tiles[0][0].shape
    down, right = height + GAP, width + GAP
    mosaic = np.empty((len(rows) * down - GAP, max(map(len, tiles)) * right - GAP, 3), np.uint8)
    mosaic[...] = np.rint(np.multiply(to_rgb(palette().paper), WHITE))
    for i, row in enumerate(tiles):
        for j, enlarged in enumerate(row):
            mosaic[i * down : i * down + height, j * right : j * right + width] = enlarged
    return mosaic


def _tile_side(dataset: Dataset) -> int:
    return max(int(side) for side in tile(dataset.train.inputs[0]).shape[:2])


def tile(image: Array) -> Array:
    """An image (C, H, W) as (H, W, RGB), enlarged by a whole factor, or subsampled if it is large."""
    side = max(image.shape[1:])
    if side > LARGEST_TILE:
        step = -(-side // LARGEST_TILE)
        image = image[:, ::step, ::step]
    zoom = max(1, round(TILE / side))
    image = image.repeat(zoom, axis=1).repeat(zoom, axis=2).transpose(1, 2, 0)
    return image if image.shape[2] == 3 else image[:, :, :1].repeat(3, axis=2)


def _plot_points(path: Path, name: str, dataset: Dataset) -> None:
    words = {"name": plain_text(name)}
    title = tr("{name}: samples (test: hollow)", **words) if dataset.test else tr("{name}: samples", **words)
    with canvas(path, title, (WIDTH, HEIGHT)) as figure:
        axes = figure.add_subplot()
        draw_points(axes, dataset.train)
        if dataset.test:
            draw_points(axes, dataset.test, "hollow")
        spans = np.ptp(dataset.train.inputs, axis=0)
        if 0 < spans.max() < 4 * spans.min():
            axes.set_aspect("equal", adjustable="datalim")
        legend_of_classes(figure, dataset)
