"""A training of a few steps with the network, data, batches and update rule of a spec, recording the loss alone."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from nnlab.config.experiment import Experiment
from nnlab.core.arrays import Array
from nnlab.core.rows import Row
from nnlab.data.dataset_source import ReadDataset
from nnlab.engine.evaluation import penalty_value
from nnlab.engine.loop import train
from nnlab.engine.run_setup import RunSetup
from nnlab.optim.schedules import Constant, Schedule

# The running mean that decides when to stop: a single bad mini-batch must not end the test.
STOP_DECAY = 0.8
STOP_FACTOR = 4.0


@dataclass(kw_only=True)
class GeometricRise(Schedule):
    """η · ratio^(s / (S − 1)) after s of S updates: from η to ratio · η in equal factors."""

    ratio: float

    def scale(self, step: int, steps: int) -> float:
        return float(self.ratio ** (step / max(steps - 1, 1)))


def rise_over(steps: int, ratio: float) -> GeometricRise:
    """The rise whose last of ``steps`` updates has ratio · η, in a training of one update more, which goes beyond."""
    return GeometricRise(ratio=ratio ** (steps / (steps - 1)))


@dataclass(frozen=True, eq=False)
class ShortTraining:
    """The loss before the first update and after each one; ``stopped`` says why there are fewer than asked for.

    It is the loss of each mini-batch without weight penalties: their fall, which a collapsing network has too, would
    pass for learning.

    ``stopped`` is empty, ``rose`` (the loss exceeded STOP_FACTOR times its best and its initial value) or ``diverged``
    (a number was not finite, as ``message`` says).
    """

    losses: Array
    stopped: str
    message: str = ""


class LossRecorder:
    """Keeps the loss of each step, and asks to stop once the running mean has risen far above its best.

    ``penalty`` is the value of the penalties now, a part of the objective of the next forward pass.
    """

    def __init__(self, penalty: Callable[[], float], on_step: Callable[[], None], *, stops: bool) -> None:
        self._penalty = penalty
        self._included = penalty()
        self.losses: list[float] = []
        self.rose = False
        self._on_step = on_step
        self._stops = stops
        self._mean = self._best = 0.0

    def on_step(self, step: int, objective: float) -> None:
        """Take in the objective of the forward pass before an update."""
        self._on_step()
        self.losses.append(float(objective) - self._included)
        self._included = self._penalty()
        if len(self.losses) == 1:
            self._mean = self._best = self.losses[0]
        self._mean = STOP_DECAY * self._mean + (1 - STOP_DECAY) * self.losses[-1]
        self._best = min(self._best, self._mean)
        if self._stops and self._mean > max(STOP_FACTOR * self._best, self.losses[0]):
            self.rose = True

    def on_evaluation(self, row: Row) -> None:
        """Nothing: evaluations are of no use here."""

    def stop(self) -> bool:
        """Whether the loss has risen far above its best."""
        return self.rose


def train_briefly(
    experiment: Experiment,
    steps: int,
    lr: float,
    last_lr: float | None = None,
    *,
    seed: int,
    read: ReadDataset | None = None,
    on_step: Callable[[], None] = lambda: None,
) -> ShortTraining:
    """Train for ``steps`` updates with a constant ``lr``, or one that rises to ``last_lr`` in equal factors.

    The spec's schedule, early stopping and moving average of the weights are off; clipping, penalties and accumulation
    stay. A training whose rate rises stops where the loss rises. Nothing is written. Raises every error of
    :class:`~nnlab.engine.run_setup.RunSetup`.
    """
    rises = last_lr is not None
    optimizer = copy(experiment.optimizer)
    optimizer.lr = lr
    settings = replace(
        experiment.train,
        iterations=steps + 1,  # the last forward pass measures what the last update led to
        epochs=None,
        schedule=Constant() if last_lr is None else rise_over(steps, last_lr / lr),
        eval_every=steps + 1,
        eval_train="batch",
        early_stopping=None,
        ema=None,
        diagnostics=False,
        checkpoint_every="never",
        snapshots=0,
        tensorboard=False,
    )
    own = replace(experiment, seed=seed, optimizer=optimizer, metrics=[], train=settings)
    setup = RunSetup(own, read=read)
    setup.dataset = replace(setup.dataset, test=None, validation=None)  # which no evaluation then takes time for
    terms = setup.allocate().regularizers
    recorder = LossRecorder(lambda: penalty_value(terms), on_step, stops=rises)
    outcome = train(setup, [recorder], recorder.stop)
    losses = np.array(recorder.losses, np.float64)
    if outcome.status == "diverged" and len(losses) <= steps:
        return ShortTraining(losses, "diverged", outcome.message)
    return ShortTraining(losses, "rose" if recorder.rose else "")
