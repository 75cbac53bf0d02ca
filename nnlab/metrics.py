"""Metrics: what evaluations measure, and all that files, tables, pictures and early stopping need to know of each.

A metric is one class: registered, it has columns ``<split>_<name>``, a direction, a range, a format and labels.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, ClassVar, Self

from nnlab.core.arrays import Array
from nnlab.core.rows import CHOOSING_SPLITS, SPLITS, Bounds, Row
from nnlab.losses import CrossEntropy, Loss
from nnlab.registry import metrics, registered_name

LOSS = "loss"
"""The metric that every evaluation measures beside what is minimised."""

PRIMARY = "accuracy"
"""The metric that counts: it picks the best evaluation, sorts comparisons and stands in progress and result lines."""

DEFAULT_METRICS = (LOSS, PRIMARY)
"""What an evaluation measures, in the order of the columns."""

BEST = "best_"
"""Begins the name of a number that is a metric's at the best evaluation: ``best_test_accuracy``."""


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

    @classmethod
    def format(cls, value: float) -> str:
        """Four decimals."""
        return f"{value:.4f}"


def measured_metrics(columns: Iterable[str] = ()) -> list[Metric]:
    """What an evaluation measures besides the loss: the default metrics, and those that training monitors."""
    names = dict.fromkeys((*DEFAULT_METRICS, *names_in(columns)))
    return [metrics[name]() for name in names if name != LOSS]


FIRST_METRICS_COLUMNS = (
    *("step", "epoch", "lr"),
    *(f"{split}_{name}" for split in ("train", "test") for name in DEFAULT_METRICS),
    "objective",
)
"""The columns of every metrics.csv, in their published order; later ones may be missing in an older file."""


def metrics_columns(names: Iterable[str]) -> tuple[str, ...]:
    """The columns of metrics.csv for these metrics: those of the default ones first, then those of the others."""
    further = [name for name in names if name not in DEFAULT_METRICS]
    return (
        *FIRST_METRICS_COLUMNS,
        *(f"validation_{name}" for name in DEFAULT_METRICS),
        *(f"{split}_{name}" for name in further for split in SPLITS),
    )


METRICS_COLUMNS = metrics_columns(DEFAULT_METRICS)
"""The columns of metrics.csv where no further metrics are measured."""


@dataclass(frozen=True)
class MetricColumns:
    """The columns of all registered metrics on some splits, and ``more`` columns; looked up when they are asked for."""

    splits: tuple[str, ...]
    more: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[str]:
        names = [name for name, _ in metrics.items()]
        yield from (f"{split}_{name}" for split in self.splits for name in names)
        yield from self.more

    def __contains__(self, column: object) -> bool:
        return column in list(self)


def metric_of(column: str) -> type[Metric] | None:
    """The metric in a column such as ``test_accuracy`` or ``best_test_accuracy``; None where there is none."""
    split, _, name = column.removeprefix(BEST).partition("_")
    return metrics[name] if split in SPLITS and name in metrics else None


def higher_is_better(column: str) -> bool:
    """The direction of a column's metric; that of losses, times and counts is down."""
    metric = metric_of(column)
    return metric is not None and metric.higher_is_better


def bounds_of(column: str) -> Bounds:
    """The range of a column's metric; everything for columns that hold none."""
    metric = metric_of(column)
    return Bounds() if metric is None else metric.range


def format_column(column: str, value: float) -> str:
    """A number of a column, printed as its metric says."""
    metric = metric_of(column)
    return (metric or Metric).format(value)


def format_number(value: float) -> str:
    """Four decimals, or three significant digits where these would be none or too many."""
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.3g}"


def names_in(columns: Iterable[str]) -> list[str]:
    """The metrics that some columns hold: the primary one, the loss, then further ones in the order of the columns."""
    found = dict.fromkeys(registered_name(metric) for column in columns if (metric := metric_of(column)))
    first = [name for name in (PRIMARY, LOSS) if name in found]
    return [*first, *(name for name in found if name not in first)]


def headline(row: Row) -> list[str]:
    """The metrics to name in one line: all that were measured but the loss, which the objective stands for."""
    return [name for name in names_in(column for column, value in row.items() if value is not None) if name != LOSS]


def labelled(row: Row, split: str) -> dict[str, str]:
    """The headline metrics measured on a split, by column, each in words: ``test accuracy 0.9123``."""
    columns = {f"{split}_{name}": metrics[name].label for name in headline(row)}
    return {
        column: f"{split} {label} {format_column(column, value)}"
        for column, label in columns.items()
        if (value := row.get(column)) is not None
    }


def best_row(rows: Sequence[Row]) -> Row | None:
    """The first evaluation with the best primary metric on the split that decides (:data:`CHOOSING_SPLITS`).

    That of the untrained network (step 0) counts only where there is no other.
    """
    if not rows:
        return None
    name = next(iter(headline(rows[0])), LOSS)
    columns = [f"{split}_{name}" for split in CHOOSING_SPLITS]
    column = next((column for column in columns if rows[0].get(column) is not None), columns[-1])
    trained = [row for row in rows if row["step"]]
    return max(trained or rows, key=lambda row: _goodness(column, row.get(column)))


def _goodness(column: str, value: float | None) -> float:
    """A number that is higher where a value of this column is better."""
    if value is None:
        return float("-inf")
    return value if higher_is_better(column) else -value
