"""The controls of training: learning rate, gradient clipping, early stopping."""

from collections.abc import Mapping
from math import isfinite, sqrt

import numpy as np

from nnlab.config.experiment import TrainSettings
from nnlab.core.arrays import Array, arrays_under, copy_arrays
from nnlab.core.rows import Row
from nnlab.core.state import Stateful
from nnlab.engine.divergence import all_finite
from nnlab.optim.early_stopping import EarlyStoppingState
from nnlab.optim.schedules import ReduceLROnPlateauState


class Controls:
    """The learning-rate schedule, gradient clipping and early stopping of one training."""

    def __init__(self, settings: TrainSettings, lr: float, iterations: int, network: Stateful) -> None:
        self._settings = settings
        self._lr = lr
        self._iterations = iterations
        plateau, stopping = settings.schedule.plateau, settings.early_stopping
        self._reduction = ReduceLROnPlateauState(plateau) if plateau else None
        self._stopping = EarlyStoppingState(stopping, network) if stopping else None

    def lr(self, step: int) -> float:
        """The learning rate of the update that follows ``step`` others."""
        scale = self._settings.schedule.scale(step, self._iterations)
        return self._lr * scale * (self._reduction.share if self._reduction else 1.0)

    def clip(self, gradient: Array) -> None:
        """Clip the gradient of all trained parameters in place, by value or by norm, where the spec says so.

        A gradient with NaN or an infinity stays as it is: clipping would hide it from the checks.
        """
        if self._settings.clip_value is not None:
            clip_value(gradient, self._settings.clip_value)
        if self._settings.clip_norm is not None:
            clip_norm(gradient, self._settings.clip_norm)

    def after_evaluation(self, row: Row) -> None:
        """Let the schedule and early stopping see the metrics."""
        for part in self._parts().values():
            part.after_evaluation(row)

    def stop_reason(self, step: int) -> str:
        """Why training should stop after ``step`` updates, before the last; empty to continue."""
        return self._stopping.stop_reason(step) if self._stopping and step != self._iterations else ""

    def restore_best(self, step: int) -> int | None:
        """Restore the weights that early stopping kept, where they are from before ``step``, and return their step."""
        return self._stopping.restore_best(step) if self._stopping else None

    def state(self) -> dict[str, Array]:
        """The states of schedule and early stopping, where they have any."""
        return {f"{name}.{key}": array for name, part in self._parts().items() for key, array in part.state().items()}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Resume from a saved state; raises ShapeError where that does not fit."""
        parts = self._parts()
        copy_arrays({key: state[key] for key in state if key.partition(".")[0] not in parts}, {}, "saved controls")
        for name, part in parts.items():
            part.load_state(arrays_under(name, state))

    def _parts(self) -> dict[str, ReduceLROnPlateauState | EarlyStoppingState]:
        parts = {"reduction": self._reduction, "stopping": self._stopping}
        return {name: part for name, part in parts.items() if part}


def clip_value(gradient: Array, limit: float) -> None:
    """g ← min(max(g, −c), c) for each number, where all are finite."""
    if all_finite(gradient, float(np.dot(gradient, gradient))):
        np.clip(gradient, -limit, limit, out=gradient)


def clip_norm(gradient: Array, limit: float) -> None:
    """g ← g · c/‖g‖ where ‖g‖ > c (Pascanu, Mikolov & Bengio 2013, arXiv 1211.5063, section 3.2)."""
    square = float(np.dot(gradient, gradient))
    if not all_finite(gradient, square):
        return
    if not isfinite(square):  # float32 overflows where gradients explode, which is when clipping has to work
        square = float(np.square(gradient, dtype=np.float64).sum())
    norm = sqrt(square)
    if norm > limit:
        gradient *= limit / norm
