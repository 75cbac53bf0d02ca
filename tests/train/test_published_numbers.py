"""Numbers that were published elsewhere, and an independent training that must agree with nnlab.

The spiral's losses, weights and accuracies are those of a seeded run (seed 0) of the case study in Stanford's CS231n
notes ("Putting it together: Minimal Neural Network Case Study"); the notes themselves print another run, whose losses
differ in the fifth digit. The independent training is textbook code, which shares nothing with the fast code.
"""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trainings import Recorder

from nnlab import textbook
from nnlab.config.experiment import Experiment
from nnlab.config.loading import load_experiment
from nnlab.core.arrays import Array
from nnlab.data.sources.mnist import Mnist
from nnlab.engine.loop import train
from nnlab.engine.run_setup import RunSetup

pytestmark = pytest.mark.slow

CONFIGS = Path(__file__).parents[2] / "configs"


def trained(experiment: Experiment) -> tuple[Recorder, dict[str, Array]]:
    setup = RunSetup(experiment).allocate()
    recorder = Recorder()
    outcome = train(setup, [recorder], lambda: False)
    assert outcome.status == "completed"
    return recorder, setup.network.state()


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


RULES: dict[str, type[Any]] = {
    "sgd": textbook.SGD,
    "momentum": textbook.Momentum,
    "nesterov": textbook.Nesterov,
    "adagrad": textbook.AdaGrad,
    "rmsprop": textbook.RMSProp,
    "adam": textbook.Adam,
}
STEPS = 200


def textbook_training(rule: type[Any], images: Array, labels: Array) -> tuple[list[float], textbook.Arrays]:
    """784-40-20-10 with sigmoids and L2 as a learner would write it, one RandomState for weights and batches."""
    random = np.random.RandomState(7)
    layers: list[textbook.Layer] = []
    for fan_in, fan_out in pairwise([784, 40, 20, 10]):
        affine = textbook.Affine(textbook.normal((fan_in, fan_out), random), np.zeros(fan_out))
        affine.regularizers = [textbook.L2(1e-3)]
        layers += [affine, textbook.Sigmoid()]
    network = textbook.Network([textbook.Flatten(), *layers[:-1]], textbook.SoftmaxWithLoss())
    batches = (random.choice(len(images), 100) for _ in range(STEPS))
    losses = textbook.train(network, rule(lr=0.01), images / 255.0, labels, batches)
    return losses, network.params


@pytest.fixture(scope="module")
def images_and_labels() -> tuple[Array, Array]:
    split = Mnist().load(np.random.default_rng(0)).train.first(2000)
    return split.inputs.astype(np.float64), split.targets


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
    losses, theta = textbook_training(RULES[name], *images_and_labels)
    np.testing.assert_allclose(recorder.losses, losses, rtol=1e-10)
    names = [f"linear{i}.{part}" for i in (1, 2, 3) for part in ("W", "b")]
    for key, value in zip(names, theta.values(), strict=True):
        distance = np.linalg.norm(state[key] - value) / np.linalg.norm(value)
        assert distance < 1e-9, key
