"""A whole training of the fast code and one of textbook code: the same loss and weights after every step."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trainings import make_setup

from nnlab import textbook
from nnlab.core.rows import Row
from nnlab.engine.loop import train
from nnlab.engine.run_setup import RunSetup
from nnlab.models.textbook_twins import twin_of_network, twin_of_optimizer

TWO_LAYERS = """\
dtype: float64
data:      {name: spiral, points: 40}
model:     {name: mlp, hidden: [20], activation: MODEL_ACTIVATION, batch_norm: true, dropout: 0.3}
loss:      {name: cross_entropy, smoothing: 0.1, class_weights: balanced}
optimizer: OPTIMIZER
penalty:   {l1: 1e-4, l2: 1e-3}
train:     {iterations: 40, batch_size: 16, eval_every: 20}
compute:   {threads: 1, shards: 1}
"""
CONVNET = """\
dtype: float64
data: {name: mnist, train_size: 60, test_size: 10}
model:
  name: sequential
  layers:
    - {name: conv2d, filters: 4, kernel: 5, stride: 2, l2: 1e-2}
    - batch_norm
    - relu
    - {name: max_pool, size: 2}
    - {name: residual, layers: [{name: conv2d, filters: 4, padding: same}, leaky_relu]}
    - {name: residual, layers: [{name: conv2d, filters: 6, stride: 2, padding: 1, bias: false}]}
    - {name: concat, branches: [[{name: conv2d, filters: 2, padding: same}, tanh], []]}
    - lrn
    - {name: upsample, factor: 2}
    - {name: avg_pool, size: 3, stride: 1, padding: 1}
    - {name: activity_l2, strength: 1e-3}
    - flatten
    - {name: linear, units: 12, frozen: true}
    - layer_norm
    - {name: activity_l1, strength: 1e-3}
    - {name: dropout, rate: 0.2}
    - elu
    - {name: linear, units: 10, l1: 1e-3}
optimizer: {name: adam, lr: 0.003}
train:     {iterations: 12, batch_size: 16, sampling: replacement, eval_every: 6}
compute:   {threads: 1, shards: 1}
"""


class TextbookBeside:
    """Trains the textbook's version of a network on each batch, and compares it with the network after the update."""

    def __init__(self, setup: RunSetup, twin: textbook.Network, optimizer: Any) -> None:
        self.setup, self.twin, self.optimizer = setup, twin, optimizer
        self.losses: list[float] = []

    def on_step(self, step: int, objective: float) -> None:
        x, t = self.setup.batches.last_batch()
        self.losses += textbook.train(self.twin, self.optimizer, x, t, [np.arange(len(x))])
        assert objective == pytest.approx(self.losses[-1], rel=1e-10)
        trained = [parameter for parameter in self.setup.network.parameters if not parameter.frozen]
        for parameter, (name, weights) in zip(trained, self.twin.params.items(), strict=True):
            np.testing.assert_allclose(parameter.value, weights, rtol=1e-10, atol=1e-10, err_msg=f"step {step}, {name}")

    def on_evaluation(self, row: Row) -> None:
        pass


def train_beside_the_textbook(spec: str, folder: Path) -> TextbookBeside:
    setup = make_setup(folder, spec)
    experiment = setup.experiment
    twin = twin_of_network(setup.network, experiment.loss, setup.dataset.class_counts, experiment.penalty)
    beside = TextbookBeside(setup, twin, twin_of_optimizer(experiment.optimizer))
    assert train(setup, [beside], lambda: False).status == "completed"
    return beside


@pytest.mark.parametrize(
    ("activation", "optimizer"),
    [
        ("relu", "{name: sgd, lr: 0.1}"),
        ("sigmoid", "{name: nesterov, lr: 0.1}"),
        ("tanh", "{name: adamw, lr: 0.01, weight_decay: 0.1}"),
        ("elu", "{name: adadelta}"),
    ],
)
def test_a_two_layer_network_step_for_step(activation: str, optimizer: str, tmp_path: Path) -> None:
    spec = TWO_LAYERS.replace("MODEL_ACTIVATION", activation).replace("OPTIMIZER", optimizer)
    beside = train_beside_the_textbook(spec, tmp_path)
    assert len(beside.losses) == 40


def test_a_convolutional_network_step_for_step(tmp_path: Path) -> None:
    beside = train_beside_the_textbook(CONVNET, tmp_path)
    assert len(beside.losses) == 12
    assert beside.losses[-1] < 0.9 * beside.losses[0], "the weights have changed"


def test_a_network_of_the_textbook_learns_on_its_own() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 2))
    t = (x[:, 0] * x[:, 1] > 0).astype(int)  # XOR
    layers = [
        textbook.Affine(textbook.he((2, 20), rng), np.zeros(20)),
        textbook.Relu(),
        textbook.Affine(textbook.he((20, 2), rng), np.zeros(2)),
    ]
    network = textbook.Network(layers, textbook.SoftmaxWithLoss())
    batches = (rng.choice(200, 50) for _ in range(200))
    losses = textbook.train(network, textbook.Adam(lr=0.05), x, t, batches)
    assert losses[-1] < 0.2 * losses[0]
    assert (network.predict(x).argmax(axis=1) == t).mean() > 0.95
