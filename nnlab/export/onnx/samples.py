"""Raw samples to verify an exported network on: of the run's data, or random ones where it is not available."""

import numpy as np

from nnlab.config.experiment import Experiment
from nnlab.core.arrays import Array
from nnlab.data.input_format import WHITE, InputFormat
from nnlab.engine.predictions import evaluation_split
from nnlab.errors import DataError, UsageError
from nnlab.inference.trained_network import TrainedNetwork
from nnlab.saved_run import dataset_of


def raw_samples_of(network: TrainedNetwork, count: int) -> tuple[Array, str]:
    """Up to ``count`` raw samples (N, ...), and which ones they are: ``test samples``.

    Nothing is downloaded. Random samples lie within the range of the training samples.
    """
    try:
        name, samples = _own(network.experiment, network.inputs, count)
    except (DataError, UsageError):
        return random_samples(network.inputs, count), "random samples, since the run's data is not available"
    return samples, f"{name} samples"


def _own(experiment: Experiment, inputs: InputFormat, count: int) -> tuple[str, Array]:
    if missing := [file for file in experiment.data.files() if not file.exists()]:
        raise DataError(f"{missing[0]}: no such file")
    dataset = dataset_of(experiment)
    name, split = evaluation_split(dataset)
    samples = split.inputs[:count]
    if dataset.sample_shape != inputs.shape or (samples.dtype == np.uint8) != inputs.pixels:
        raise DataError("the data changed since the training")
    return name, samples if dataset.scaling is None else dataset.scaling.undo(samples)


def random_samples(inputs: InputFormat, count: int) -> Array:
    """Random raw samples within the training range, always the same; of the categories of a column one is 1.

    Tokens are any of the vocabulary.
    """
    rng = np.random.default_rng(0)
    if inputs.pixels:
        return rng.integers(0, WHITE, (count, *inputs.shape), np.uint8, endpoint=True)
    if inputs.tokens:
        return rng.integers(0, len(inputs.class_names), (count, *inputs.shape)).astype(np.float64)
    samples: Array = rng.uniform(inputs.low, inputs.high, (count, *inputs.shape))
    start = 0
    for column in inputs.columns:
        if column.categories:
            chosen = rng.integers(0, column.width, count)
            samples[:, start : start + column.width] = np.arange(column.width) == chosen[:, np.newaxis]
        start += column.width
    return samples
