"""What may steer training: the learning rate of each update, the size of its gradient, and a reason to stop."""

from collections.abc import Mapping
from math import inf, isfinite, sqrt

import numpy as np

from nnlab.config.experiment import TrainSettings
from nnlab.core.arrays import Array, arrays_under, copy_arrays
from nnlab.core.rows import Row
from nnlab.errors import UsageError
from nnlab.models.network import Network
from nnlab.optim.patience import EarlyStopping, Patience
from nnlab.optim.schedules import Plateau


class Controls:
    """The schedule, clipping and early stopping of one training; the loop asks and does as it is told."""

    def __init__(self, settings: TrainSettings, lr: float, iterations: int, network: Network) -> None:
        self._settings = settings
        self._lr = lr
        self._iterations = iterations
        plateau, stopping = settings.schedule.plateau, settings.early_stopping
        self._reduction = ReduceLROnPlateau(plateau) if plateau else None
        self._stopping = Stopping(stopping, network) if stopping else None

    def lr(self, step: int) -> float:
        """The learning rate of the update that follows ``step`` others, by the schedule and a plateau on top of it."""
        scale = self._settings.schedule.scale(step, self._iterations)
        return self._lr * scale * (self._reduction.share if self._reduction else 1.0)

    def clip(self, gradient: Array) -> None:
        """Make the gradient of all parameters smaller, in place, where ``clip_value`` or ``clip_norm`` say so."""
        if self._settings.clip_value is not None:
            clip_value(gradient, self._settings.clip_value)
        if self._settings.clip_norm is not None:
            clip_norm(gradient, self._settings.clip_norm)

    def after_evaluation(self, row: Row) -> None:
        """Perhaps reduce the learning rate, and note whether this evaluation is the best."""
        if self._reduction:
            self._reduction.after_evaluation(row)
        if self._stopping:
            self._stopping.after_evaluation(row)

    def reason(self, step: int) -> str:
        """Why training should stop after so many updates; empty to go on."""
        return self._stopping.reason(step) if self._stopping and step != self._iterations else ""

    def restore_best(self, step: int) -> int | None:
        """Put back the weights that early stopping kept, if those after ``step`` are others, and say of which step."""
        return self._stopping.restore_best(step) if self._stopping else None

    def state(self) -> dict[str, Array]:
        """What schedule and early stopping have seen so far."""
        parts = self._parts().items()
        return {f"{name}.{key}": array for name, part in parts if part for key, array in part.state().items()}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Go on from a saved state; raises ShapeError when it is not one of these controls."""
        known = {name: part for name, part in self._parts().items() if part}
        copy_arrays({key: state[key] for key in state if key.partition(".")[0] not in known}, {}, "saved controls")
        for name, part in known.items():
            part.load_state(arrays_under(name, state))

    def _parts(self) -> "dict[str, ReduceLROnPlateau | Stopping | None]":
        return {"reduction": self._reduction, "stopping": self._stopping}


def clip_value(gradient: Array, limit: float) -> None:
    """g ← min(max(g, −c), c) for each number."""
    np.clip(gradient, -limit, limit, out=gradient)


def clip_norm(gradient: Array, limit: float) -> None:
    """g ← g · c/‖g‖ where ‖g‖ > c (Pascanu, Mikolov & Bengio 2013, arXiv 1211.5063, section 3.2)."""
    square = float(np.dot(gradient, gradient))
    if not isfinite(square):  # float32 overflows where gradients explode, which is when clipping has to work
        square = float(np.square(gradient, dtype=np.float64).sum())
    norm = sqrt(square)
    if norm > limit:
        gradient *= limit / norm


class PatienceCounter:
    """The best value of a metric so far (as a loss), the step it was measured at, and how many evaluations ago.

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
        """Whether this evaluation is the best so far; raises UsageError when it did not measure the metric."""
        value, step = row[self._metric], row["step"]
        if value is None or step is None:
            raise UsageError(f"{self._metric} was not measured: there are no samples for it")
        loss = -value if self._metric.endswith("accuracy") else value
        if step == 0:
            return False
        if self.best - loss > self._minimum_change:
            self.best, self.best_step, self.waited = loss, int(step), 0
            return True
        self.waited += 1
        return False

    def state(self) -> dict[str, Array]:
        """The three numbers."""
        return {name: np.array(getattr(self, name)) for name in self._NUMBERS}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Go on from saved numbers; raises ShapeError when they are others."""
        own = {name: array.copy() for name, array in self.state().items()}
        copy_arrays(state, own, "saved patience")
        for name, array in own.items():
            setattr(self, name, array.item())


class ReduceLROnPlateau:
    """Makes the learning rate smaller on a plateau."""

    def __init__(self, plateau: Plateau) -> None:
        self.share = 1.0
        self._plateau = plateau
        self._watch = PatienceCounter(plateau)

    def after_evaluation(self, row: Row) -> None:
        """Multiply ``share`` by the plateau's factor when its patience has ended, and wait anew."""
        if not self._watch.improved(row) and self._watch.waited == self._plateau.patience:
            self.share = max(self._plateau.minimum, self.share * self._plateau.factor)
            self._watch.waited = 0

    def state(self) -> dict[str, Array]:
        """The share and what led to it."""
        return {"share": np.array(self.share), **self._watch.state()}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Go on from a saved state; raises ShapeError when it is not one of a plateau."""
        left = dict(state)
        self.share = float(left.pop("share", np.array(1.0)))
        self._watch.load_state(left)


class Stopping:
    """Ends training when a metric no longer improves, and keeps the best weights."""

    def __init__(self, settings: EarlyStopping, network: Network) -> None:
        self._settings = settings
        self._network = network
        self._watch = PatienceCounter(settings)
        self._best: dict[str, Array] = {}

    def after_evaluation(self, row: Row) -> None:
        """Keep the weights if this evaluation is the best so far."""
        if self._watch.improved(row) and self._settings.restore_best:
            self._best = {name: array.copy() for name, array in self._network.state().items()}

    def reason(self, step: int) -> str:
        """Why training should stop after so many updates; empty to go on."""
        settings = self._settings
        if self._watch.waited < settings.patience:
            return ""
        evaluations = f"{settings.patience} evaluation{'s' * (settings.patience > 1)}"
        return (
            f"stopped early after step {step}: {settings.metric} has not improved for {evaluations}; "
            f"best at step {self._watch.best_step}"
        )

    def restore_best(self, step: int) -> int | None:
        """Put back weights and buffers as they were at the best evaluation, if ``step`` came later."""
        if not self._best or self._watch.best_step == step:
            return None
        self._network.load_state(self._best)
        return self._watch.best_step

    def state(self) -> dict[str, Array]:
        """What was seen so far, and the best weights as ``weights.linear1.W``."""
        return {**self._watch.state(), **{f"weights.{name}": array for name, array in self._best.items()}}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Go on from a saved state; raises ShapeError when it is not one of this network's."""
        weights = arrays_under("weights", state)
        if weights:
            best = {name: array.copy() for name, array in self._network.state().items()}
            copy_arrays(weights, best, "saved best weights")
            self._best = best
        self._watch.load_state({key: state[key] for key in state if not key.startswith("weights.")})
