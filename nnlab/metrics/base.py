"""What metrics and records have: tallies over samples; of metrics a direction, a range, a format and labels."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar, Self

from nnlab.core.arrays import Array
from nnlab.core.rows import Bounds
from nnlab.core.task import Task
from nnlab.losses import Loss

LOSS = "loss"
"""The metric that every evaluation measures beside what is minimised."""

METRICS_OF_TASK: Mapping[Task, tuple[str, ...]] = {"classes": ("accuracy",), "numbers": ("r2", "mae")}
"""The metrics where a spec lists none; the first one is the primary metric, as of those that a spec lists."""

DEFAULT_METRICS = (LOSS, *METRICS_OF_TASK["classes"])
"""The metrics with columns in every metrics.csv, in the order of the columns."""

NO_SAMPLES: Any = 0
"""A tally before any samples are added, of those that are arrays then."""


@dataclass(kw_only=True)
class Statistic(ABC):
    """What an evaluation counts over samples: a :class:`Metric` or a :class:`Record`.

    ``update`` adds a chunk of samples to the tallies, which are the fields with ``init=False``. Chunks are counted in
    parallel and then merged, so a tally is a sum over samples: a number, an array that starts as the number 0,
    or a tuple.

    ``task`` says which targets it is for (None: any). Targets are class indices (N,), or numbers (N, K) in the user's
    units, as the scores then are too. ``of_sequences`` says that it counts whole samples where each step has a target:
    scores (N, T, K) and targets (N, T) in place of a row for each step.
    """

    task: ClassVar[Task | None] = None
    of_sequences: ClassVar[bool] = False

    @abstractmethod
    def update(self, scores: Array, targets: Array) -> None:
        """Add samples to the tallies: scores (N, K), which must not be changed, and targets (N,) or (N, K)."""

    def bind(self, class_names: Sequence[str]) -> None:  # noqa: B027 - most ask nothing of the data
        """Take what it needs of a dataset with these classes (none where targets are numbers); raises UsageError."""

    def empty(self, loss: Loss) -> Self:
        """The same without any samples, for a network that is trained with this loss."""
        statistic = object.__new__(type(self))  # copy.copy takes four times as long, once for each chunk
        statistic.__dict__ |= self.__dict__ | _tallies(type(self))
        return statistic

    def merge(self, other: Self) -> None:
        """Add the tallies of another one."""
        for name in _tallies(type(self)):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(kw_only=True)
class Metric(Statistic):
    """A number that says how well the scores of a network fit the targets of its samples.

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
    def result(self) -> float:
        """The metric over all samples added so far."""

    @classmethod
    def standard_error_of(cls, value: float, samples: int) -> float | None:
        """The standard error of a value on N samples where these tell it, as for a share; None elsewhere."""
        return None

    def standard_error(self) -> float | None:
        """The standard error of the result as an estimate for all samples of their kind; None where none is known."""
        return None

    @property
    def variant(self) -> str:
        """What tells it from others of its name, such as ``k = 5``; empty where nothing does."""
        return ""

    @classmethod
    def format(cls, value: float) -> str:
        """A value with as many digits as are of use."""
        return format_number(value)


@dataclass(kw_only=True)
class Record(Statistic):
    """Counts with more than one number, which a run appends to a CSV file at each evaluation.

    The ``file`` is one of :data:`nnlab.records.formats.OPTIONAL_TABLES`, its lines are ``step,split,<columns>``.
    """

    file: ClassVar[str]
    columns: ClassVar[tuple[str, ...]]

    @abstractmethod
    def lines(self) -> Iterator[tuple[str | int, ...]]:
        """The cells of each line over all samples added so far."""


@cache
def _tallies(cls: type[Statistic]) -> dict[str, Any]:
    """The tallies of a statistic, each with the value it has before any sample."""
    return {field.name: field.default for field in fields(cls) if not field.init}


def format_number(value: float) -> str:
    """Four decimals, or three significant digits where these would be none or too many."""
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.3g}"
