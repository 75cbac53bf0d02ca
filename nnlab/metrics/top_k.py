"""Top-k accuracy."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.arrays import Array
from nnlab.core.rows import Bounds
from nnlab.core.statistics import share_standard_error
from nnlab.core.task import CLASSES
from nnlab.errors import UsageError
from nnlab.metrics.base import Metric
from nnlab.registry import Doc, metrics


@metrics.register("top_k")
@dataclass(kw_only=True)
class TopK(Metric):
    """Share of samples whose label is among the k highest scores, from 0 to 1; higher is better.

    With k = 1 it is the accuracy (the top-1 and top-5 rates of Krizhevsky et al. 2012, section 6).
    """

    task = CLASSES
    label = "top-k accuracy"
    label_ja = "トップ k 正解率"
    heading = "top k"
    higher_is_better = True
    range = Bounds(0, 1)

    k: Annotated[int, Ge(1), Le(10**6), Doc("how many of the highest scores count")] = 5

    correct: int = field(default=0, init=False)
    samples: int = field(default=0, init=False)

    def bind(self, class_names: Sequence[str]) -> None:
        """With as many scores as classes every sample counts."""
        if self.k >= len(class_names):
            raise UsageError(f"k: must be below {len(class_names)}, the number of classes, got {self.k}")

    def update(self, scores: Array, targets: Array) -> None:
        """Of equally high scores the first count, as for the accuracy."""
        own = scores[np.arange(len(targets)), targets][:, None]
        equal_before = (scores == own) & (np.arange(scores.shape[1]) < targets[:, None])
        self.correct += int(((~(scores <= own) | equal_before).sum(axis=1) < self.k).sum())  # ~: NaN is higher
        self.samples += len(targets)

    def result(self) -> float:
        """Correct / N."""
        return self.correct / self.samples

    @classmethod
    def standard_error_of(cls, value: float, samples: int) -> float:
        """√(p(1−p)/N)."""
        return share_standard_error(value, samples)

    def standard_error(self) -> float:
        """√(p(1−p)/N) of the share p."""
        return self.standard_error_of(self.result(), self.samples)

    @property
    def variant(self) -> str:
        return f"k = {self.k}"

    @classmethod
    def format(cls, value: float) -> str:
        """Four decimals."""
        return f"{value:.4f}"
