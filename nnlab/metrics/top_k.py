"""Top-k accuracy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.arrays import Array
from nnlab.errors import UsageError
from nnlab.metrics.share import Share
from nnlab.registry import Doc, metrics


@metrics.register("top_k")
@dataclass(kw_only=True)
class TopK(Share):
    """Share of samples whose label is among the k highest scores, from 0 to 1; higher is better.

        top_k = hits / N

    With k = 1 it is the accuracy.
    Source: Krizhevsky, Sutskever & Hinton 2012, NIPS 25, section 6 (top-1 and top-5 rates).
    """

    label = "top-k accuracy"
    label_ja = "トップ k 正解率"
    heading = "top k"

    k: Annotated[int, Ge(1), Le(10**6), Doc("how many of the highest scores count")] = 5

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

    @property
    def variant(self) -> str:
        return f"k = {self.k}"
