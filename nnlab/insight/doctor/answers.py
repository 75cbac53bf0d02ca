"""What the trained network answers for the samples of a split."""

from dataclasses import dataclass

import numpy as np

from nnlab.core.arrays import Array
from nnlab.engine.predictions import all_scores, probabilities_of
from nnlab.insight.doctor.case import Case
from nnlab.layers.planning import multiply_adds

# Multiply-adds at most, less than a second, and samples at least and at most.
_MOST_WORK, _FEWEST, _MOST = 4e9, 100, 5_000


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers for evenly spaced samples of a split: their ``numbers`` (Q,), ``targets``, and ``scores`` (Q, K)."""

    split: str
    numbers: Array
    targets: Array
    scores: Array

    @property
    def probabilities(self) -> Array:
        """softmax(scores) (Q, K)."""
        return probabilities_of(self.scores, softmax=True)

    @property
    def predicted(self) -> Array:
        """The class with the highest score (Q,)."""
        classes: Array = self.scores.argmax(axis=-1)
        return classes

    @property
    def accuracy(self) -> float:
        """The share of correct classes."""
        return float(np.mean(self.predicted == self.targets))


def answers(case: Case, split: str) -> Answers:
    """The answers of the saved weights; needs the views ``weights`` and ``dataset`` of the case."""
    samples, network = case.dataset.splits[split], case.network
    work = max(1, sum(map(multiply_adds, network.layers)))
    count = min(len(samples), int(np.clip(_MOST_WORK / work, _FEWEST, _MOST)))
    numbers = np.unique(np.linspace(0, len(samples) - 1, count).astype(np.intp))
    with np.errstate(all="ignore"):  # the numbers of an ill network may be anything
        scores = all_scores(network.forward, network, samples.inputs[numbers])
    return Answers(split, numbers, samples.targets[numbers], scores)


def judged_split(case: Case) -> str:
    """The split that tells how a network does on samples that it was not fitted to; empty where there is none.

    Test before validation, which has had an influence.
    """
    counted = [split for split in ("test", "validation") if len(case.curve(f"{split}_loss")[0])]
    return counted[0] if counted else ""


def samples_of(case: Case, split: str) -> int:
    """The number of samples of a split; 0 where it is not known."""
    if case.lacks("dataset") or split not in case.dataset.splits:
        return 0
    return len(case.dataset.splits[split])


def has_classes(case: Case) -> bool:
    """Whether each sample has one target, a class."""
    return case.dataset.numbers is None and case.dataset.steps is None
