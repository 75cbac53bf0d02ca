"""What a trained network answers, and the weights it began with."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Protocol, Self

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset, Split
from nnlab.data.pipeline.batches import BatchLoader
from nnlab.layers.planning import draws_weights
from nnlab.losses import Loss
from nnlab.models.network import Network


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network, its data, and the result of :func:`seeing_weights` before training, if there is one.

    With ``softmax`` the scores are logarithms of probabilities, but for a constant; else they are the answer itself.
    """

    dataset: Dataset
    network: Network
    softmax: bool
    first_weights: Array | None = None

    @classmethod
    def begin(cls, dataset: Dataset, network: Network, loss: Loss) -> Self:
        """Take down the weights of a network that has memory and has not been trained yet."""
        return cls(dataset, network, loss.softmax, first_layer_filters(network))

    def predict(self, inputs: Array) -> Array:
        """The class with the highest score for each input (N, ...), −1 where a score is no finite number."""
        with _any_numbers():
            return np.concatenate([_classes(scores) for scores in self._scores(inputs)])

    @cached_property
    def predictions(self) -> tuple[Array, Array]:
        """For each sample of ``judged`` the class answered (−1: none) and its probability or score."""
        with _any_numbers():
            found = [
                (_classes(scores), probabilities_of(scores, softmax=self.softmax).max(axis=1))
                for scores in self._scores(self.evaluation_split[1].inputs)
            ]
        classes, probabilities = zip(*found, strict=True)
        return np.concatenate(classes), np.concatenate(probabilities)

    @property
    def evaluation_split(self) -> tuple[str, Split]:
        """The part of the data to judge the network by: test samples, else validation samples, else those it saw."""
        parts = {"test": self.dataset.test, "validation": self.dataset.validation, "train": self.dataset.train}
        return next((part, split) for part, split in parts.items() if split)

    def _scores(self, inputs: Array) -> Iterator[Array]:
        return scores_of(self.network.forward, self.network, inputs)


class Forward(Protocol):
    """The forward pass of a network."""

    def __call__(self, x: Array, /, *, training: bool) -> Array:
        """Scores (N, K) for network inputs (N, ...)."""
        ...


def scores_of(forward: Forward, network: Network, inputs: Array) -> Iterator[Array]:
    """The scores of samples (N, ...) chunk by chunk, each valid until the next; pixels are scaled."""
    feed = BatchLoader(Split(inputs, np.zeros(len(inputs), np.intp)), network.flat.values.dtype)
    chunk = network.evaluation_chunk(1)
    for start in range(0, len(inputs), chunk):
        yield forward(feed.chunk(start, chunk)[0], training=False)


def probabilities_of(scores: Array, *, softmax: bool) -> Array:
    """softmax(scores) in float64 (N, K); without ``softmax`` the scores themselves."""
    if not softmax:
        return scores
    exponentials = np.exp(scores.astype(np.float64) - scores.max(axis=1, keepdims=True))
    probabilities: Array = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities


def first_layer_filters(network: Network) -> Array | None:
    """A copy of the weights that look at the images, as images (units, C, H, W) themselves; None where there are none.

    Those are the weights of the first layer that has any, if as many numbers reach it as an image has pixels: a
    linear layer's look at whole images, a convolution's at patches.
    """
    first = next((layer for layer in network.layers if draws_weights(layer)), None)
    if len(network.in_shape) != 3 or first is None or first.inner():
        return None
    if prod(first.in_shape) != prod(network.in_shape):
        return None
    W, *others = [parameter.value.copy() for parameter in first.parameters if parameter.regularized]
    if others or W.ndim not in (2, 4):
        return None
    return W if W.ndim == 4 else W.T.reshape(-1, *network.in_shape)


def _any_numbers() -> AbstractContextManager[object]:
    """No warnings: a network that diverged may answer anything."""
    return np.errstate(all="ignore")


def _classes(scores: Array) -> Array:
    classes: Array = np.where(np.isfinite(scores).all(axis=1), scores.argmax(axis=1), -1)
    return classes
