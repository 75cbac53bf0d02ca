"""The training loop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import numpy as np

from nnlab.core.rows import Row
from nnlab.data.pipeline.batches import Batches
from nnlab.engine.controls import Controls
from nnlab.engine.data_parallel import DataParallelLoss
from nnlab.engine.divergence import (
    LastFinite,
    NonFinite,
    check_evaluation,
    check_gradient,
    check_objective,
    check_weights,
)
from nnlab.engine.evaluation import Evaluation, penalty_value
from nnlab.engine.last_update import LastUpdate
from nnlab.losses import Loss
from nnlab.models.network import Network
from nnlab.optim.base import Optimizer
from nnlab.regularizers import RegularizerTerm


class Observer(Protocol):
    """Receives what happens during training and cannot change it."""

    def on_step(self, step: int, objective: float) -> None:
        """The weights were updated; ``objective`` is the loss with all penalties of the forward pass before."""
        ...

    def on_evaluation(self, row: Row) -> None:
        """The network was evaluated."""
        ...


class Checkpointer(Protocol):
    """Saves the state that a training resumes from."""

    def save(self, step: int, *, ending: bool) -> None:
        """Save the state after ``step`` updates if a checkpoint is due; ``ending``: training ends here."""
        ...


@dataclass(frozen=True)
class Outcome:
    """How training ended: ``status`` is completed, interrupted or diverged; ``steps`` is the number of updates.

    ``restored`` is the step that the weights belong to, where that is not the last.
    """

    status: str
    steps: int
    seconds: float
    message: str = ""
    restored: int | None = None


@dataclass(frozen=True)
class Training:
    """What the loop trains and with what; a resumed training starts after ``start`` updates.

    With diagnostics ``last_update`` is given.
    """

    network: Network
    loss: Loss | DataParallelLoss
    regularizers: Sequence[RegularizerTerm]
    optimizer: Optimizer
    batches: Batches
    evaluation: Evaluation
    controls: Controls
    last_finite: LastFinite
    iterations: int
    eval_every: int
    checkpoint_every: int = 1
    start: int = 0
    last_update: LastUpdate | None = None


def train(
    training: Training,
    observers: Sequence[Observer],
    stop: Callable[[], bool],
    checkpointer: Checkpointer | None = None,
) -> Outcome:
    """Train to the last iteration, until early stopping or ``stop`` ends it, or until a number is not finite."""
    network, loss, regularizers = training.network, training.loss, training.regularizers
    optimizer, batches, controls = training.optimizer, training.batches, training.controls
    started, step, reason = perf_counter(), training.start, ""

    def evaluate() -> None:
        row = training.evaluation.row(step, batches.epochs(step), controls.lr(step), batches.last_batch)
        check_evaluation(row, network, lambda column: training.evaluation.inputs(column, batches.last_batch))
        training.last_finite.keep(step)
        for observer in observers:
            observer.on_evaluation(row)
        controls.after_evaluation(row)

    def checkpoint(*, ending: bool) -> None:
        if checkpointer and step > training.start:
            checkpointer.save(step, ending=ending)

    try:
        with np.errstate(all="ignore"):  # the checks report an overflow at the step where it happens
            while True:
                last = step == training.iterations or stop()  # asked once a step: a signal may arrive at any time
                due = step % training.eval_every == 0
                if due and not 0 < step == training.start:  # a resumed training has evaluated there before
                    evaluate()
                reason = controls.stop_reason(step) if due else ""
                if last or reason:
                    break
                if step % training.checkpoint_every == 0:
                    checkpoint(ending=False)

                x, labels = batches.batch(step + 1)
                network.streams.step = step + 1
                scores = network.forward(x, training=True)
                objective = loss.forward(scores, labels) + network.activity_penalty() + penalty_value(regularizers)
                check_objective(objective, network, regularizers, x)
                network.backward(loss.backward())
                for regularizer in regularizers:
                    regularizer.add_gradient()
                check_gradient(network, x)
                controls.clip(network.flat.trained_gradients)
                optimizer.step(controls.lr(step))
                check_weights(network, x)
                step += 1
                for observer in observers:
                    observer.on_step(step, objective)

            checkpoint(ending=True)
            if not due:  # after the checkpoint: a training with more iterations does not evaluate here
                evaluate()
    except NonFinite as error:
        status, reason = "diverged", error.message(controls.lr(step))
        restored = controls.restore_best(step)
        if restored is None:
            restored = training.last_finite.restore()
    else:
        status = "completed" if reason or step == training.iterations else "interrupted"
        restored = controls.restore_best(step)
    kept = "" if restored is None else f"the weights saved are those of step {restored}"
    return Outcome(status, step, perf_counter() - started, "; ".join(filter(None, (reason, kept))), restored)
