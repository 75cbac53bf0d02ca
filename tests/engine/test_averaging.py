"""The moving average of weights: by hand, against the textbook, and where a training uses it."""

from pathlib import Path

import numpy as np
import pytest
from trainings import Recorder, make_experiment, make_setup

from nnlab import textbook
from nnlab.core.rows import Row
from nnlab.engine.averaging import WeightAverage
from nnlab.engine.loop import train
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import ShapeError
from nnlab.optim.base import VALUES_PER_BLOCK

SPEC = """\
dtype: float64
data: {name: moons, points: 20, test_points: 10}
model: {name: mlp, hidden: [6], activation: tanh, batch_norm: true}
optimizer: {name: momentum, lr: 0.3}
train: {iterations: 12, batch_size: 8, eval_every: 5, ema: 0.8}
compute: {threads: 1}
"""


def test_five_steps_by_hand() -> None:
    """d = 2/11, 3/12, 4/13, 5/14, then min(0.4, 6/15)."""
    values = np.array([1.0])
    average = WeightAverage(values, 0.4)
    found = []
    for step, value in enumerate([3.0, 2.0, 5.0, -1.0, 4.0], start=1):
        values[:] = value
        average.update(step)
        found.append(average.state()["average"].item())
    first = 2 / 11 * 1 + 9 / 11 * 3
    second = 3 / 12 * first + 9 / 12 * 2
    third = 4 / 13 * second + 9 / 13 * 5
    fourth = 5 / 14 * third + 9 / 14 * -1
    assert found == pytest.approx([first, second, third, fourth, 0.4 * fourth + 0.6 * 4], rel=1e-15)


def test_blocks_follow_the_textbook() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal(VALUES_PER_BLOCK + 3)
    weights = {"W1": values.copy()}
    average, twin = WeightAverage(values, 0.7), textbook.WeightAverage(weights, 0.7)
    for step in range(1, 30):
        values[:] = weights["W1"][:] = rng.standard_normal(len(values))
        average.update(step)
        twin.update(step)
    np.testing.assert_allclose(average.state()["average"], twin.mean["W1"], rtol=1e-13, atol=1e-15)
    own = values.copy()
    twin.exchange()
    with average.in_network(), average.in_network():  # a snapshot during an evaluation
        np.testing.assert_allclose(values, weights["W1"], rtol=1e-13, atol=1e-15)
    np.testing.assert_array_equal(values, own)


class Averages(Recorder):
    """Averages the weights itself, in plain NumPy, and keeps what evaluations have in the network."""

    def __init__(self, setup: RunSetup, decay: float) -> None:
        super().__init__()
        self.setup, self.decay = setup, decay
        self.mean = setup.network.flat.values.copy()
        self.evaluated: dict[int, np.ndarray] = {}
        self.weights: list[np.ndarray] = []

    def on_step(self, step: int, objective: float) -> None:
        super().on_step(step, objective)
        self.weights.append(self.setup.network.flat.values.copy())
        d = min(self.decay, (1 + step) / (10 + step))
        self.mean = d * self.mean + (1 - d) * self.weights[-1]

    def on_evaluation(self, row: Row) -> None:
        super().on_evaluation(row)
        np.testing.assert_allclose(self.setup.network.flat.values, self.mean, rtol=1e-12, atol=1e-14)
        self.evaluated[int(row["step"] or 0)] = self.setup.network.flat.values.copy()


@pytest.mark.parametrize("shards", [1, 2])
def test_evaluations_and_the_end_have_the_averages_and_updates_the_weights(tmp_path: Path, shards: int) -> None:
    spec = SPEC.replace(", batch_norm: true", "") if shards == 2 else SPEC
    setup = make_setup(tmp_path, spec, f"compute.shards={shards}")
    averages = Averages(setup, 0.8)
    assert train(setup, [averages], lambda: False).status == "completed"
    assert list(averages.evaluated) == [0, 5, 10, 12]
    np.testing.assert_array_equal(setup.network.flat.values, averages.evaluated[12])

    plain, recorder = make_setup(tmp_path, spec, f"compute.shards={shards}", "train.ema=null"), Recorder()
    train(plain, [recorder], lambda: False)
    assert averages.losses == recorder.losses
    np.testing.assert_array_equal(averages.weights[-1], plain.network.flat.values)
    assert averages.rows[1]["train_loss"] != recorder.rows[1]["train_loss"]
    if shards == 1:  # running statistics are those of the weights
        name = "batch_norm1.running_mean"
        np.testing.assert_array_equal(setup.network.state()[name], plain.network.state()[name])


def test_early_stopping_follows_and_restores_averages(tmp_path: Path) -> None:
    overrides = ["train.early_stopping={metric: train_loss, patience: 2}", "train.iterations=400", "optimizer.lr=2.0"]
    setup = make_setup(tmp_path, SPEC, *overrides)
    averages = Averages(setup, 0.8)
    outcome = train(setup, [averages], lambda: False)
    best = min(averages.rows[1:], key=lambda row: row["train_loss"] or 0.0)
    assert outcome.restored == best["step"] < outcome.steps
    np.testing.assert_array_equal(setup.network.flat.values, averages.evaluated[outcome.restored])


def test_a_diverged_training_keeps_the_last_finite_averages(tmp_path: Path) -> None:
    overrides = ["model={name: mlp, hidden: [8, 8, 8, 8], activation: identity}", "optimizer.lr=1e6"]
    setup = make_setup(tmp_path, SPEC, *overrides, "train.iterations=90", "train.eval_every=1")
    averages = Averages(setup, 0.8)
    outcome = train(setup, [averages], lambda: False)
    assert outcome.status == "diverged"
    assert outcome.restored == max(averages.evaluated)
    np.testing.assert_array_equal(setup.network.flat.values, averages.evaluated[outcome.restored])


def test_no_average_has_no_memory_and_no_state(tmp_path: Path) -> None:
    values = np.ones(3)
    average = WeightAverage(values, None)
    average.update(1)
    with average.in_network():
        values[:] = 2
    average.end(restored=False)
    assert average.state() == {}
    assert (values == 2).all()
    assert "ema" not in make_experiment(tmp_path, SPEC, "train.ema=null").to_yaml()


def test_a_saved_state_that_does_not_fit_is_refused() -> None:
    average = WeightAverage(np.ones(3), 0.9)
    with pytest.raises(ShapeError, match="saved averages"):
        average.load_state({"average": np.ones(4)})
    with pytest.raises(ShapeError, match="saved averages"):
        average.load_state({})
