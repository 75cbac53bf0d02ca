"""The convnet's first Adam steps on MNIST against the network of the textbooks, written out naively.

Convolution as a product of the windows collected by plain slices, max pooling as a maximum over a table of its
windows, one RandomState for everything, fresh arrays throughout and nothing shared with nnlab: what *Deep Learning from
Scratch*, chapter 7, has its readers write.
"""

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from nnlab.config.experiment import load_experiment
from nnlab.core.arrays import Array
from nnlab.core.rows import Row
from nnlab.data.sources.mnist import Mnist
from nnlab.engine.build import make_training, prepare
from nnlab.engine.loop import train

STEPS, BATCH, SAMPLES = 20, 20, 200
FILTERS, KERNEL, HIDDEN = 5, 5, 30
STD, LR = 0.1, 0.01


Solved = tuple[float, list[Array]]


def im2col(x: Array, K: int, stride: int) -> Array:
    """(N, C, H, W) to (N·H_out·W_out, C·K·K): the windows as rows."""
    rows = [
        x[:, :, i : i + K, j : j + K].reshape(len(x), -1)
        for i in range(0, x.shape[2] - K + 1, stride)
        for j in range(0, x.shape[3] - K + 1, stride)
    ]
    return np.stack(rows, axis=1).reshape(len(x) * len(rows), -1)


def convolution(x: Array, W: Array, b: Array, stride: int, padding: int) -> tuple[Array, Array]:
    """The output (N, F, H_out, W_out) and the windows."""
    border = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    columns = im2col(np.pad(x, border), KERNEL, stride)
    out = (x.shape[2] + 2 * padding - KERNEL) // stride + 1
    y = columns @ W.reshape(len(W), -1).T + b
    return y.reshape(len(x), out, out, len(W)).transpose(0, 3, 1, 2), columns


def pooling(x: Array) -> tuple[Array, Array]:
    """The maxima of 2x2 windows, and which of the four places has the first of them."""
    H, W = (length // 2 * 2 for length in x.shape[2:])
    places = np.stack([x[:, :, i:H:2, j:W:2] for i, j in product((0, 1), (0, 1))])
    return places.max(axis=0), places.argmax(axis=0)


def pooling_backward(dy: Array, winners: Array, shape: tuple[int, ...]) -> Array:
    dx = np.zeros(shape)
    for place, (i, j) in enumerate(product((0, 1), (0, 1))):
        dx[:, :, i : 2 * dy.shape[2] : 2, j : 2 * dy.shape[3] : 2] = dy * (winners == place)
    return dx


def loss_and_gradients(theta: list[Array], x: Array, labels: Array, stride: int, padding: int) -> Solved:
    """conv - relu - pool - affine - relu - affine - softmax cross-entropy, forward and back."""
    W1, b1, W2, b2, W3, b3 = theta
    N = len(x)
    convolved, columns = convolution(x, W1, b1, stride, padding)
    pooled, winners = pooling(np.maximum(convolved, 0))
    flat = pooled.reshape(N, -1)
    z = flat @ W2 + b2
    hidden = np.maximum(z, 0)
    scores = hidden @ W3 + b3
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), labels]).mean()

    d3 = (p - np.eye(10)[labels]) / N
    d2 = (d3 @ W3.T) * (z > 0)
    d1 = pooling_backward((d2 @ W2.T).reshape(pooled.shape), winners, convolved.shape) * (convolved > 0)
    rows = d1.transpose(0, 2, 3, 1).reshape(-1, len(W1))
    dW1 = (rows.T @ columns).reshape(W1.shape)
    return loss, [dW1, rows.sum(axis=0), flat.T @ d2, d2.sum(axis=0), hidden.T @ d3, d3.sum(axis=0)]


def textbook(images: Array, labels: Array, stride: int, padding: int, flat: int) -> tuple[list[float], list[Array]]:
    """The losses of all steps and the parameters after the last."""
    random = np.random.RandomState(7)
    theta = [
        STD * random.randn(FILTERS, 1, KERNEL, KERNEL),
        np.zeros(FILTERS),
        STD * random.randn(flat, HIDDEN),
        np.zeros(HIDDEN),
        STD * random.randn(HIDDEN, 10),
        np.zeros(10),
    ]
    m, v = [np.zeros_like(value) for value in theta], [np.zeros_like(value) for value in theta]
    losses = []
    for t in range(1, STEPS + 1):
        chosen = random.choice(len(images), BATCH)
        loss, gradients = loss_and_gradients(theta, images[chosen] / 255.0, labels[chosen], stride, padding)
        losses.append(loss)
        rate = LR * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        for i, g in enumerate(gradients):
            m[i] = 0.9 * m[i] + (1 - 0.9) * g
            v[i] = 0.999 * v[i] + (1 - 0.999) * g * g
            theta[i] = theta[i] - rate * m[i] / (np.sqrt(v[i]) + 1e-7)
    return losses, theta


class Recorder:
    """Keeps the objective of every step."""

    def __init__(self) -> None:
        self.losses: list[float] = []

    def on_step(self, step: int, objective: float) -> None:
        self.losses.append(objective)

    def on_evaluation(self, row: Row) -> None:
        pass


# 28 → 24 → 12, and 28 + 4 → 14 → 7.
@pytest.mark.parametrize(("stride", "padding", "pooled"), [(1, 0, 12), (2, 2, 7)])
def test_the_first_adam_steps_in_legacy_mode_are_those_of_the_textbook(
    tmp_path: Path, stride: int, padding: int, pooled: int
) -> None:
    spec = tmp_path / "convnet.yaml"
    spec.write_text(
        f"{{seed: 7, dtype: float64, rng: legacy, data: {{name: mnist, train_size: {SAMPLES}, test_size: 10}},\n"
        f" model: {{name: convnet, filters: {FILTERS}, kernel: {KERNEL}, stride: {stride}, padding: {padding},\n"
        f"         hidden: {HIDDEN}, init: {STD}}}, optimizer: {{name: adam, lr: {LR}}},\n"
        f" train: {{iterations: {STEPS}, batch_size: {BATCH}, sampling: replacement, eval_every: {STEPS}}}}}\n",
        encoding="utf-8",
    )
    experiment = load_experiment(spec)
    prepared, recorder = prepare(experiment), Recorder()
    assert train(make_training(experiment, prepared), [recorder], lambda: False).status == "completed"

    split = Mnist().load(np.random.default_rng(0)).train.first(SAMPLES)
    images = split.inputs.astype(np.float64)
    assert images.shape == (SAMPLES, 1, 28, 28)
    losses, theta = textbook(images, split.labels, stride, padding, FILTERS * pooled**2)
    np.testing.assert_allclose(recorder.losses, losses, rtol=1e-9)
    assert losses[-1] < 0.9 * losses[0], "the steps went somewhere"
    state = prepared.network.state()
    names = [f"{layer}.{part}" for layer in ("conv2d1", "linear1", "linear2") for part in ("W", "b")]
    assert list(state) == names
    for name, value in zip(names, theta, strict=True):
        assert np.linalg.norm(state[name] - value) / np.linalg.norm(value) < 1e-9, name
