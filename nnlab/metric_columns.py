"""Columns ``<split>_<metric>``: their order in metrics.csv, and what each says of its numbers by its metric."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.rows import CHOOSING_SPLITS, SPLITS, Bounds, Row
from nnlab.core.task import CLASSES, Task
from nnlab.errors import UsageError, reported_as
from nnlab.language import in_language, tr
from nnlab.metrics import DEFAULT_METRICS, LOSS, METRICS_OF_TASK, Metric, Statistic
from nnlab.registry import metrics, registered_name

BEST = "best_"
"""Prefix of the columns of the best evaluation: ``best_test_accuracy``."""

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


def in_file_order(columns: Iterable[str]) -> list[str]:
    """Columns of a row in the order of metrics.csv."""
    places = {column: place for place, column in enumerate(METRICS_COLUMNS)}
    return sorted(columns, key=lambda column: places.get(column, len(places)))


def in_row_order(columns: Iterable[str], listed: list[str]) -> list[str]:
    """Columns of metrics.csv in the order of a row in memory, for a spec that lists these metrics.

    The columns of the first one come before those of the others, in whatever order the file has them: the first metric
    of a row is the primary one, which picks the best evaluation and stands in progress and result lines.
    """
    columns = list(columns)
    if names_in(columns)[:1] == listed[:1]:
        return columns
    first = {f"{split}_{name}" for split in SPLITS for name in listed[:1]}
    return sorted(columns, key=lambda column: (column not in FIRST_METRICS_COLUMNS[:3]) + (column not in first))


def listed_metrics(spec: Mapping[str, Any]) -> list[str]:
    """The names in ``metrics`` of a resolved spec, of those with columns; none where the spec leaves it out."""
    listed = spec.get("metrics")
    found = [item.get("name") if isinstance(item, Mapping) else item for item in listed or []]
    return [str(name) for name in found if name == LOSS or metric_called(name)]


def measured_statistics(
    listed: Sequence[Statistic] = (), columns: Iterable[str] = (), task: Task = CLASSES
) -> list[Statistic]:
    """What an evaluation measures besides the loss: the ``listed`` metrics, and those that training monitors.

    Those of the task where none with a number is listed.
    """
    found = {registered_name(item): item for item in listed}
    if not any(isinstance(item, Metric) for item in listed):
        found = {name: metrics[name]() for name in METRICS_OF_TASK[task]} | found
    for name in names_in(columns):
        found.setdefault(name, metrics[name]())
    return [item for name, item in found.items() if name != LOSS]


def measured_names(statistics: Iterable[Statistic]) -> list[str]:
    """The names of the metrics with columns among what is measured besides the loss, and the loss first."""
    return [LOSS, *(registered_name(item) for item in statistics if isinstance(item, Metric))]


def bind_statistics(statistics: Sequence[Statistic], task: Task, class_names: Sequence[str]) -> None:
    """Prepare what is measured for a dataset; raises UsageError for what does not fit it."""
    for item in statistics:
        if problem := misfit(registered_name(item), task):
            raise UsageError(f"metrics: {problem}")
        with reported_as(UsageError, f"metrics: {registered_name(item)}", catch=UsageError):
            item.bind(class_names)


def misfit(name: str, task: Task) -> str:
    """Why a metric or record cannot be measured on such targets; empty where it can."""
    if fits(metrics[name], task):
        return ""
    known = ", ".join(name for name in metrics.names() if fits(metrics[name], task))
    return f"{name} is for {metrics[name].task}, but the targets are {task}; there are {known}"


def fits(statistic: type[Statistic], task: Task) -> bool:
    """Whether it can be measured on such targets."""
    return statistic.task in (None, task)


def primary_metric(listed: Sequence[Statistic], task: Task) -> str:
    """The metric that picks the best evaluation: the first one listed, else the first one of the task."""
    names = [registered_name(item) for item in listed if isinstance(item, Metric)]
    return next(iter(names), METRICS_OF_TASK[task][0])


@dataclass(frozen=True)
class MetricColumns:
    """The columns of all registered metrics on some splits, and ``more`` columns; looked up when they are asked for."""

    splits: tuple[str, ...]
    more: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[str]:
        names = dict.fromkeys((*DEFAULT_METRICS, *(name for name, _ in metrics.items() if metric_called(name))))
        yield from (f"{split}_{name}" for split in self.splits for name in names)
        yield from self.more

    def __contains__(self, column: object) -> bool:
        return column in list(self)


def metric_of(column: str) -> type[Metric] | None:
    """The metric in a column such as ``test_accuracy`` or ``best_test_accuracy``; None where there is none."""
    split, _, name = column.removeprefix(BEST).partition("_")
    return metric_called(name) if split in SPLITS else None


def metric_called(name: object) -> type[Metric] | None:
    """The metric of this name that has columns; None where there is none, as for a record."""
    found = metrics.get(name) if isinstance(name, str) else None
    return found if found is not None and issubclass(found, Metric) else None


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


def names_in(columns: Iterable[str]) -> list[str]:
    """The metrics that some columns hold, in their order; the loss after the first one."""
    found = dict.fromkeys(registered_name(metric) for column in columns if (metric := metric_of(column)))
    names = [name for name in found if name != LOSS]
    return [*names[:1], *([LOSS] if LOSS in found else []), *names[1:]]


def measured_in(table: Mapping[str, Array]) -> list[str]:
    """The metrics of a table of evaluations, without those of which it has no number; all where it has no rows."""
    empty = {column for column, numbers in table.items() if len(numbers) and np.isnan(numbers).all()}
    unmeasured = set(names_in(empty)) - set(names_in(table.keys() - empty)) - {LOSS}
    return [name for name in names_in(table) if name not in unmeasured]


def headline(row: Row) -> list[str]:
    """The metrics to name in one line: all that were measured but the loss, which the objective stands for.

    The loss where nothing else was.
    """
    names = names_in(column for column, value in row.items() if value is not None)
    return [name for name in names if name != LOSS] or names


def labelled(row: Row, split: str) -> dict[str, str]:
    """The headline metrics measured on a split, by column, each in words: ``test accuracy 0.9123``."""
    columns = {f"{split}_{name}": metrics[name] for name in headline(row)}
    return {
        column: tr(
            "{split} {label} {value}",
            split=tr(split),
            label=in_language(metric.label, metric.label_ja),
            value=format_column(column, value),
        )
        for column, metric in columns.items()
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
