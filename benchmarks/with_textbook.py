"""A plain textbook implementation in NumPy, written for this comparison.

float64 throughout, fresh arrays at every step, an object for each layer, im2col by copying one place of all windows at
a time, gradients in lists and update rules that go through them: how one writes it down at first.
"""

from collections.abc import Sequence
from time import perf_counter

import numpy as np

from benchmarks.workloads import evaluated_training_samples
from nnlab.config.experiment import Experiment
from nnlab.core.arrays import Array
from nnlab.data.pipeline.batches import Batch, BatchLoader
from nnlab.engine.build import make_training, prepare
from nnlab.layers.base import Layer
from nnlab.registry import registered_name

KNOWN = {"linear", "conv2d", "max_pool", "relu", "sigmoid", "flatten", "batch_norm"}


def can(experiment: Experiment) -> bool:
    """Whether all its layers and its update rule are written down here."""
    if registered_name(experiment.optimizer) not in ("sgd", "adam"):
        return False
    layers = prepare(experiment).network.layers
    return all(registered_name(layer) in KNOWN for layer in layers)


def train(experiment: Experiment) -> tuple[float, float]:
    """Seconds of the training loop with its evaluations, and the final accuracy."""
    prepared = prepare(experiment)
    training = make_training(experiment, prepared)
    network = [_plain(layer) for layer in prepared.network.layers]
    x_train, y_train = BatchLoader(prepared.dataset.train, "float64").everything()
    test = BatchLoader(prepared.dataset.test, "float64").everything() if prepared.dataset.test else None
    N, size = len(x_train), prepared.batches.batch_size
    rng = np.random.RandomState(experiment.seed)
    update = (
        Adam(experiment.optimizer) if registered_name(experiment.optimizer) == "adam" else SGD(experiment.optimizer)
    )
    l2 = sum(penalty.strength for penalty in experiment.penalty if registered_name(penalty) == "l2")
    count = evaluated_training_samples(experiment, N, size)
    accuracy = 0.0
    started = perf_counter()
    for step in range(training.iterations + 1):
        if step % training.eval_every == 0 or step == training.iterations:
            accuracy = score(network, (x_train[:count], y_train[:count]))
            if test:
                accuracy = score(network, test)
        if step == training.iterations:
            break
        chosen = np.arange(N) if size == N else rng.choice(N, size)
        x, labels = x_train[chosen], y_train[chosen]
        scores = x
        for layer in network:
            scores = layer.forward(scores, training=True)
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(len(labels)), labels] -= 1
        dy = p / len(labels)
        for layer in reversed(network):
            dy = layer.backward(dy)
        trained = [layer for layer in network if layer.values]
        for layer in trained:
            layer.gradients[0] = layer.gradients[0] + l2 * layer.values[0]
        update([layer.values for layer in trained], [layer.gradients for layer in trained])
    return perf_counter() - started, accuracy


def score(network: Sequence["Plain"], batch: Batch) -> float:
    """Accuracy, a thousand samples at a time."""
    x, labels = batch
    correct = 0
    for start in range(0, len(x), 1000):
        scores = x[start : start + 1000]
        for layer in network:
            scores = layer.forward(scores, training=False)
        correct += int((scores.argmax(axis=1) == labels[start : start + 1000]).sum())
    return correct / len(x)


class Plain:
    """A layer as one writes it down at first."""

    def __init__(self, layer: Layer) -> None:
        self.values = [np.array(parameter.value, np.float64) for parameter in layer.parameters]
        self.gradients: list[Array] = []
        self.layer = layer


class PlainLinear(Plain):
    """y = x W + b."""

    def forward(self, x: Array, *, training: bool) -> Array:
        """y = x W + b."""
        self.x = x
        return x @ self.values[0] + self.values[1]

    def backward(self, dy: Array) -> Array:
        """dW = xᵀ dy, db = Σ dy, dx = dy Wᵀ."""
        self.gradients = [self.x.T @ dy, dy.sum(axis=0)]
        return dy @ self.values[0].T


class PlainReLU(Plain):
    """y = max(x, 0)."""

    def forward(self, x: Array, *, training: bool) -> Array:
        """y = max(x, 0)."""
        self.dead = x <= 0
        y = x.copy()
        y[self.dead] = 0
        return y

    def backward(self, dy: Array) -> Array:
        """dx = dy where x > 0."""
        dx = dy.copy()
        dx[self.dead] = 0
        return dx


class PlainSigmoid(Plain):
    """y = 1 / (1 + e⁻ˣ)."""

    def forward(self, x: Array, *, training: bool) -> Array:
        """y = 1 / (1 + e⁻ˣ)."""
        self.y = 1 / (1 + np.exp(-x))
        return self.y

    def backward(self, dy: Array) -> Array:
        """dx = dy y (1 − y)."""
        return dy * self.y * (1 - self.y)


class PlainFlatten(Plain):
    """Each sample as one vector."""

    def forward(self, x: Array, *, training: bool) -> Array:
        """Each sample as one vector."""
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, dy: Array) -> Array:
        """The shape back."""
        return dy.reshape(self.shape)


class PlainBatchNorm(Plain):
    """Normalised by the batch in training, by running averages in evaluation."""

    mean: Array | float = 0.0
    variance: Array | float = 1.0

    def forward(self, x: Array, *, training: bool) -> Array:
        """gamma (x − mean) / std + beta."""
        if training:
            mean, variance = x.mean(axis=0), x.var(axis=0)
            self.mean = 0.9 * self.mean + 0.1 * mean
            self.variance = 0.9 * self.variance + 0.1 * variance
        else:
            mean, variance = self.mean, self.variance
        self.std = np.sqrt(variance + 1e-5)
        self.normalised = (x - mean) / self.std
        return self.values[0] * self.normalised + self.values[1]

    def backward(self, dy: Array) -> Array:
        """The three terms of the paper in one."""
        self.gradients = [(dy * self.normalised).sum(axis=0), dy.sum(axis=0)]
        N = len(dy)
        return self.values[0] / self.std * (dy - self.gradients[1] / N - self.normalised * self.gradients[0] / N)


