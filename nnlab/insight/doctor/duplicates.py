"""Samples that two splits have in common, exactly or nearly."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from nnlab.data.dataset import Dataset
from nnlab.insight.doctor.neighbours import comparable, nearest_training_samples
from nnlab.insight.row_digests import row_digests

NEAR, FAR = 0.01, 0.04
"""Nearly the same: nearer than this fraction of the distance of two training samples; and what is no longer near."""

FEATURES_AT_LEAST = 5
"""With fewer features samples come close to each other by chance."""

_FEW_COMBINATIONS = 20


@dataclass(frozen=True)
class Shared:
    """Samples of a split that the training split has too: pairs of sample numbers (here, in the training split)."""

    split: str
    samples: int
    pairs: Sequence[tuple[int, int]]
    exact: bool
    same_target: float
    """The share of the pairs with equal targets."""

    @property
    def share(self) -> float:
        """The share of the split's samples."""
        return len(self.pairs) / self.samples


def exact_duplicates(dataset: Dataset, name: str) -> Shared:
    """The samples of a split that are equal to a training sample in every input, by a hash of each row.

    Memory: 16 bytes a sample.
    """
    split = dataset.splits[name]
    known: dict[bytes, int] = {}
    for number, digest in enumerate(row_digests(dataset.train)):
        known.setdefault(digest, number)
    pairs = [(number, known[digest]) for number, digest in enumerate(row_digests(split)) if digest in known]
    return _shared(dataset, name, len(split), pairs, exact=True)


def near_duplicates(dataset: Dataset, name: str) -> Shared:
    """The samples of a split (of at most 300, evenly spaced) that nearly equal one of 10,000 training samples.

    None where samples come close by chance: where nearly equal ones are not set apart from the others, and with few
    features.
    """
    if not comparable(dataset) or prod(dataset.sample_shape) < FEATURES_AT_LEAST:
        return _shared(dataset, name, len(dataset.splits[name]), [], exact=False)
    found = nearest_training_samples(dataset, name, queries=300, references=10_000, k=1)
    relative = found.distances[:, 0] / (found.typical or 1.0)
    near, between = relative < NEAR, (relative >= NEAR) & (relative < FAR)
    apart = near.any() and between.sum() <= near.sum() / 2 and not _crowded(dataset)
    pairs = zip(found.queries[near], found.nearest[near, 0], strict=True) if apart else ()
    return _shared(dataset, name, len(relative), [(int(a), int(b)) for a, b in pairs], exact=False)


def _crowded(dataset: Dataset) -> bool:
    """Whether most training samples nearly equal another one, such as those along a curve."""
    found = nearest_training_samples(dataset, queries=300, references=10_000, k=1)
    return bool(np.mean(found.distances[:, 0] < NEAR * found.typical) > 1 / 2)


def repeats_by_chance(dataset: Dataset) -> bool:
    """Whether the features take so few values that equal samples are no surprise."""
    inputs = dataset.train.inputs.reshape(len(dataset.train), -1)
    combinations = 1.0
    for column in inputs[:10_000].T:
        combinations *= len(np.unique(column))
        if combinations > _FEW_COMBINATIONS * len(inputs):
            return False
    return True


def _shared(dataset: Dataset, name: str, samples: int, pairs: Sequence[tuple[int, int]], *, exact: bool) -> Shared:
    own, others = dataset.splits[name].targets, dataset.train.targets
    same = [bool(np.array_equal(own[number], others[other])) for number, other in pairs]
    return Shared(name, samples, pairs, exact, float(np.mean(same)) if same else 0.0)
