"""What may steer training: the learning rate of each update, the size of its gradient, and a reason to stop."""

from math import inf, isfinite, sqrt

import numpy as np

from nnlab.core.arrays import Array
from nnlab.errors import UsageError
from nnlab.models.network import Network
from nnlab.optim.patience import EarlyStopping, Patience
from nnlab.optim.schedules import Plateau
from nnlab.records.formats import Row
from nnlab.spec.experiment import TrainSettings


class Controls:
    """The schedule, clipping and early stopping of one training; the loop asks and does as it is told."""

    def __init__(self, settings: TrainSettings, lr: float, iterations: int, network: Network) -> None:
        self._settings = settings
        self._lr = lr
        self._iterations = iterations
        plateau, stopping = settings.schedule.plateau, settings.early_stopping
        self._reduction = Reduction(plateau) if plateau else None
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

    def after_evaluation(self, row: Row) -> str:
        """Perhaps reduce the learning rate; the answer is why training should stop now, and empty to go on."""
        if self._reduction:
            self._reduction.after_evaluation(row)
        reason = self._stopping.after_evaluation(row) if self._stopping else ""
        return reason if row["step"] != self._iterations else ""

    def restore_best(self, step: int) -> int | None:
        """Put back the weights that early stopping kept, if those after ``step`` are others, and say of which step."""
        return self._stopping.restore_best(step) if self._stopping else None


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


class Watch:
    """The best value of a metric so far, the step it was measured at, and how many evaluations ago that was."""

    def __init__(self, patience: Patience) -> None:
        self._metric = patience.metric
        self._minimum_change = patience.minimum_change
        self._best = inf
        self.best_step = 0
        self.waited = 0

    def improved(self, row: Row) -> bool:
        """Whether this evaluation is the best so far; raises UsageError when it did not measure the metric."""
        value, step = row[self._metric], row["step"]
        if value is None or step is None:
            raise UsageError(f"{self._metric} was not measured: there are no samples for it")
        loss = -value if self._metric.endswith("accuracy") else value
        if self._best - loss > self._minimum_change:
            self._best, self.best_step, self.waited = loss, int(step), 0
            return True
        self.waited += 1
        return False


class Reduction:
    """Makes the learning rate smaller on a plateau."""

    def __init__(self, plateau: Plateau) -> None:
        self.share = 1.0
        self._plateau = plateau
        self._watch = Watch(plateau)

    def after_evaluation(self, row: Row) -> None:
        """Multiply ``share`` by the plateau's factor when its patience has ended, and wait anew."""
        if not self._watch.improved(row) and self._watch.waited == self._plateau.patience:
            self.share = max(self._plateau.minimum, self.share * self._plateau.factor)
            self._watch.waited = 0


class Stopping:
    """Ends training when a metric no longer improves, and keeps the best weights."""

    def __init__(self, settings: EarlyStopping, network: Network) -> None:
        self._settings = settings
        self._network = network
        self._watch = Watch(settings)
        self._best: dict[str, Array] = {}

    def after_evaluation(self, row: Row) -> str:
        """Why training should stop now; empty to go on."""
        settings = self._settings
        if self._watch.improved(row):
            if settings.restore_best:
                self._best = {name: array.copy() for name, array in self._network.state().items()}
        elif self._watch.waited >= settings.patience:
            evaluations = f"{settings.patience} evaluation{'s' * (settings.patience > 1)}"
            return (
                f"stopped early after step {row['step']}: {settings.metric} has not improved for {evaluations}; "
                f"best at step {self._watch.best_step}"
            )
        return ""

    def restore_best(self, step: int) -> int | None:
        """Put back weights and buffers as they were at the best evaluation, if ``step`` came later."""
        if not self._best or self._watch.best_step == step:
            return None
        self._network.load_state(self._best)
        return self._watch.best_step
