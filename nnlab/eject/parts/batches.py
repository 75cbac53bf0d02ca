"""The indices of the samples of each batch."""

from collections.abc import Iterator
from itertools import count

import numpy as np

from nnlab.eject.parts.random_streams import BATCHES, stream


def shuffled_batches(samples: int, size: int) -> Iterator[np.ndarray]:
    """Batches of a new permutation in each epoch; the last of an epoch may be smaller."""
    for epoch in count():
        order = stream(BATCHES, epoch).permutation(samples)
        for start in range(0, samples, size):
            yield order[start : start + size]


def full_shuffled_batches(samples: int, size: int) -> Iterator[np.ndarray]:
    """Batches of a new permutation in each epoch, all of the same size: what is left of an epoch is dropped."""
    for epoch in count():
        order = stream(BATCHES, epoch).permutation(samples)
        for start in range(0, samples - size + 1, size):
            yield order[start : start + size]


def drawn_batches(samples: int, size: int) -> Iterator[np.ndarray]:
    """Batches drawn with replacement, those of an epoch (as many as fit all samples) from one stream."""
    for epoch in count():
        yield from stream(BATCHES, epoch).choice(samples, (-(-samples // size), size))


def legacy_shuffled_batches(samples: int, size: int, rng: np.random.RandomState) -> Iterator[np.ndarray]:
    """Batches of a new permutation in each epoch; the last of an epoch may be smaller."""
    while True:
        order = rng.permutation(samples)
        for start in range(0, samples, size):
            yield order[start : start + size]


def legacy_full_shuffled_batches(samples: int, size: int, rng: np.random.RandomState) -> Iterator[np.ndarray]:
    """Batches of a new permutation in each epoch, all of the same size: what is left of an epoch is dropped."""
    while True:
        order = rng.permutation(samples)
        for start in range(0, samples - size + 1, size):
            yield order[start : start + size]


def legacy_drawn_batches(samples: int, size: int, rng: np.random.RandomState) -> Iterator[np.ndarray]:
    """Batches drawn with replacement."""
    while True:
        yield rng.choice(samples, size)
