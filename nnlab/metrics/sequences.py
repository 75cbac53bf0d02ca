"""Metrics of sequences with a target for each step: sequence accuracy and perplexity."""

from dataclasses import dataclass, field
from math import exp, inf
from sys import float_info

import numpy as np

from nnlab.core.arrays import LARGEST_EXPONENT, Array
from nnlab.core.rows import Bounds
from nnlab.core.task import CLASSES
from nnlab.metrics.base import Metric
from nnlab.metrics.share import Share
from nnlab.registry import metrics


@metrics.register("sequence_accuracy")
@dataclass(kw_only=True)
class SequenceAccuracy(Share):
    """Share of sequences whose every step is predicted correctly, from 0 to 1; higher is better.

        accuracy = correct / N

    With one target a sample it is the accuracy.
    Source: "Deep Learning from Scratch 2", section 7.3 (answers that are right in full).
    """

    of_sequences = True
    label = "sequence accuracy"
    label_ja = "系列正解率"
    heading = "seq acc"

    def update(self, scores: Array, targets: Array) -> None:
        """Scores (N, ..., K) and targets (N, ...); of equally high scores the first counts."""
        right = scores.argmax(axis=-1) == targets
        self.correct += int(right.reshape(len(targets), -1).all(axis=1).sum())
        self.samples += len(targets)


@metrics.register("perplexity")
@dataclass(kw_only=True)
class Perplexity(Metric):
    """Exponential of the mean cross-entropy over all steps, at least 1; lower is better.

        perplexity = exp(−1/N Σ_n log p_n)

    p_n is the probability of the right class at step n. A network that chooses evenly among n classes at each step has
    perplexity n. Its logarithm to base 2 is the number of bits a step.
    Source: Jelinek et al. 1977, Journal of the Acoustical Society of America 62; "Deep Learning from Scratch 2",
    chapter 5.
    """

    task = CLASSES
    of_sequences = True
    label = "perplexity"
    label_ja = "パープレキシティ"
    heading = "ppl"
    higher_is_better = False
    range = Bounds(1, inf)
    log_scale = True

    total: float = field(default=0.0, init=False)
    steps: int = field(default=0, init=False)

    def update(self, scores: Array, targets: Array) -> None:
        """Add Σ −log softmax(scores) of the targets, in float64."""
        shifted = scores.astype(np.float64) - scores.max(axis=-1, keepdims=True)
        own = np.take_along_axis(shifted, targets[..., np.newaxis], axis=-1)[..., 0]
        self.total += float((np.log(np.exp(shifted).sum(axis=-1)) - own).sum())
        self.steps += targets.size

    def result(self) -> float:
        """exp(Σ −log p / number of steps), at most the largest number: a loss above 709 is finite, no divergence."""
        mean = self.total / self.steps
        return float_info.max if mean > LARGEST_EXPONENT else exp(mean)
