"""Accuracy."""

from dataclasses import dataclass, field

from nnlab.core.arrays import Array
from nnlab.core.rows import Bounds
from nnlab.core.statistics import share_standard_error
from nnlab.core.task import CLASSES
from nnlab.metrics.base import Metric
from nnlab.registry import metrics


@metrics.register("accuracy")
@dataclass(kw_only=True)
class Accuracy(Metric):
    """Share of samples whose highest score is that of their label, from 0 to 1; higher is better."""

    task = CLASSES
    label = "accuracy"
    label_ja = "正解率"
    heading = "acc"
    higher_is_better = True
    range = Bounds(0, 1)

    correct: int = field(default=0, init=False)
    samples: int = field(default=0, init=False)

    def update(self, scores: Array, targets: Array) -> None:
        """Of equally high scores the first counts."""
        self.correct += int((scores.argmax(axis=1) == targets).sum())
        self.samples += len(targets)

    def result(self) -> float:
        """Correct / N."""
        return self.correct / self.samples

    @classmethod
    def standard_error_of(cls, value: float, samples: int) -> float:
        """√(p(1−p)/N)."""
        return share_standard_error(value, samples)

    def standard_error(self) -> float:
        """√(p(1−p)/N) of the accuracy p."""
        return self.standard_error_of(self.result(), self.samples)

    @classmethod
    def format(cls, value: float) -> str:
        """Four decimals."""
        return f"{value:.4f}"
