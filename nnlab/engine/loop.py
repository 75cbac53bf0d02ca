"""The training loop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from time import perf_counter
from typing import Protocol

import numpy as np

from nnlab.core.rows import Row
from nnlab.data.pipeline.batches import Batches
from nnlab.engine.controls import Controls
from nnlab.engine.data_parallel import DataParallel
from nnlab.engine.divergence import (
    LastFinite,
    all_finite,
    evaluation_message,
    first_nonfinite,
    message,
    nonfinite_gradient,
    nonfinite_output,
    nonfinite_penalty,
    nonfinite_weight,
)
from nnlab.engine.evaluation import Evaluation, penalty_value
from nnlab.engine.last_update import LastUpdate
from nnlab.models.network import Network
from nnlab.optim.base import Optimizer
from nnlab.regularizers import RegularizerTerm


class Observer(Protocol):
    """Somebody who is told what happens and cannot steer."""

    def on_step(self, step: int, objective: float) -> None:
        """An update was made; ``objective`` is the loss and penalties of the forward pass that led to it."""
        ...

    def on_evaluation(self, row: Row) -> None:
        """The network was evaluated."""
        ...


@dataclass(frozen=True)
class Outcome:
    """How training ended: ``status`` is completed, interrupted or diverged; ``steps`` counts the updates made.

    ``restored`` is the step that the weights are of, where they are not those after the last step.
    """

    status: str
    steps: int
    seconds: float
    message: str = ""
    restored: int | None = None


class Checkpointer(Protocol):
    """Somebody who saves what training goes on from."""

    def keep(self, step: int, *, ending: bool) -> None:
        """Save the state after ``step`` updates if it is time; with ``ending``, none will follow for now."""
        ...


@dataclass(frozen=True)
class Training:
    """Everything that the loop puts in motion, bound together; ``start`` counts updates that were made before.

    ``last_update`` is there where diagnostics are recorded.
    """

    network: Network
    shards: DataParallel
    penalties: Sequence[RegularizerTerm]
    optimizer: Optimizer
    batches: Batches
    evaluation: Evaluation
    controls: Controls
    good: LastFinite
    iterations: int
    eval_every: int
    checkpoint_every: int = 1
    start: int = 0
    last_update: LastUpdate | None = None


def train(
    training: Training, observers: Sequence[Observer], stop: Callable[[], bool], keeper: Checkpointer | None = None
) -> Outcome:
    """Train to the last iteration, until a control or ``stop`` says so, or until a number is no longer finite."""
    network, shards, penalties = training.network, training.shards, training.penalties
    optimizer, batches, controls = training.optimizer, training.batches, training.controls
    flat, good = network.flat, training.good
    started = perf_counter()
    step, fault, reason = training.start, "", ""

    def keep(*, ending: bool) -> None:
        if keeper and step > training.start:
            keeper.keep(step, ending=ending)

    with np.errstate(all="ignore"):  # overflow is found at the step it happens, with a message that says what to do
        x, labels = batches.batch(1) if step == 0 else batches.last_batch()
        while True:
            lr = controls.lr(step)
            last = step == training.iterations or stop()  # asked once a step: a signal may come in between
            due = step % training.eval_every == 0
            if last and not due:
                keep(ending=True)  # before an evaluation that a longer training would not make
            if (due and (step == 0 or step > training.start)) or (last and not due):
                batch = batches.without_augmentation((x, labels))
                row = training.evaluation.row(step, batches.epochs(step), lr, batch)
                if wrong := first_nonfinite(row):
                    measured_on = training.evaluation.inputs(wrong[0], batch)
                    fault = evaluation_message(network, wrong, measured_on, step, lr)
                    break
                good.keep(step)
                for observer in observers:
                    observer.on_evaluation(row)
                controls.after_evaluation(row)
            reason = controls.reason(step) if due else ""
            if due and (last or reason):
                keep(ending=True)
            if last or reason:
                break
            if step % training.checkpoint_every == 0:
                keep(ending=False)

            lr = controls.lr(step)
            if step > 0:
                x, labels = batches.batch(step + 1)
            network.streams.step = step + 1
            objective = shards.compute(x, labels) + penalty_value(penalties)
            if not isfinite(objective):
                where = nonfinite_output(network, x) or nonfinite_penalty(network, penalties) or "the loss itself"
                fault = message("the objective", objective, where, step + 1, lr, x)
                break
            for penalty in penalties:
                penalty.add_gradient()
            if not all_finite(flat.trained_gradients):
                fault = message("the gradient", *nonfinite_gradient(network), step + 1, lr, x)
                break
            controls.clip(flat.trained_gradients)
            optimizer.step(lr)
            if not all_finite(flat.trained_values):
                fault = message("a weight", *nonfinite_weight(network), step + 1, lr, x)
                break
            step += 1
            for observer in observers:
                observer.on_step(step, objective)
    restored = controls.restore_best(step)
    if fault and restored is None:
        restored = good.restore()
    status = "diverged" if fault else "completed" if reason or step == training.iterations else "interrupted"
    kept = "" if restored is None else f"the weights saved are those of step {restored}"
    return Outcome(status, step, perf_counter() - started, "; ".join(filter(None, (fault or reason, kept))), restored)
