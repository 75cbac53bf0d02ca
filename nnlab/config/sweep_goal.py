"""The goal of a sweep: the column of metrics.csv by which its best point is chosen."""

from dataclasses import dataclass

from nnlab.config.experiment import Experiment
from nnlab.core.rows import STEERING_SPLITS
from nnlab.core.task import CLASSES
from nnlab.metric_columns import (
    MetricColumns,
    higher_is_better,
    measured_names,
    measured_statistics,
    metric_of,
    primary_metric,
)
from nnlab.metrics import METRICS_OF_TASK
from nnlab.registry import registered_name
from nnlab.text import near_or_known, quote

GOAL_COLUMNS = MetricColumns(STEERING_SPLITS, ("objective",))
HOLD_OUT = "hold some out with data.validation: 0.1"


@dataclass(frozen=True)
class Goal:
    """A metric on the validation or training samples, or the objective, in the last row of a run's metrics.csv."""

    column: str
    maximize: bool

    def resolved(self) -> dict[str, str]:
        """The goal as a sweep file writes it."""
        return {"maximize" if self.maximize else "minimize": self.column}


class GoalError(Exception):
    """A goal that no sweep can have; the message follows its key."""


def parse_goal(raw: object) -> Goal:
    """A goal from ``column``, ``{maximize: column}`` or ``{minimize: column}``; raises GoalError."""
    if isinstance(raw, str):
        return Goal(_column(raw), higher_is_better(raw))
    if not isinstance(raw, dict) or len(raw) != 1 or next(iter(raw)) not in ("maximize", "minimize"):
        raise GoalError(f"must be a column, {{maximize: column}} or {{minimize: column}}, got {quote(raw)}")
    ((direction, column),) = raw.items()
    if not isinstance(column, str):
        raise GoalError(f"must name a column, such as {{maximize: validation_accuracy}}, got {quote(raw)}")
    better = "maximize" if higher_is_better(_column(column)) else "minimize"
    if direction != better:
        raise GoalError(f"{column} is better when {'higher' if better == 'maximize' else 'lower'}; write {better}")
    return Goal(column, direction == "maximize")


def default_goal(experiment: Experiment) -> Goal | None:
    """The primary metric on the validation samples; None where none are held out."""
    column = f"validation_{primary_metric(experiment.metrics, experiment.data.task)}"
    return Goal(column, higher_is_better(column)) if experiment.data.holds_out else None


def goal_problem(goal: Goal, experiment: Experiment) -> str:
    """Why a run does not record its goal, or nothing."""
    metric = metric_of(goal.column)
    if goal.column.startswith("validation_") and not experiment.data.holds_out:
        return f"{goal.column} needs validation samples; {HOLD_OUT}"
    if metric is None:
        return ""
    statistics = measured_statistics(experiment.metrics, experiment.train.monitored_columns, experiment.data.task)
    measured = measured_names(statistics)
    if registered_name(metric) not in measured:
        return f"{goal.column} is not measured; the runs measure {', '.join(measured)}; list it under metrics"
    return ""


def _column(name: str) -> str:
    """The name of a column that may be a goal; raises GoalError."""
    if name in GOAL_COLUMNS:
        return name
    if name.startswith("test"):
        metric = metric_of(name)
        instead = registered_name(metric) if metric else METRICS_OF_TASK[CLASSES][0]
        raise GoalError(
            f"{quote(name)} is measured on the test set, which never chooses: the result would look better than it "
            f"is; take validation_{instead} and {HOLD_OUT}"
        )
    if (column := f"validation_{name}") in GOAL_COLUMNS:
        raise GoalError(f"no column {quote(name)} can be a goal; did you mean {quote(column)}?")
    raise GoalError(f"no column {quote(name)} can be a goal; {near_or_known(name, list(GOAL_COLUMNS), 'columns')}")
