"""The training loop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import numpy as np

from nnlab.core.rows import Row
from nnlab.engine.divergence import NonFinite, check_evaluation, check_objective, check_update
from nnlab.engine.evaluation import penalty_value
from nnlab.engine.run_setup import RunSetup


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

    ``restored`` is the step that the weights belong to, where that is not the last. ``message`` is the ``reason`` for
    an early end, followed by what became of the weights.
    """

    status: str
    steps: int
    seconds: float
    message: str = ""
    restored: int | None = None
    reason: str = ""


@np.errstate(all="ignore")  # the checks report an overflow at the step where it happens
def train(
    setup: RunSetup,
    observers: Sequence[Observer],
    stop: Callable[[], bool],
    checkpointer: Checkpointer | None = None,
) -> Outcome:
    """Train to the last iteration, until early stopping or ``stop`` ends it, or until a number is not finite."""
    network, loss, regularizers = setup.network, setup.loss, setup.regularizers
    optimizer, batches, controls = setup.optimizer, setup.batches, setup.controls
    accumulation, average = setup.accumulation, setup.average
    started, step, reason = perf_counter(), setup.start, ""

    def evaluate() -> None:
        with average.in_network():  # of the weights themselves, unless train.ema is set
            row = setup.evaluation.row(step, batches.epochs(step), controls.lr(step), batches.last_batch)
            check_evaluation(row, network, lambda column: setup.evaluation.inputs(column, batches.last_batch))
            setup.last_finite.keep(step, unchanged=last and not average.active)
            for observer in observers:
                observer.on_evaluation(row)
            controls.after_evaluation(row)

    def checkpoint(*, ending: bool) -> None:
        if checkpointer and step > setup.start:
            checkpointer.save(step, ending=ending)

    try:
        while True:
            last = step == setup.iterations or stop()  # asked once a step: a signal may arrive at any time
            due = step % setup.eval_every == 0
            resumed_here = 0 < step == setup.start  # evaluated before the training was interrupted
            if due and not resumed_here:
                evaluate()
            reason = controls.stop_reason(step) if due else ""
            if last or reason:
                break
            if step % setup.checkpoint_every == 0:
                checkpoint(ending=False)

            x, labels = batches.batch(step + 1)
            penalty = penalty_value(regularizers)
            for part in accumulation.mini_batches(len(x)):  # one, the whole batch, unless train.accumulate is set
                network.streams.step, network.streams.part = step + 1, part.number  # these seed dropout masks
                scores = network.forward(x[part.samples], training=True)
                data_loss = loss.forward(scores, labels[part.samples]) + network.activity_penalty()
                check_objective(data_loss + penalty, network, regularizers, x[part.samples])
                network.backward(loss.backward())
                accumulation.add(part, data_loss)
            objective = accumulation.loss + penalty
            for regularizer in regularizers:
                regularizer.add_gradient()
            controls.clip(network.flat.trained_gradients)
            optimizer.step(controls.lr(step))
            check_update(optimizer.squares, network, x)
            step += 1
            average.update(step)
            for observer in observers:
                observer.on_step(step, objective)

        checkpoint(ending=True)
        if not due:  # after the checkpoint: a training with more iterations does not evaluate here
            evaluate()
    except NonFinite as error:
        status, reason = "diverged", error.message(controls.lr(step))
        restored = controls.restore_best(step)
        if restored is None:
            restored = setup.last_finite.restore()
    else:
        status = "completed" if reason or step == setup.iterations else "interrupted"
        restored = controls.restore_best(step)
    average.end(restored=restored is not None)
    kept = "" if restored is None else f"the weights saved are those of step {restored}"
    return Outcome(status, step, perf_counter() - started, "; ".join(filter(None, (reason, kept))), restored, reason)
