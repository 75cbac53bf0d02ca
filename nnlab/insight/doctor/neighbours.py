"""Nearest neighbours: what the samples themselves say, without the network."""

from dataclasses import dataclass
from math import prod

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.task import NUMBERS
from nnlab.data.dataset import Dataset, Split

QUERIES, REFERENCES, NEIGHBOURS = 1_000, 10_000, 10
"""At most this many samples are looked at, among at most this many, for this many neighbours of each."""

NUMBERS_AT_MOST = 4_000_000
"""Of wide samples, such as images, there are fewer references, and half of the queries."""

_AT_ONCE = 500
_FEW_FEATURES = 50


@dataclass(frozen=True)
class Neighbourhood:
    """The nearest training samples of some samples of a split.

    ``queries`` (Q,) are their sample numbers, ``nearest`` (Q, k) those of their neighbours, the nearest first, and
    ``distances`` (Q, k) the Euclidean distances. ``typical`` is the root mean square distance of two training samples.
    """

    queries: Array
    nearest: Array
    distances: Array
    typical: float

    def labels_of(self, train: Split) -> Array:
        """The targets of the neighbours, (Q, k) classes or (Q, k, K) numbers."""
        labels: Array = train.targets[self.nearest]
        return labels


def comparable(dataset: Dataset) -> bool:
    """Whether distances between samples mean something: images or features, with a target a sample."""
    return not dataset.tokens and dataset.steps is None and len(dataset.sample_shape) in (1, 3)


def nearest_training_samples(
    dataset: Dataset, name: str = "train", queries: int = QUERIES, references: int = REFERENCES, k: int = NEIGHBOURS
) -> Neighbourhood:
    """The neighbours of evenly spaced samples of a split; a training sample is no neighbour of its own.

    Features are divided by their standard deviation over the training samples, constant ones are left out.
    """
    centre, spread = _scale(dataset)
    train, split = dataset.train, dataset.splits[name]
    if (affordable := NUMBERS_AT_MOST // prod(dataset.sample_shape)) < references:
        references, queries = max(affordable, 1_000), queries // 2
    chosen, known = _spaced(len(split), queries), _spaced(len(train), references)
    vectors = _vectors(train, known, centre, spread)
    squares = np.einsum("ij,ij->i", vectors, vectors)
    k = min(k, len(known) - (name == "train"))
    nearest, distances = np.empty((len(chosen), k), np.intp), np.empty((len(chosen), k))
    for start in range(0, len(chosen), _AT_ONCE):
        numbers = chosen[start : start + _AT_ONCE]
        points = _vectors(split, numbers, centre, spread)
        squared = squares - 2 * (points @ vectors.T) + np.einsum("ij,ij->i", points, points)[:, None]
        if name == "train":
            squared[numbers[:, None] == known] = np.inf
        part = slice(start, start + len(numbers))
        columns = squared.argmin(axis=1)[:, None] if k == 1 else np.argpartition(squared, k - 1, axis=1)[:, :k]
        # Differences of the samples themselves: |x|² − 2xy + |y|² has lost the digits of small distances.
        exact = np.stack([np.linalg.norm(vectors[column] - points, axis=1) for column in columns.T], axis=1)
        order = np.argsort(exact, axis=1, kind="stable")
        nearest[part] = known[np.take_along_axis(columns, order, axis=1)]
        distances[part] = np.take_along_axis(exact, order, axis=1)
    typical = float(np.sqrt(2 * vectors.var(axis=0, dtype=np.float64).sum()))
    return Neighbourhood(chosen, nearest, distances, typical)


def neighbours_metric(dataset: Dataset, neighbourhood: Neighbourhood, k: int = 5) -> float:
    """The accuracy, or R², of the majority (or mean) of the k nearest on the queries: training samples."""
    train = dataset.train
    labels, truth = neighbourhood.labels_of(train)[:, :k], train.targets[neighbourhood.queries]
    if dataset.task == NUMBERS:
        error = np.sum((labels.mean(axis=1) - truth) ** 2)
        return float(1 - error / np.sum((truth - truth.mean(axis=0)) ** 2))
    return float(np.mean(votes(labels, dataset.classes).argmax(axis=1) == truth))


def votes(labels: Array, classes: int) -> Array:
    """How many of the neighbours (Q, k) are of each class, (Q, K)."""
    counts = np.zeros((len(labels), classes), np.intp)
    for column in labels.T:
        counts[np.arange(len(labels)), column] += 1
    return counts


def _spaced(size: int, most: int) -> Array:
    """Sample numbers from the first to the last, evenly spaced, in order."""
    spaced: Array = np.unique(np.linspace(0, size - 1, min(size, most)).astype(np.intp))
    return spaced


def _scale(dataset: Dataset) -> tuple[Array, Array]:
    """The mean (D,) and the factor on each input: 1/standard deviation for features, one for all pixels."""
    train = dataset.train
    sample = train.inputs[_spaced(len(train), REFERENCES)].reshape(-1, prod(dataset.sample_shape))
    centre, deviation = sample.mean(axis=0, dtype=np.float64), sample.std(axis=0, dtype=np.float64)
    if len(dataset.sample_shape) == 1:
        constant = deviation <= 1e-12 * np.maximum(1, np.abs(centre))
        return centre, np.where(constant, 0.0, 1 / np.where(constant, 1.0, deviation))
    return centre, np.full_like(centre, 1 / max(float(deviation.max()), 1e-30))


def _vectors(split: Split, numbers: Array, centre: Array, factor: Array) -> Array:
    rows = split.inputs[numbers].reshape(len(numbers), -1)
    dtype = np.float32 if rows.shape[1] > _FEW_FEATURES else np.float64
    vectors: Array = np.subtract(rows, centre.astype(dtype), dtype=dtype)
    vectors *= factor.astype(dtype)
    return vectors
