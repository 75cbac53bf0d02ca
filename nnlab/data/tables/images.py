"""Images from the rows of a table."""

from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np

from nnlab.data.dataset import Dataset, Split
from nnlab.data.input_format import WHITE
from nnlab.data.tables.sample_arrays import holds_pixels
from nnlab.errors import DataError


def as_images(dataset: Dataset, shape: Sequence[int], name: str) -> Dataset:
    """The samples as images (N, C, H, W): uint8 pixels if all values are integers from 0 to 255.

    Raises DataError when the number of features is not C · H · W.
    """
    count = dataset.train.inputs.shape[1]
    if prod(shape) != count:
        product = " × ".join(map(str, shape))
        raise DataError(
            f"{name}: data.image: expected {product} = {prod(shape)} features, found {count} besides the label"
        )
    pixels = all(holds_pixels(split.inputs) for split in dataset.splits.values())
    warning = "" if pixels else _warning(dataset)
    dtype = np.uint8 if pixels else np.float64
    images = dataset.map_splits(lambda split: Split(split.inputs.astype(dtype).reshape(-1, *shape), split.targets))
    return replace(images, notes=(*dataset.notes, *filter(None, (warning,))))


def _warning(dataset: Dataset) -> str:
    """A warning for values that are neither pixels nor in [0, 1]."""
    values = [split.inputs[~np.isnan(split.inputs)] for split in dataset.splits.values()]
    least = min((float(part.min()) for part in values if part.size), default=0.0)
    most = max((float(part.max()) for part in values if part.size), default=0.0)
    if least >= 0 and most <= 1:
        return ""
    return (
        f"warning: the images have values from {least:.4g} to {most:.4g}, not only integers from 0 to {WHITE}; "
        "they are not read as pixels but scaled like other features, by data.scaling"
    )
