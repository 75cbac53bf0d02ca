"""Small trainings whose steps are traced: each kind of layer, loss and optimizer once, in float64."""

import numpy as np

from nnlab.core.rows import Row
from nnlab.engine.loop import train
from nnlab.engine.run_setup import RunSetup
from nnlab.train.run import one_blas_thread

MOONS = "data: {name: moons, points: 6, test_points: 4}\n"
DIGITS = "data: {name: mnist, train_size: 12, test_size: 4}\n"
SEQUENCES = "data: {name: latch, length: 4, samples: 12, test_samples: 4}\n"
TRAIN = "train: {iterations: 12, batch_size: 5, eval_every: 6}\n"

SPECS = {
    "mlp": MOONS
    + "model: {name: mlp, hidden: [4], activation: relu}\n"
    + "optimizer: {name: momentum, lr: 0.1}\npenalty: {l1: 0.001, l2: 0.01}\n"
    + TRAIN,
    "convnet": DIGITS + "model: {name: convnet, filters: 3, hidden: 6}\noptimizer: {name: adam}\n" + TRAIN,
    "batch_norm": MOONS
    + "model: {name: mlp, hidden: [4, 3], activation: tanh, batch_norm: true, dropout: 0.3}\n"
    + "optimizer: {name: adamw, lr: 0.1}\n"
    + TRAIN,
    "lstm": SEQUENCES
    + "model: {name: recurrent, cell: lstm, units: 3}\noptimizer: {name: rmsprop, lr: 0.1}\n"
    + TRAIN.replace("eval_every", "clip_norm: 0.05, eval_every"),
    "time_distributed": SEQUENCES
    + "model: {name: sequential, layers: [{name: rnn, units: 3}, "
    + "{name: time_distributed, layer: {name: residual, layers: [{name: linear, units: 3}]}}, "
    + "{name: gru, units: 2}, last_step, {name: linear, units: 2}]}\n"
    + "optimizer: {name: sgd, lr: 0.1}\n"
    + TRAIN,
    "residual": MOONS
    + "model: {name: sequential, layers: [{name: linear, units: 3}, {name: residual, layers: "
    + "[{name: linear, units: 4, l2: 0.1}, sigmoid, {name: linear, units: 3}]}, "
    + "{name: concat, branches: [[{name: linear, units: 2}], []]}, {name: linear, units: 2}]}\n"
    + "optimizer: {name: nesterov, lr: 0.1}\n"
    + TRAIN,
}


def spec_of(name: str) -> str:
    """The text of a spec."""
    return f"dtype: float64\n{SPECS[name]}"


class WeightsOf:
    """An observer that keeps the weights after one step, and its objective."""

    def __init__(self, setup: RunSetup, step: int) -> None:
        self.setup, self.step = setup, step
        self.objective = 0.0
        self.weights = np.empty(0)

    def on_step(self, step: int, objective: float) -> None:
        if step == self.step:
            self.objective, self.weights = objective, self.setup.network.flat.values.copy()

    def on_evaluation(self, row: Row) -> None:
        """Nothing."""


def engine_after(setup: RunSetup, step: int) -> tuple[np.ndarray, float]:
    """The weights after a step of an ordinary training, and the objective before its update."""
    kept = WeightsOf(setup, step)
    with one_blas_thread():
        train(setup, [kept], stop=lambda: kept.weights.size > 0)
    return kept.weights, kept.objective
