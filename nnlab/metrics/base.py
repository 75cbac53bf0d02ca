"""What every metric has: tallies over samples, a direction, a range, a format and labels."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar, Self

from nnlab.core.arrays import Array
from nnlab.core.rows import Bounds
from nnlab.core.task import Task
from nnlab.losses import Loss

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

    ``task`` is the kind of targets that the metric is for, None for any. ``label`` and ``label_ja`` name it in pictures
    and lines, ``heading`` in tables. Values outside of ``range``
    are refused where files are read, and axes show the whole of a finite range. ``log_scale`` lets axes become
    logarithmic where values span more than two decades.
    """

    label: ClassVar[str]
    label_ja: ClassVar[str]
    heading: ClassVar[str]
    higher_is_better: ClassVar[bool]
    task: ClassVar[Task | None] = None
    range: ClassVar[Bounds] = Bounds()
    log_scale: ClassVar[bool] = False

    @abstractmethod
    def update(self, scores: Array, targets: Array) -> None:
        """Add samples to the tallies: scores (N, K), which must not be changed, and targets (N,).

        Where targets are numbers, both are (N, K) in the user's units.
        """

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


def format_number(value: float) -> str:
    """Four decimals, or three significant digits where these would be none or too many."""
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.3g}"
