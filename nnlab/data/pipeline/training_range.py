"""Values of raw samples that are far outside the range of the training samples, or scaled already."""

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.input_format import WHITE, InputFormat
from nnlab.data.tables.rows import counted
from nnlab.text import one_line

MAX_FEATURE_DISTANCE = 2.0
"""Features whose median is this many training ranges outside the training range have another unit."""

MAX_IMAGE_DISTANCE = 0.5
"""The same for images, whose range is fixed: [-1, 1] is another scale than [0, 1]."""

MOST_NAMED = 5


def out_of_range(samples: Array, inputs: InputFormat, *, scaled: bool = False) -> str:
    """A message about values far outside the training range; empty where there are none.

    With ``scaled`` the samples are compared with the scaled training range.
    """
    low, high = inputs.low, inputs.high
    if scaled:
        low, high = _network_range(inputs)
    span = np.where(high > low, high - low, np.maximum(np.abs(high), 1.0))
    if len(inputs.shape) > 1:
        least, most = float(samples.min()), float(samples.max())
        if least >= low - MAX_IMAGE_DISTANCE * span and most <= high + MAX_IMAGE_DISTANCE * span:
            return ""
        return f"the values range from {least:g} to {most:g}, in training from {low:g} to {high:g}"
    median = _medians(samples)
    far = np.flatnonzero((median < low - MAX_FEATURE_DISTANCE * span) | (median > high + MAX_FEATURE_DISTANCE * span))
    if not far.size:
        return ""
    names = inputs.feature_names or [f"feature {index + 1}" for index in range(len(median))]
    listed = [
        f"{one_line(names[index])} is about {median[index]:.4g} (in training {low[index]:.4g} to {high[index]:.4g})"
        for index in far[:MOST_NAMED]
    ]
    more = f" and {counted(len(far) - MOST_NAMED, 'other')}" if len(far) > MOST_NAMED else ""
    order = f" in the order {one_line(', '.join(names), 200)}" if inputs.feature_names else ""
    kind = "scaled" if scaled and inputs.scaling else "raw"
    return f"{'; '.join(listed)}{more}: expected {kind} features as in training{order}"


def already_scaled(samples: Array, inputs: InputFormat) -> str:
    """A message about features that look scaled already; empty where they look raw."""
    if inputs.scaling is None or len(inputs.shape) > 1:
        return ""
    low, high = _network_range(inputs)
    median = _medians(samples)
    outside = (median < inputs.low) | (median > inputs.high)
    if 2 * outside.sum() < len(median) or (median < low).any() or (median > high).any():
        return ""
    return "the features look already scaled: expected raw features, which are scaled here as in training"


def _medians(samples: Array) -> Array:
    """The median of each feature (D,) of samples (N, D); column by column, since ``np.median`` copies what it sorts."""
    return np.array([np.median(column.astype(np.float64)) for column in samples.T])


def _network_range(inputs: InputFormat) -> tuple[Array, Array]:
    """The range of the scaled training samples."""
    if inputs.pixels:
        return inputs.low / WHITE, inputs.high / WHITE
    if inputs.scaling is None:
        return inputs.low, inputs.high
    return inputs.scaling.apply(inputs.low), inputs.scaling.apply(inputs.high)
