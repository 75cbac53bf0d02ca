"""Curves of a run, smoothed: what rose, since when, and by how much."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from nnlab.core.arrays import Array
from nnlab.insight.doctor.case import Case
from nnlab.metric_columns import higher_is_better

_FEWEST = 4
_WIDEST = 9


@dataclass(frozen=True, eq=False)
class Curves:
    """Loss and primary metric on training samples and on others, at the evaluations (M,) after step 0.

    The arrays are running medians, so that one evaluation decides nothing. They end at the saved weights.
    ``metric`` is empty where the loss is the only one.
    """

    split: str
    metric: str
    steps: Array
    train_loss: Array
    loss: Array
    train_metric: Array
    metric_values: Array

    @property
    def best(self) -> int:
        """The place of the smallest loss on the other samples."""
        return int(self.loss.argmin())

    @property
    def smoothed(self) -> bool:
        """Whether the medians are of more than one evaluation, and differ from what the run recorded."""
        return _side(len(self.steps)) > 0

    @property
    def rise(self) -> float:
        """The loss at the end over the smallest one."""
        return float(self.loss[-1] / max(self.loss[self.best], 1e-30))

    @property
    def gap(self) -> float:
        """The metric on training samples minus that on others, at the end; negative where lower is better."""
        sign = 1 if higher_is_better(f"train_{self.metric}") else -1
        return float(sign * (self.train_metric[-1] - self.metric_values[-1]))

    @property
    def lost(self) -> float:
        """The best value of the metric on the other samples minus that at the end."""
        values = self.metric_values
        return float(
            values.max() - values[-1] if higher_is_better(f"train_{self.metric}") else values[-1] - values.min()
        )


def curves(case: Case, split: str) -> Curves | None:
    """The curves up to the saved weights; None with fewer than four evaluations, or where a number is not finite."""
    names = [name for name in case.record.metric_names if name != "loss"][:1]
    columns = [f"{part}_{name}" for name in ("loss", *names) for part in ("train", split)]
    metrics = case.record.metrics
    if any(column not in metrics for column in columns):
        return None
    steps = metrics["step"]
    last = (case.record.final or {}).get("step")
    kept = (steps > 0) & (steps <= (steps[-1] if last is None else last)) if len(steps) else np.zeros(0, bool)
    values = [metrics[column][kept] for column in columns]
    if kept.sum() < _FEWEST or not np.isfinite(values).all():
        return None
    smooth = [running_median(value) for value in values]
    return Curves(split, names[0] if names else "", steps[kept], *(smooth if names else [*smooth, *smooth]))


def _side(count: int) -> int:
    """How many neighbours on each side a running median of ``count`` values takes; 0 for few values."""
    return min(_WIDEST, count // 8 * 2 + 1) // 2


def running_median(values: Array) -> Array:
    """The median of each value and its neighbours (M,): of 1 for few values, of at most 9 for many."""
    side = _side(len(values))
    windows = (values[max(0, place - side) : place + side + 1] for place in range(len(values)))
    return np.array([np.median(window) for window in windows])


def standard_error(share: float, samples: int) -> float:
    """√(p(1 − p)/n) of a share p of n samples, with two samples more of each kind (Agresti & Coull 1998)."""
    p = (share * samples + 2) / (samples + 4)
    return sqrt(p * (1 - p) / (samples + 4))
