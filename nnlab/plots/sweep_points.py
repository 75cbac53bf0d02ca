"""The points of a sweep as arrays, and what all pictures of sweeps say of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from matplotlib.colors import LogNorm, Normalize

from nnlab.core.arrays import Array
from nnlab.language import tr
from nnlab.metric_columns import format_column, metric_of
from nnlab.plots.canvas import plain_text
from nnlab.plots.curves import HIGHEST, label_of
from nnlab.plots.sweep_keys import SweptKey
from nnlab.registry import registered_name

DECADES = 100
# By whether a higher value is better; the colours of viridis suit colour-blind readers.
BRIGHT_IS_BEST = {True: "viridis", False: "viridis_r"}
# All of a trial but completed.
NAMED_STATUSES = ("interrupted", "diverged", "failed", "stopped", "waiting")


@dataclass(frozen=True, eq=False)
class SweepPoints:
    """The points of a sweep: its place on each key, and the value of ``column`` for each of its seeds.

    ``values``, ``statuses``, ``trials`` (numbers) and ``steps`` are (points, seeds); a seed that a point lacks has the
    status "". Without ``chosen`` no point is the best one: there is no goal, and the column is for display only.
    """

    name: str
    column: str
    maximize: bool
    chosen: bool
    keys: tuple[SweptKey, ...]
    values: Array
    statuses: Array
    trials: Array
    steps: Array

    @property
    def seeds(self) -> int:
        """The most seeds of a point."""
        return int(self.values.shape[1]) if self.values.size else 0

    @cached_property
    def usable(self) -> Array:
        """(points, seeds): whether a trial completed and its value can be drawn."""
        usable: Array = (self.statuses == "completed") & (np.abs(self.values) < HIGHEST)
        return usable

    @cached_property
    def complete(self) -> Array:
        """(points,): whether all seeds of a point are usable; only these have a mean."""
        complete: Array = ((self.statuses == "") | self.usable).all(axis=1) & self.usable.any(axis=1)
        return complete

    @cached_property
    def mean(self) -> Array:
        """(points,): the mean over the seeds of complete points, else NaN."""
        total = np.where(self.usable, self.values, 0).sum(axis=1)
        return np.where(self.complete, total / np.maximum(self.usable.sum(axis=1), 1), np.nan)

    @cached_property
    def deviation(self) -> Array:
        """(points,): the sample standard deviation over the seeds of complete points; 0 of a single one, else NaN."""
        squares = (np.where(self.usable, self.values, self.mean[:, None]) - self.mean[:, None]) ** 2
        deviation: Array = np.sqrt(squares.sum(axis=1) / np.maximum(self.usable.sum(axis=1) - 1, 1))
        return deviation

    @cached_property
    def ranking(self) -> list[int]:
        """The complete points, best first; of equal ones the first."""
        worse = np.where(self.complete, -self.mean if self.maximize else self.mean, np.inf)
        return [int(point) for point in np.argsort(worse, kind="stable") if self.complete[point]]

    @property
    def best(self) -> int | None:
        """The best point; None where nothing is chosen or no point is complete."""
        return self.ranking[0] if self.chosen and self.ranking else None

    @cached_property
    def stopped(self) -> list[int]:
        """The points that the search ended early, best first: those that got further, then by their last mean."""
        with_value = (self.statuses == "stopped") & (np.abs(self.values) < HIGHEST)
        count = with_value.sum(axis=1)
        mean = np.where(with_value, self.values, 0).sum(axis=1) / np.maximum(count, 1)
        order = np.lexsort((-mean if self.maximize else mean, -self.steps.max(axis=1, initial=0)))
        return [int(point) for point in order if count[point] and not (self.statuses[point] == "diverged").any()]

    def having(self, status: str) -> Array:
        """(points,): how many trials of each point have a status."""
        count: Array = (self.statuses == status).sum(axis=1)
        return count

    def label(self) -> str:
        """The column in words: ``validation accuracy``."""
        return column_label(self.column)

    def text(self, point: int) -> str:
        """The mean of a point, with its standard deviation where it has several seeds."""
        mean = format_column(self.column, float(self.mean[point]))
        if self.usable[point].sum() < 2:
            return mean
        return f"{mean} ± {format_column(self.column, float(self.deviation[point]))}"

    def result(self, point: int) -> str:
        """The text of a complete point, else how many of its trials have which other status."""
        if self.complete[point]:
            return self.text(point)
        if self.seeds == 1:
            return tr(str(self.statuses[point, 0])) if self.statuses[point, 0] in NAMED_STATUSES else ""
        return ", ".join(self._counts(self.statuses[point]))

    def where(self, point: int) -> str:
        """The values of a point: ``lr 0.01, activation relu``."""
        values = (f"{plain_text(key.name, 24)} {key.text(float(key.positions[point]))}" for key in self.keys)
        return ", ".join(values)

    def best_label(self) -> str:
        """The best point, for a legend."""
        best = self.ranking[0]
        return tr("best: {value} ({result})", value=plain_text(self.where(best), 46), result=self.text(best))

    def _counts(self, statuses: Array) -> list[str]:
        counts = {status: int((statuses == status).sum()) for status in NAMED_STATUSES}
        return [tr("{count} {status}", count=count, status=tr(status)) for status, count in counts.items() if count]

    def title_of_curves(self, what: str | None = None) -> str:
        """The title of a picture with curves, which says what lines and bands are where there are several seeds."""
        title = self.title(what)
        if self.seeds < 2:
            return title
        return tr("{runs}; lines: mean over seeds, bands: ± one standard deviation", runs=title)

    def title(self, what: str | None = None) -> str:
        """The sweep, what is shown of it, how many trials it has, and those that have no value."""
        total = int((self.statuses != "").sum())
        notes = self._counts(self.statuses) + [tr("no goal: for display only")] * (not self.chosen)
        trials = tr("1 trial") if total == 1 else tr("{trials} trials", trials=total)
        heading = {"name": plain_text(self.name, 40), "what": what or self.label(), "trials": trials}
        title = tr("{name}: {what}, {trials}", **heading)
        return tr("{title} ({notes})", title=title, notes=", ".join(notes)) if notes else title


def column_label(column: str) -> str:
    """A column of the metrics in words."""
    metric = metric_of(column)
    if metric is None:
        return tr("objective") if column == "objective" else plain_text(column, 40)
    part = column.partition("_")[0]
    return tr("{part} {kind}", part=tr(part), kind=label_of(registered_name(metric)))


def is_log(column: str, values: Sequence[float] | Array) -> bool:
    """Whether the values of a column span enough decades for a log axis."""
    metric, numbers = metric_of(column), np.asarray(values, dtype=float)
    numbers = numbers[np.isfinite(numbers)]
    allowed = column == "objective" if metric is None else metric.log_scale
    return bool(allowed and numbers.size and numbers.min() > 0 and numbers.max() > DECADES * numbers.min())


def value_colours(points: SweepPoints) -> tuple[Normalize, str]:
    """How values become colours, better ones brighter: their scale and the name of the colormap."""
    means = points.mean[points.complete]
    low, high = (float(means.min()), float(means.max())) if means.size else (0.0, 1.0)
    if high == low:
        low, high = low - 0.5, high + 0.5
    norm = LogNorm(low, high) if is_log(points.column, means) else Normalize(low, high)
    return norm, BRIGHT_IS_BEST[points.maximize]
