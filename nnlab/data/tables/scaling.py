"""Scaling of features by statistics of the training samples."""

from dataclasses import replace
from typing import Annotated, Literal

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset, Split
from nnlab.data.input_format import Scaling
from nnlab.errors import DataError
from nnlab.registry import Doc

FeatureScaling = Annotated[
    Literal["none", "standard", "minmax"],
    Doc("standard: zero mean, unit variance; minmax: [0, 1]; by the training samples' statistics"),
]


def scale_features(dataset: Dataset, kind: FeatureScaling, name: str) -> Dataset:
    """The dataset with every feature scaled; raises DataError for values too large or too close together."""
    if kind == "none":
        return dataset
    train = dataset.train.inputs
    low, high = train.min(axis=0), train.max(axis=0)
    constant = low == high
    with np.errstate(all="ignore"):
        centre, spread = (train.mean(axis=0), train.std(axis=0)) if kind == "standard" else (low, high - low)
        # For a constant column the rounded mean may differ from the value and the deviation from 0.
        centre, spread = np.where(constant, low, centre), np.where(constant, 1.0, spread)

        scaling = Scaling(centre, spread)

        def scale(split: Split) -> Split:
            return replace(split, inputs=scaling.apply(split.inputs))

        scaled = replace(
            dataset,
            train=scale(dataset.train),
            test=None if dataset.test is None else scale(dataset.test),
            validation=None if dataset.validation is None else scale(dataset.validation),
            scaling=scaling,
        )
    for split in filter(None, (scaled.train, scaled.test, scaled.validation)):
        _check_range(split.inputs, spread, name)
    return scaled


def _check_range(inputs: Array, spread: Array, name: str) -> None:
    unscalable = ~(np.isfinite(inputs).all(axis=0) & np.isfinite(spread))
    if unscalable.any():
        raise DataError(
            f"{name}: feature {int(np.argmax(unscalable)) + 1}: the values are too large or too close together to scale"
        )
