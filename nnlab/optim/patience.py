"""Patience: wait for a metric to improve."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.arrays import Array, copy_arrays
from nnlab.core.rows import STEERING_SPLITS, Row
from nnlab.errors import UsageError
from nnlab.metric_columns import MetricColumns, higher_is_better
from nnlab.metrics import DEFAULT_METRICS, LOSS
from nnlab.registry import Doc, Forbidden, OneOf

MetricColumn = Annotated[
    str,
    OneOf(MetricColumns(STEERING_SPLITS, ("objective",))),
    Forbidden(
        MetricColumns(("test",)),
        "the test set must not steer training, or it no longer measures how the network does on unseen samples; "
        f"hold out samples with data.validation: 0.1 and use validation_{LOSS} or validation_{DEFAULT_METRICS[1]}",
    ),
]


@dataclass(kw_only=True)
class Patience:
    """The metric to follow and the number of evaluations to wait for it to improve in its own direction."""

    metric: Annotated[MetricColumn, Doc("column of metrics.csv to monitor")] = f"validation_{LOSS}"
    patience: Annotated[int, Ge(1), Le(10**9), Doc("evaluations without improvement before it takes effect")] = 5
    minimum_change: Annotated[float, Ge(0), Le(1e6), Doc("an improvement must exceed this")] = 0.0


class PatienceCounter:
    """Counts the evaluations since the best value of a metric (negated where higher is better).

    The first evaluation that counts comes after the first update.
    """

    _NUMBERS = ("best", "best_step", "waited")

    def __init__(self, patience: Patience) -> None:
        self._metric = patience.metric
        self._minimum_change = patience.minimum_change
        self.best = inf
        self.best_step = 0
        self.waited = 0

    def improved(self, row: Row) -> bool:
        """Whether this evaluation is the best so far; raises UsageError where it did not measure the metric."""
        value, step = row.get(self._metric), row["step"]
        if value is None or step is None:
            raise UsageError(f"{self._metric} was not measured: there are no samples for it")
        loss = -value if higher_is_better(self._metric) else value
        if step == 0:
            return False
        if self.best - loss > self._minimum_change:
            self.best, self.best_step, self.waited = loss, int(step), 0
            return True
        self.waited += 1
        return False

    def state(self) -> dict[str, Array]:
        """The best value, its step, and the number of evaluations since."""
        return {name: np.array(getattr(self, name)) for name in self._NUMBERS}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Resume from a saved state; raises ShapeError where that does not fit."""
        own = {name: array.copy() for name, array in self.state().items()}
        copy_arrays(state, own, "saved patience")
        for name, array in own.items():
            setattr(self, name, array.item())
