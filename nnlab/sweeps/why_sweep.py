"""The sweep behind ``nnlab why``: its points are the combinations of two experiments."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nnlab.config.experiment import Experiment
from nnlab.config.sweep import Sweep
from nnlab.config.sweep_loading import sweep_from_python
from nnlab.core.plain_values import canonical
from nnlab.data.dataset_cache import DatasetCache
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import SpecError, UsageError
from nnlab.records.sweep_folder import SweepRecord
from nnlab.records.sweep_points import displayed_column
from nnlab.registry import registered_name
from nnlab.search.space import Settings
from nnlab.sweeps.contributions import Values, fewest_seeds
from nnlab.sweeps.why import Combination, WhyPlan, plan_why, with_absolute_paths

LONGEST_NAME = 100


def plan_between(a: Experiment, b: Experiment) -> WhyPlan:
    """The plan of two experiments, with every combination built; raises UsageError, or DataError for missing data."""
    datasets = DatasetCache()

    def check(settings: Settings) -> str:
        try:
            experiment = _swept(a, [settings]).experiment(settings)
            RunSetup(experiment, read=datasets.read)
        except SpecError as error:
            return "; ".join(f"{problem.key}: {problem.message}" for problem in error.problems)
        except UsageError as error:
            return str(error)
        return ""

    # How often a run is evaluated changes its results only where something follows the evaluations.
    is_monitored = bool(a.train.monitored_columns or b.train.monitored_columns)
    ignored = () if is_monitored else ("train.eval_every",)
    return plan_why(with_absolute_paths(a), with_absolute_paths(b), check, ignored)


def sweep_of(plan: WhyPlan, a: Experiment, *, seeds: int | None = None, goal: str | None = None) -> Sweep:
    """The sweep of all combinations, A first and B second; by default with the fewest seeds that can show effects."""
    points = [plan.settings(combination) for combination in plan.combinations]
    name = f"{_start_of_name(plan)}{plan.b['name']}"[:LONGEST_NAME]
    return _swept(a, points, seeds=seeds or fewest_seeds(len(plan.changes)), goal=goal, name=name)


def _start_of_name(plan: WhyPlan) -> str:
    return f"why-{plan.a['name']}-"


def _swept(a: Experiment, points: Sequence[Settings], **further: Any) -> Sweep:
    keys = {key: [point[key] for point in points] for key in points[0]}
    over, together = ({}, keys) if len(keys) > 1 else (keys, {})
    return sweep_from_python(a, over, zip=together, **further)


def plan_of_sweep(sweep: Sweep) -> WhyPlan:
    """The plan that a sweep of ``nnlab why`` follows; raises UsageError for any other sweep."""
    points = sweep.space.grid() if registered_name(sweep.search) == "grid" and not sweep.space.has_ranges else []
    if len(points) > 1:
        plan = plan_between(sweep.experiment(points[0]), sweep.experiment(points[1]))
        own = [canonical(plan.settings(combination)) for combination in plan.combinations]
        if own == [canonical(point) for point in points]:
            name = sweep.name.removeprefix(_start_of_name(plan))  # the trials of B have the name of A
            return replace(plan, b={**plan.b, "name": name})
    raise UsageError(f"{sweep.name} is a sweep of other trainings than those of nnlab why")


def measured_column(record: SweepRecord) -> str:
    """The goal; without one the column by which the trials are displayed."""
    if record.columns.goal:
        return record.columns.goal
    found = displayed_column(record.trials)
    if found is None:
        raise UsageError(f"{record.path}: no trial has completed, so there is nothing to compare")
    return found


def values_of(plan: WhyPlan, record: SweepRecord, seeds: int, column: str) -> Values:
    """What the completed trials measured, by combination and seed."""
    values: dict[Combination, dict[int, float]] = {combination: {} for combination in plan.combinations}
    for row in record.trials:
        point, offset = divmod(row.number - 1, seeds)
        value = row.metrics.get(column)
        if row.status == "completed" and value is not None:
            values[plan.combinations[point]][offset] = value
    return values
