"""The points of a sweep: trials with the same settings, which differ in their seed only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from nnlab.core.plain_values import canonical
from nnlab.core.rows import REPORTING_SPLITS
from nnlab.core.statistics import MeanStd, mean_std
from nnlab.metric_columns import names_in
from nnlab.metrics import LOSS
from nnlab.records.sweep_table import TrialRow

SEED = "seed"


@dataclass(frozen=True)
class PointRows:
    """The trials of one point by number, and mean ± standard deviation of the goal over them.

    ``goal`` is None unless all of them completed with a finite goal. ``settings`` leaves out a seed that is swept.
    """

    settings: Mapping[str, Any]
    rows: Sequence[TrialRow]
    goal: MeanStd | None

    @property
    def first(self) -> int:
        """The number of its first trial."""
        return self.rows[0].number


def points_of(rows: Iterable[TrialRow], goal: str | None) -> list[PointRows]:
    """The trials grouped by their settings without the seed, in the order of their first trials."""
    groups: dict[str, list[TrialRow]] = {}
    for row in sorted(rows, key=lambda row: row.number):
        groups.setdefault(canonical(_settings(row)), []).append(row)
    return [PointRows(_settings(group[0]), group, _goal(group, goal)) for group in groups.values()]


def ranked(points: Iterable[PointRows], *, maximize: bool) -> list[PointRows]:
    """The points with a goal, best mean first; of equal ones the first point first."""
    sign = -1 if maximize else 1
    means = [(point.goal.mean, point) for point in points if point.goal]
    return [point for _, point in sorted(means, key=lambda entry: sign * entry[0])]


def best_entry(rows: Iterable[TrialRow], goal: str | None, *, maximize: bool) -> dict[str, Any] | None:
    """``best`` of a sweep's summary: the point with the best mean goal; None where no point has one."""
    found = next(iter(ranked(points_of(rows, goal), maximize=maximize)), None)
    if found is None or found.goal is None:
        return None
    value, std, n = found.goal
    return {"trial": found.first, "settings": dict(found.settings), "value": value, "std": std, "n": n}


def displayed_column(rows: Iterable[TrialRow]) -> str | None:
    """The metric by which trials without a goal are displayed: that of the first split on which runs are reported.

    The loss only where nothing else was measured; None where nothing was.
    """
    measured = dict.fromkeys(name for row in rows for name, value in row.metrics.items() if value is not None)
    names = sorted(names_in(measured), key=lambda name: name == LOSS)
    columns = (f"{split}_{name}" for split in REPORTING_SPLITS for name in names)
    return next((column for column in columns if column in measured), None)


def _settings(row: TrialRow) -> dict[str, Any]:
    return {key: value for key, value in row.settings.items() if key != SEED}


def _goal(rows: Sequence[TrialRow], goal: str | None) -> MeanStd | None:
    values = [row.metrics.get(goal) for row in rows if row.status == "completed"] if goal else []
    numbers = [value for value in values if value is not None and isfinite(value)]
    return mean_std(numbers) if numbers and len(numbers) == len(rows) else None