class PlainConv(Plain):
    """Windows as rows of one matrix, times the filters."""

    def forward(self, x: Array, *, training: bool) -> Array:
        """Windows times filters."""
        self.shape = x.shape
        W = self.values[0]
        self.columns = im2col(x, self.layer)
        y = self.columns @ W.reshape(len(W), -1).T + self.values[1]
        return y.reshape(len(x), *self.layer.out_shape[1:], -1).transpose(0, 3, 1, 2)

    def backward(self, dy: Array) -> Array:
        """dW = windowsᵀ dy; dx by adding up the windows."""
        W = self.values[0]
        rows = dy.transpose(0, 2, 3, 1).reshape(-1, len(W))
        self.gradients = [(self.columns.T @ rows).T.reshape(W.shape), rows.sum(axis=0)]
        return col2im(rows @ W.reshape(len(W), -1), self.shape, self.layer)


class PlainMaxPool(Plain):
    """The largest of each window, by sorting windows into rows."""

    def forward(self, x: Array, *, training: bool) -> Array:
        """The largest of each window."""
        self.shape, size = x.shape, self.layer.size
        N, C, H, W = x.shape
        windows = x[:, :, : H // size * size, : W // size * size]
        windows = windows.reshape(N, C, H // size, size, W // size, size).transpose(0, 1, 2, 4, 3, 5)
        rows = windows.reshape(-1, size * size)
        self.winner = rows.argmax(axis=1)
        return rows.max(axis=1).reshape(N, *self.layer.out_shape)

    def backward(self, dy: Array) -> Array:
        """dy to the winner of each window."""
        size, (N, C, H, W) = self.layer.size, self.shape
        rows = np.zeros((dy.size, size * size))
        rows[np.arange(dy.size), self.winner] = dy.ravel()
        dx = np.zeros(self.shape)
        inner = rows.reshape(N, C, H // size, W // size, size, size).transpose(0, 1, 2, 4, 3, 5)
        dx[:, :, : H // size * size, : W // size * size] = inner.reshape(N, C, H // size * size, W // size * size)
        return dx


def _padding(layer: Layer) -> int:
    """Zeros on each side; ``same`` only with odd kernels and stride 1."""
    return (layer.kernel - 1) // 2 if layer.padding == "same" else int(layer.padding)


def im2col(x: Array, layer: Layer) -> Array:
    """(N · H_out · W_out, C · K · K), copied one place of all windows at a time."""
    K, s, p = layer.kernel, layer.stride, _padding(layer)
    padded = np.pad(x, [(0, 0), (0, 0), (p, p), (p, p)])
    _, H_out, W_out = layer.out_shape
    columns = np.zeros((*x.shape[:2], K, K, H_out, W_out))
    for i in range(K):
        for j in range(K):
            columns[:, :, i, j] = padded[:, :, i : i + s * H_out : s, j : j + s * W_out : s]
    return columns.transpose(0, 4, 5, 1, 2, 3).reshape(len(x) * H_out * W_out, -1)


def col2im(columns: Array, shape: tuple[int, ...], layer: Layer) -> Array:
    """The sum of all windows at their places."""
    K, s, p = layer.kernel, layer.stride, _padding(layer)
    N, C, H, W = shape
    _, H_out, W_out = layer.out_shape
    windows = columns.reshape(N, H_out, W_out, C, K, K).transpose(0, 3, 4, 5, 1, 2)
    padded = np.zeros((N, C, H + 2 * p, W + 2 * p))
    for i in range(K):
        for j in range(K):
            padded[:, :, i : i + s * H_out : s, j : j + s * W_out : s] += windows[:, :, i, j]
    return padded[:, :, p : p + H, p : p + W]


def _plain(layer: Layer) -> "Plain":
    kinds = {
        "linear": PlainLinear,
        "relu": PlainReLU,
        "sigmoid": PlainSigmoid,
        "flatten": PlainFlatten,
        "batch_norm": PlainBatchNorm,
        "conv2d": PlainConv,
        "max_pool": PlainMaxPool,
    }
    return kinds[registered_name(layer)](layer)


class SGD:
    """θ ← θ − η g."""

    def __init__(self, rule: object) -> None:
        self.lr = rule.lr

    def __call__(self, values: list[list[Array]], gradients: list[list[Array]]) -> None:
        """One step."""
        for own, slopes in zip(values, gradients, strict=True):
            for index, slope in enumerate(slopes):
                own[index] -= self.lr * slope


class Adam:
    """Kingma & Ba 2015."""

    def __init__(self, rule: object) -> None:
        self.rule = rule
        self.moments: dict[tuple[int, int], list[Array]] = {}
        self.t = 0

    def __call__(self, values: list[list[Array]], gradients: list[list[Array]]) -> None:
        """One step."""
        rule = self.rule
        self.t += 1
        lr = rule.lr * np.sqrt(1 - rule.beta2**self.t) / (1 - rule.beta1**self.t)
        for layer, (own, slopes) in enumerate(zip(values, gradients, strict=True)):
            for index, slope in enumerate(slopes):
                zero = np.zeros_like(slope)
                m, v = self.moments.get((layer, index), (zero, zero))
                m = m + (1 - rule.beta1) * (slope - m)
                v = v + (1 - rule.beta2) * (slope**2 - v)
                self.moments[layer, index] = [m, v]
                own[index] -= lr * m / (np.sqrt(v) + rule.eps)
