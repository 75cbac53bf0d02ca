"""Columns ``<split>_<metric>``: their order in metrics.csv, and what each says of its numbers by its metric."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from nnlab.core.rows import CHOOSING_SPLITS, SPLITS, Bounds, Row
from nnlab.core.task import CLASSES, Task
from nnlab.language import in_language, tr
from nnlab.metrics import DEFAULT_METRICS, LOSS, PRIMARY, Metric
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


def measured_metrics(columns: Iterable[str] = (), task: Task = CLASSES) -> list[Metric]:
    """What an evaluation measures besides the loss: the default metrics of the task, and those that are monitored."""
    names = dict.fromkeys((*DEFAULT_METRICS, *names_in(columns)))
    return [metrics[name]() for name in names if name != LOSS and metrics[name].task in (None, task)]


@dataclass(frozen=True)
class MetricColumns:
    """The columns of all registered metrics on some splits, and ``more`` columns; looked up when they are asked for."""

    splits: tuple[str, ...]
    more: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[str]:
        names = dict.fromkeys((*DEFAULT_METRICS, *(name for name, _ in metrics.items())))
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
