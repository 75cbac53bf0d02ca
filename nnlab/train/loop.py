"""The training loop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from time import perf_counter
from typing import Protocol

import numpy as np

from nnlab.data.batches import Batches
from nnlab.models.network import Network
from nnlab.optim.base import Optimizer
from nnlab.penalties import PenaltyTerm
from nnlab.records.formats import Row
from nnlab.train.controls import Controls
from nnlab.train.evaluation import Evaluation, penalty_value
from nnlab.train.shards import Shards


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


@dataclass(frozen=True)
class Training:
    """Everything that the loop puts in motion."""

    network: Network
    shards: Shards
    penalties: Sequence[PenaltyTerm]
    optimizer: Optimizer
    batches: Batches
    evaluation: Evaluation
    controls: Controls
    iterations: int
    eval_every: int


def train(training: Training, observers: Sequence[Observer], stop: Callable[[], bool]) -> Outcome:
    """Train to the last iteration, until a control or ``stop`` says so, or until the loss is no longer finite."""
    network, shards, penalties = training.network, training.shards, training.penalties
    optimizer, batches, controls = training.optimizer, training.batches, training.controls
    arena = network.arena
    optimizer.bind(arena.values, arena.gradients, arena.decayed)
    started = perf_counter()
    step, fault, reason = 0, "", ""
    with np.errstate(all="ignore"):  # overflow is found in the loss, once, with a message that says what to do
        x, labels = batches.batch(1)
        while True:
            lr = controls.lr(step)
            last = step == training.iterations or stop()  # asked once a step: a signal may come in between
            if last or step % training.eval_every == 0:
                row = training.evaluation.row(step, batches.epochs(step), lr, batches.plain((x, labels)))
                fault = _not_finite("an evaluation", row, step, lr)
                if fault:
                    break
                for observer in observers:
                    observer.on_evaluation(row)
                reason = controls.after_evaluation(row)
                lr = controls.lr(step)
            if last or reason:
                break

            if step > 0:
                x, labels = batches.batch(step + 1)
            network.streams.step = step + 1
            objective = shards.compute(x, labels) + penalty_value(penalties)
            fault = _not_finite("the loss", {"objective": objective}, step + 1, lr)
            if fault:
                break
            for penalty in penalties:
                penalty.add_gradient()
            controls.clip(arena.gradients)
            optimizer.step(lr)
            step += 1
            for observer in observers:
                observer.on_step(step, objective)
    restored = controls.restore_best(step)
    status = "diverged" if fault else "completed" if reason or step == training.iterations else "interrupted"
    kept = "" if restored is None else f"the weights saved are those of step {restored}"
    return Outcome(status, step, perf_counter() - started, "; ".join(filter(None, (fault or reason, kept))), restored)


def _not_finite(what: str, numbers: Row, step: int, lr: float) -> str:
    """The message for the first loss that is NaN or infinite; empty while all are finite."""
    wrong = next((number for number in numbers.values() if number is not None and not isfinite(number)), None)
    if wrong is None:
        return ""
    return (
        f"{what} became {wrong} at step {step}; the usual cause is a learning rate that is too large "
        f"(here {lr:g}): try a tenth of it, or check the scale of the inputs and initial weights"
    )
