"""The convnet's first Adam steps on MNIST against the same network of textbook layers.

One RandomState draws weights and batches in the order of published scripts; nothing of the fast code is used.
"""

from pathlib import Path

import numpy as np
import pytest
from trainings import Recorder, make_setup

from nnlab import textbook
from nnlab.core.arrays import Array
from nnlab.data.sources.mnist import Mnist
from nnlab.engine.loop import train

STEPS, BATCH, SAMPLES = 20, 20, 200
FILTERS, KERNEL, HIDDEN = 5, 5, 30
STD, LR = 0.1, 0.01


def textbook_training(
    images: Array, labels: Array, stride: int, padding: int, flat: int
) -> tuple[list[float], textbook.Arrays]:
    """The losses of all steps, and the weights after the last: what readers of the book's chapter 7 write."""
    random = np.random.RandomState(7)
    layers = [
        textbook.Convolution(
            textbook.normal((FILTERS, 1, KERNEL, KERNEL), random, STD), np.zeros(FILTERS), stride, padding
        ),
        textbook.Relu(),
        textbook.Pooling(2),
        textbook.Flatten(),
        textbook.Affine(textbook.normal((flat, HIDDEN), random, STD), np.zeros(HIDDEN)),
        textbook.Relu(),
        textbook.Affine(textbook.normal((HIDDEN, 10), random, STD), np.zeros(10)),
    ]
    network = textbook.Network(layers, textbook.SoftmaxWithLoss())
    batches = (random.choice(len(images), BATCH) for _ in range(STEPS))
    losses = textbook.train(network, textbook.Adam(LR), images / 255.0, labels, batches)
    return losses, network.params


@pytest.mark.parametrize(("stride", "padding", "pooled"), [(1, 0, 12), (2, 2, 7)])
def test_the_first_adam_steps_in_legacy_mode_are_those_of_the_textbook(
    tmp_path: Path, stride: int, padding: int, pooled: int
) -> None:
    spec = (
        f"{{seed: 7, dtype: float64, rng: legacy, data: {{name: mnist, train_size: {SAMPLES}, test_size: 10}},\n"
        f" model: {{name: convnet, filters: {FILTERS}, kernel: {KERNEL}, stride: {stride}, padding: {padding},\n"
        f"         hidden: {HIDDEN}, init: {STD}}}, optimizer: {{name: adam, lr: {LR}}},\n"
        f" train: {{iterations: {STEPS}, batch_size: {BATCH}, sampling: replacement, eval_every: {STEPS}}}}}\n"
    )
    setup, recorder = make_setup(tmp_path, spec), Recorder()
    assert train(setup, [recorder], lambda: False).status == "completed"

    split = Mnist().load(np.random.default_rng(0)).train.first(SAMPLES)
    images = split.inputs.astype(np.float64)
    assert images.shape == (SAMPLES, 1, 28, 28)
    losses, theta = textbook_training(images, split.targets, stride, padding, FILTERS * pooled**2)
    np.testing.assert_allclose(recorder.losses, losses, rtol=1e-10)
    assert losses[-1] < 0.9 * losses[0], "the steps went somewhere"
    state = setup.network.state()
    names = [f"{layer}.{part}" for layer in ("conv2d1", "linear1", "linear2") for part in ("W", "b")]
    assert list(state) == names
    for name, value in zip(names, theta.values(), strict=True):
        assert np.linalg.norm(state[name] - value) / np.linalg.norm(value) < 1e-10, name
