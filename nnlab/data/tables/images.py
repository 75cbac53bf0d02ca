"""Rows of a table as images."""

from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset, Split
from nnlab.data.input_format import WHITE
from nnlab.errors import DataError


def as_images(dataset: Dataset, shape: Sequence[int], name: str) -> Dataset:
    """The samples as images (N, C, H, W): uint8 pixels where all are whole numbers from 0 to 255.

    Raises DataError when a row has another number of features than an image has values.
    """
    count = dataset.train.inputs.shape[1]
    if prod(shape) != count:
        product = " × ".join(map(str, shape))
        raise DataError(
            f"{name}: data.image: expected {product} = {prod(shape)} features, found {count} besides the label"
        )
    pixels = all(_are_pixels(split.inputs) for split in dataset.splits.values())
    surprise = "" if pixels else _no_pixels(dataset)
    images = {
        part: Split(split.inputs.astype(np.uint8 if pixels else np.float64).reshape(-1, *shape), split.labels)
        for part, split in dataset.splits.items()
    }
    return replace(
        dataset,
        train=images["train"],
        test=images.get("test"),
        validation=images.get("validation"),
        notes=(*dataset.notes, *filter(None, (surprise,))),
    )


def _no_pixels(dataset: Dataset) -> str:
    """The range of values that are taken for numbers and not for pixels; empty for those from 0 to 1."""
    values = [split.inputs[~np.isnan(split.inputs)] for split in dataset.splits.values()]
    least = min((float(part.min()) for part in values if part.size), default=0.0)
    most = max((float(part.max()) for part in values if part.size), default=0.0)
    if least >= 0 and most <= 1:
        return ""
    return (
        f"warning: the images have values from {least:.4g} to {most:.4g} and not only whole numbers from 0 to {WHITE}, "
        "so they are no pixels; data.scaling scales them like other features"
    )


def _are_pixels(inputs: Array) -> bool:
    if not (inputs.min() >= 0 and inputs.max() <= WHITE):  # also false for NaN
        return False
    return bool((inputs == np.floor(inputs)).all())
