"""Scaling of features by statistics of the training samples."""

from dataclasses import replace
from typing import Annotated, Literal

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset
from nnlab.data.input_format import Scaling
from nnlab.data.tables.rows import ROWS_AT_ONCE
from nnlab.errors import DataError
from nnlab.registry import Doc

FeatureScaling = Annotated[
    Literal["none", "standard", "minmax"],
    Doc("standard: zero mean, unit variance; minmax: [0, 1]; by the training samples' statistics"),
]


def scale_features(dataset: Dataset, kind: FeatureScaling, name: str) -> Dataset:
    """The dataset with every feature scaled, in its own arrays unless they are read-only.

    Raises DataError for values too large or too close together.
    """
    if kind == "none":
        return dataset
    train = dataset.train.inputs
    low, high = train.min(axis=0), train.max(axis=0)
    constant = low == high
    with np.errstate(all="ignore"):
        centre, spread = (train.mean(axis=0), deviation(train)) if kind == "standard" else (low, high - low)
        # For a constant column the rounded mean may differ from the value and the deviation from 0.
        centre, spread = np.where(constant, low, centre), np.where(constant, 1.0, spread)
        scaling = Scaling(centre, spread)
        scaled = replace(
            dataset.map_splits(lambda split: replace(split, inputs=_scaled(split.inputs, scaling))), scaling=scaling
        )
    for split in scaled.splits.values():
        _check_range(split.inputs, spread, name)
    return scaled


def deviation(samples: Array) -> Array:
    """The standard deviation of each number of a sample, as ``np.std`` computes it but without a second array."""
    rows = samples.reshape(len(samples), -1)
    if rows.shape[1] < 2:
        spread: Array = samples.std(axis=0)  # np.sum adds up a single column pairwise
        return spread
    mean, total = rows.mean(axis=0), np.zeros(rows.shape[1])
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = rows[start : start + ROWS_AT_ONCE] - mean
        part *= part
        part[0] += total
        total = part.sum(axis=0)
    return np.asarray(np.sqrt(total / len(rows))).reshape(samples.shape[1:])


def _scaled(inputs: Array, scaling: Scaling) -> Array:
    if not inputs.flags.writeable or inputs.dtype != np.float64:
        return scaling.apply(inputs)
    for start in range(0, len(inputs), ROWS_AT_ONCE):
        part = inputs[start : start + ROWS_AT_ONCE]
        part -= scaling.centre
        part /= scaling.spread
    return inputs


def _check_range(inputs: Array, spread: Array, name: str) -> None:
    ends = inputs.min(axis=0), inputs.max(axis=0)  # NaN where any value is; no array of the size of the inputs
    unscalable = ~(np.isfinite(ends).all(axis=0) & np.isfinite(spread))
    if unscalable.any():
        raise DataError(
            f"{name}: feature {int(np.argmax(unscalable)) + 1}: the values are too large or too close together to scale"
        )
