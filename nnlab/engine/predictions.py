"""The predictions of a network, and its first layer's weights as images."""

from collections.abc import Iterator, Sequence
from math import prod
from typing import Protocol

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.rows import REPORTING_SPLITS
from nnlab.data.dataset import Dataset, Split
from nnlab.data.pipeline.batches import BatchLoader
from nnlab.data.target_columns import TargetColumns
from nnlab.layers.planning import draws_weights
from nnlab.models.network import Network


def predicted_classes(network: Network, inputs: Array) -> Array:
    """The class with the highest score for each input (N, ...), −1 where a score is not finite."""
    return class_predictions(network, inputs, softmax=False)[0]


def class_predictions(network: Network, inputs: Array, *, softmax: bool) -> tuple[Array, Array]:
    """For each input (N, ...) the predicted class, −1 where a score is not finite, and its probability, both (N,).

    Both are (N, T) where each of T steps has a target. Without ``softmax`` scores take the place of probabilities.
    """
    classes, probabilities = [], []
    with np.errstate(all="ignore"):  # after a divergence scores may be anything
        for scores in scores_of(network.forward, network, inputs):
            classes.append(np.where(np.isfinite(scores).all(axis=-1), scores.argmax(axis=-1), -1))
            probabilities.append(probabilities_of(scores, softmax=softmax).max(axis=-1))
    return np.concatenate(classes), np.concatenate(probabilities)


def predicted_numbers(network: Network, inputs: Array, numbers: TargetColumns) -> Array:
    """The prediction for each input (N, ...) in the user's units, (N, K) or (N, T, K), finite or not."""
    with np.errstate(all="ignore"):  # after a divergence scores may be anything
        return np.concatenate([numbers.undo(scores) for scores in scores_of(network.forward, network, inputs)])


def evaluation_split(dataset: Dataset, order: Sequence[str] = REPORTING_SPLITS) -> tuple[str, Split]:
    """The split to judge a network by, and its name: the first of ``order`` that the dataset has."""
    name = next(name for name in order if name in dataset.splits)
    return name, dataset.splits[name]


class Forward(Protocol):
    """The forward pass of a network."""

    def __call__(self, x: Array, /, *, training: bool) -> Array:
        """Scores (N, K) for network inputs (N, ...)."""
        ...


def all_scores(forward: Forward, network: Network, inputs: Array) -> Array:
    """The scores of samples (N, ...), (N, K) or (N, T, K); pixels are scaled."""
    return np.concatenate([chunk.copy() for chunk in scores_of(forward, network, inputs)])


def scores_of(forward: Forward, network: Network, inputs: Array) -> Iterator[Array]:
    """The scores of samples (N, ...) chunk by chunk, each valid until the next; pixels are scaled."""
    loader = BatchLoader(Split(inputs, np.zeros(len(inputs), np.intp)), network.flat.values.dtype)
    chunk = network.evaluation_chunk(1)
    for start in range(0, len(inputs), chunk):
        yield forward(loader.chunk(start, chunk)[0], training=False)


def probabilities_of(scores: Array, *, softmax: bool) -> Array:
    """softmax(scores) in float64 (N, ..., K); without ``softmax`` the scores themselves."""
    if not softmax:
        return scores
    exponentials = np.exp(scores.astype(np.float64) - scores.max(axis=-1, keepdims=True))
    probabilities: Array = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return probabilities


def first_layer_filters(network: Network) -> Array | None:
    """A copy of the first weights as images (units, C, H, W); None where the input is no image or was resized.

    Those of a linear layer have the size of an image, those of a convolution the size of its kernel.
    """
    first = next((layer for layer in network.layers if draws_weights(layer)), None)
    if len(network.in_shape) != 3 or first is None or first.inner():
        return None
    if prod(first.in_shape) != prod(network.in_shape):
        return None
    W, *others = [parameter.value.copy() for parameter in first.parameters if parameter.regularized]
    of_image = W.ndim == 4 or (W.ndim == 2 and len(W) == prod(network.in_shape))
    if others or not of_image:
        return None
    return W if W.ndim == 4 else W.T.reshape(-1, *network.in_shape)
