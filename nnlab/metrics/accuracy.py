"""Accuracy."""

from dataclasses import dataclass

import numpy as np

from nnlab.core.arrays import Array
from nnlab.metrics.share import Share
from nnlab.registry import metrics


@metrics.register("accuracy")
@dataclass(kw_only=True)
class Accuracy(Share):
    """Share of samples whose highest score is that of their label, from 0 to 1; higher is better.

        accuracy = correct / N

    Source: "Deep Learning from Scratch", section 3.6.2.
    """

    label = "accuracy"
    label_ja = "正解率"
    heading = "acc"

    def update(self, scores: Array, targets: Array) -> None:
        """Of equally high scores the first counts."""
        self.correct += int(np.count_nonzero(scores.argmax(axis=1) == targets))
        self.samples += len(targets)
