"""Metrics: what evaluations measure.

A metric is one class with a direction, a range, a format and labels. Files, tables, pictures and early stopping know it
by its columns: :mod:`nnlab.metric_columns`.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, ClassVar, Self

from nnlab.core.arrays import Array
from nnlab.core.rows import Bounds
from nnlab.core.statistics import share_standard_error
from nnlab.losses import CrossEntropy, Loss
from nnlab.registry import metrics

LOSS = "loss"
"""The metric that every evaluation measures beside what is minimised."""

PRIMARY = "accuracy"
"""The metric that counts: it picks the best evaluation, sorts comparisons and stands in progress and result lines."""

DEFAULT_METRICS = (LOSS, PRIMARY)
"""What an evaluation measures, in the order of the columns."""


@dataclass(kw_only=True)
class Metric(ABC):
    """A measure of how well the scores of a network fit the targets of its samples.

    ``update`` adds a chunk of samples to the tallies, which are the fields with ``init=False``; ``result`` computes the
    metric from them. Chunks are counted in parallel and then merged, so a tally is a sum over samples: a number, or an
    array that starts as the number 0.

    ``label`` and ``label_ja`` name the metric in pictures and lines, ``heading`` in tables. Values outside of ``range``
    are refused where files are read, and axes show the whole of a finite range. ``log_scale`` lets axes become
    logarithmic where values span more than two decades.
    """

    label: ClassVar[str]
    label_ja: ClassVar[str]
    heading: ClassVar[str]
    higher_is_better: ClassVar[bool]
    range: ClassVar[Bounds] = Bounds()
    log_scale: ClassVar[bool] = False

    @abstractmethod
    def update(self, scores: Array, targets: Array) -> None:
        """Add samples to the tallies: scores (N, K), which must not be changed, and targets (N,)."""

    @abstractmethod
    def result(self) -> float:
        """The metric over all samples added so far."""

    def standard_error(self) -> float | None:
        """The standard error of the result as an estimate for all samples of their kind; None where none is known."""
        return None

    @classmethod
    def format(cls, value: float) -> str:
        """A value with as many digits as are of use."""
        return format_number(value)

    def empty(self, loss: Loss) -> Self:
        """The same metric without any samples, for a network that is trained with this loss."""
        metric = object.__new__(type(self))  # copy.copy takes four times as long, once for each chunk
        metric.__dict__ |= self.__dict__ | _tallies(type(self))
        return metric

    def merge(self, other: Self) -> None:
        """Add the tallies of another one."""
        for name in _tallies(type(self)):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@cache
def _tallies(cls: type[Metric]) -> dict[str, Any]:
    """The tallies of a metric, each with the value it has before any sample."""
    return {field.name: field.default for field in fields(cls) if not field.init}


@metrics.register(LOSS)
@dataclass(kw_only=True)
class MeanLoss(Metric):
    """Mean loss over the samples, without label smoothing, class weights and penalties; lower is better.

    So that runs that minimise different losses can be compared.
    """

    label = "loss"
    label_ja = "損失"
    heading = "loss"
    higher_is_better = False
    log_scale = True

    total: float = field(default=0.0, init=False)
    samples: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._reported: Loss = CrossEntropy()
        self.batch_mean = 0.0

    def empty(self, loss: Loss) -> Self:
        """The mean of what ``loss`` reports."""
        metric = super().empty(loss)
        metric._reported = loss.reported
        return metric

    def update(self, scores: Array, targets: Array) -> None:
        """``batch_mean`` is the mean over these samples alone."""
        self.batch_mean = self._reported.forward(scores, targets)
        self.total += self.batch_mean * len(targets)
        self.samples += len(targets)

    def result(self) -> float:
        """Σ loss / N."""
        return self.total / self.samples


@metrics.register(PRIMARY)
@dataclass(kw_only=True)
class Accuracy(Metric):
    """Share of samples whose highest score is that of their label, from 0 to 1; higher is better."""

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

    def standard_error(self) -> float:
        """√(p(1−p)/N) of the accuracy p."""
        return share_standard_error(self.result(), self.samples)

    @classmethod
    def format(cls, value: float) -> str:
        """Four decimals."""
        return f"{value:.4f}"


def format_number(value: float) -> str:
    """Four decimals, or three significant digits where these would be none or too many."""
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.3g}"
