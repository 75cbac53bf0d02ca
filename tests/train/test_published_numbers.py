"""Numbers that were published elsewhere, and an independent straight-line training that must agree with nnlab.

The spiral's losses, weights and accuracies are those of a seeded run (seed 0) of the case study in Stanford's CS231n
notes ("Putting it together: Minimal Neural Network Case Study"); the notes themselves print another run, whose losses
differ in the fifth digit. The update rules below are written from their formulas, with fresh arrays and nothing
shared with nnlab.
"""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from nnlab.config.experiment import Experiment, load_experiment
from nnlab.core.arrays import Array
from nnlab.core.rows import Row
from nnlab.data.sources.mnist import Mnist
from nnlab.engine.build import make_training, prepare
from nnlab.engine.loop import train

CONFIGS = Path(__file__).parents[2] / "configs"


class Recorder:
    """Keeps everything that training reports."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.rows: list[Row] = []

    def on_step(self, step: int, objective: float) -> None:
        self.losses.append(objective)

    def on_evaluation(self, row: Row) -> None:
        self.rows.append(row)


def trained(experiment: Experiment) -> tuple[Recorder, dict[str, Array]]:
    prepared = prepare(experiment)
    recorder = Recorder()
    outcome = train(make_training(experiment, prepared), [recorder], lambda: False)
    assert outcome.status == "completed"
    return recorder, prepared.network.state()


def test_spiral_softmax_reproduces_the_published_losses_and_weights() -> None:
    recorder, state = trained(load_experiment(CONFIGS / "spiral_softmax.yaml"))
    published = {0: 1.096919, 10: 0.917310, 20: 0.851535, 30: 0.822352, 40: 0.807594, 190: 0.786302}
    assert {i: round(recorder.losses[i], 6) for i in published} == published
    W = [[1.03370118, 1.10345865, -2.13524878], [-2.32943088, 2.71627529, -0.39072902]]
    np.testing.assert_array_equal(np.round(state["linear1.W"], 8), W)
    final = recorder.rows[-1]["train_accuracy"]
    assert final is not None
    assert round(final, 2) == 0.49


def test_the_console_prints_the_published_losses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from nnlab.cli.progress import ConsoleReporter
    from nnlab.train.run import run

    result = run(load_experiment(CONFIGS / "spiral_softmax.yaml"), tmp_path, ConsoleReporter())
    log = (result.path / "log.txt").read_text(encoding="utf-8")
    for loss in ("1.096919", "0.917310", "0.851535", "0.822352", "0.807594", "0.786302"):
        assert f"objective {loss}" in log


def test_spiral_relu_reaches_the_published_accuracy_and_loss() -> None:
    recorder, _ = trained(load_experiment(CONFIGS / "spiral_relu.yaml"))
    final = recorder.rows[-1]["train_accuracy"]
    assert final is not None
    assert round(final, 2) == 0.98
    assert abs(recorder.losses[-1] - 0.25) < 0.01


State = dict[str, Array]
Rule = Callable[[Array, Array, State, int], Array]


def sgd(theta: Array, g: Array, state: State, t: int) -> Array:
    return theta - 0.01 * g


def momentum(theta: Array, g: Array, state: State, t: int) -> Array:
    state["v"] = 0.9 * state.get("v", 0 * g) - 0.01 * g
    return theta + state["v"]


def nesterov(theta: Array, g: Array, state: State, t: int) -> Array:
    v = state.get("v", 0 * g)
    state["v"] = 0.9 * v - 0.01 * g
    return theta + 0.9 * 0.9 * v - (1 + 0.9) * 0.01 * g


def adagrad(theta: Array, g: Array, state: State, t: int) -> Array:
    state["h"] = state.get("h", 0 * g) + g * g
    return theta - 0.01 * g / (np.sqrt(state["h"]) + 1e-7)


def rmsprop(theta: Array, g: Array, state: State, t: int) -> Array:
    state["h"] = 0.99 * state.get("h", 0 * g) + (1 - 0.99) * g * g
    return theta - 0.01 * g / (np.sqrt(state["h"]) + 1e-7)


def adam(theta: Array, g: Array, state: State, t: int) -> Array:
    state["m"] = 0.9 * state.get("m", 0 * g) + (1 - 0.9) * g
    state["v"] = 0.999 * state.get("v", 0 * g) + (1 - 0.999) * g * g
    rate = 0.01 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return theta - rate * state["m"] / (np.sqrt(state["v"]) + 1e-7)


RULES: dict[str, Rule] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "adam": adam,
}
STEPS = 200


def straight_line(rule: Rule, images: Array, labels: Array) -> tuple[list[float], list[Array]]:
    """784-40-20-10 with sigmoids as a learner would write it: one RandomState, textbook forward and backward."""
    random = np.random.RandomState(7)
    sizes = [784, 40, 20, 10]
    theta: list[Array] = []
    for fan_in, fan_out in pairwise(sizes):
        theta += [0.01 * random.randn(fan_in, fan_out), np.zeros(fan_out)]
    states: list[State] = [{} for _ in theta]
    losses = []
    for t in range(1, STEPS + 1):
        mask = random.choice(len(images), 100)
        x, target = images[mask].reshape(100, 784) / 255.0, labels[mask]
        z1 = 1 / (1 + np.exp(-(x @ theta[0] + theta[1])))
        z2 = 1 / (1 + np.exp(-(z1 @ theta[2] + theta[3])))
        scores = z2 @ theta[4] + theta[5]
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        weights = theta[0::2]
        losses.append(-np.log(p[np.arange(100), target]).mean() + sum(0.5 * 1e-3 * (W * W).sum() for W in weights))
        d3 = p.copy()
        d3[np.arange(100), target] -= 1
        d3 /= 100
        d2 = (d3 @ theta[4].T) * z2 * (1 - z2)
        d1 = (d2 @ theta[2].T) * z1 * (1 - z1)
        gradients = [x.T @ d1, d1.sum(0), z1.T @ d2, d2.sum(0), z2.T @ d3, d3.sum(0)]
        for i in (0, 2, 4):
            gradients[i] = gradients[i] + 1e-3 * theta[i]
        theta = [rule(value, g, state, t) for value, g, state in zip(theta, gradients, states, strict=True)]
    return losses, theta


@pytest.fixture(scope="module")
def images_and_labels() -> tuple[Array, Array]:
    split = Mnist().load(np.random.default_rng(0)).train.first(2000)
    return split.inputs.astype(np.float64), split.labels


@pytest.mark.parametrize("name", RULES)
def test_legacy_training_follows_the_textbook(
    name: str, images_and_labels: tuple[Array, Array], tmp_path: Path
) -> None:
    spec = tmp_path / "legacy.yaml"
    spec.write_text(
        "{seed: 7, dtype: float64, rng: legacy, data: {name: mnist, train_size: 2000, test_size: 100},\n"
        " model: {name: mlp, hidden: [40, 20], activation: sigmoid, init: 0.01},\n"
        f" optimizer: {{name: {name}, lr: 0.01}}, penalty: {{l2: 1e-3}},\n"
        f" train: {{iterations: {STEPS}, batch_size: 100, sampling: replacement, eval_every: {STEPS}}}}}\n",
        encoding="utf-8",
    )
    recorder, state = trained(load_experiment(spec))
    losses, theta = straight_line(RULES[name], *images_and_labels)
    np.testing.assert_allclose(recorder.losses, losses, rtol=1e-9)
    names = [f"linear{i}.{part}" for i in (1, 2, 3) for part in ("W", "b")]
    for key, value in zip(names, theta, strict=True):
        distance = np.linalg.norm(state[key] - value) / np.linalg.norm(value)
        assert distance < 1e-9, key
