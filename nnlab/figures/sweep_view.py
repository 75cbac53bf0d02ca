"""A sweep as its pictures see it: its points on the axes of its keys, and the evaluations of their trials."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from nnlab.comparisons.labels import short_keys
from nnlab.config.yaml_parser import parse_collecting_problems, strict
from nnlab.errors import RunError, SpecError
from nnlab.metric_columns import FIRST_METRICS_COLUMNS, bounds_of, higher_is_better
from nnlab.plots.sweep_keys import MISSING, SweptKey, swept_key, value_text
from nnlab.plots.sweep_points import SweepPoints
from nnlab.records.sweep_folder import SweepRecord
from nnlab.records.sweep_points import SEED, displayed_column, points_of
from nnlab.records.sweep_table import TrialRow
from nnlab.storage.checked_files import damaged
from nnlab.storage.csv_tables import Table, read_table
from nnlab.storage.layout import METRICS_FILE, SWEEP_FILE

Scale = Literal["log", "uniform", "int"]


@dataclass(frozen=True, eq=False)
class SweepView:
    """A sweep with its points as arrays; ``rows`` are the trials of each point."""

    record: SweepRecord
    points: SweepPoints
    rows: Sequence[Sequence[TrialRow]]

    def tables(self, point: int) -> list[Table]:
        """The evaluations of the trials of a point that have any; raises RunError where they are damaged."""
        files = [self.record.trial(row.number) / METRICS_FILE for row in self.rows[point]]
        options: dict[str, Any] = {"unfinished": True, "gaps": True, "bounds_of": bounds_of}
        return [read_table(file, FIRST_METRICS_COLUMNS, **options) for file in files if file.is_file()]


def sweep_view(record: SweepRecord) -> SweepView:
    """The points of a sweep: trials that differ in their seed only are one; a seed that alone is swept is a key.

    Without a goal its points have the metric on which runs are reported, for display.
    """
    goal = record.summary["goal"]
    column = goal["column"] if goal else displayed_column(record.trials) or "objective"
    if set(record.columns.keys) <= {SEED}:
        groups: list[Sequence[TrialRow]] = [[row] for row in record.trials]
    else:
        groups = [point.rows for point in points_of(record.trials, column)]
    most = max(map(len, groups), default=1)
    values, statuses = np.full((len(groups), most), np.nan), np.full((len(groups), most), "", dtype=object)
    trials, steps = np.zeros((len(groups), most), dtype=int), np.zeros((len(groups), most), dtype=int)
    for point, rows in enumerate(groups):
        for place, row in enumerate(rows):
            value = row.metrics.get(column)
            values[point, place] = np.nan if value is None else value
            statuses[point, place], trials[point, place] = row.status, row.number
            steps[point, place] = row.steps or 0
    spec = _spec(record)
    points = SweepPoints(
        name=str(spec.get("name") or record.path.name),
        column=column,
        maximize=record.maximize if goal else higher_is_better(column),
        chosen=bool(goal),
        keys=tuple(_keys(record.columns.keys, [rows[0].settings for rows in groups], spec)),
        values=values,
        statuses=statuses,
        trials=trials,
        steps=steps,
    )
    return SweepView(record, points, groups)


def _keys(columns: Sequence[str], settings: Sequence[Mapping[str, Any]], spec: Mapping[str, Any]) -> Sequence[SweptKey]:
    """The keys that differ between points; those that move together are one."""
    swept = [key for key in columns if key != SEED or len(columns) == 1]
    scales = _scales(spec)
    groups = [tuple(key for key in block if key in swept) for block in _blocks(spec.get("zip"))]
    together = {key: group for group in groups for key in group}
    short = short_keys(swept)
    keys = [
        swept_key(", ".join(short[key] for key in unit), [_value(row, unit) for row in settings], scales.get(unit[0]))
        for unit in dict.fromkeys(together.get(key, (key,)) for key in swept)
    ]
    return [key for key in keys if len(key.groups[0]) > 1] or keys[:1]


def _value(settings: Mapping[str, Any], unit: Sequence[str]) -> Any:
    if len(unit) == 1:
        return settings.get(unit[0], MISSING)
    values = [settings[key] for key in unit if key in settings]
    return ", ".join(map(value_text, values)) if values else MISSING


def _spec(record: SweepRecord) -> Mapping[str, Any]:
    """The keys of sweep.yaml; raises RunError where it is damaged."""
    path = record.path / SWEEP_FILE
    try:
        spec = strict(parse_collecting_problems(record.yaml, str(path))).value
    except SpecError as error:
        raise RunError(str(error.problems[0])) from None
    return spec if isinstance(spec, dict) else damaged(path, "must be a mapping")


def _scales(spec: Mapping[str, Any]) -> Mapping[str, str]:
    """``log``, ``uniform`` or ``int`` for each key with a range."""
    return {
        key: next(iter(values))
        for block in _blocks(spec.get("over"))
        for key, values in block.items()
        if isinstance(values, dict) and len(values) == 1 and next(iter(values)) in get_args(Scale)
    }


def _blocks(raw: object) -> list[Mapping[str, Any]]:
    """The mappings under ``over`` or ``zip``, which may be one or a list."""
    return [block for block in (raw if isinstance(raw, list) else [raw]) if isinstance(block, dict)]
