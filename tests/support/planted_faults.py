"""Specs and plugins with one planted fault each, and healthy ones beside them, for the checks of nnlab sanity."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnlab.insight.sanity import SanityReport, sanity
from nnlab.plugins.loading import load_plugin

HEAD = '''\
"""A component with a planted fault."""

import numpy as np

from nnlab.components import *
from nnlab.components import Block, Dataset, DatasetSource, Split, datasets, metrics


def linear(self, in_shape, units):
    self.W = self.weight("W", (in_shape[0], units), He(), in_shape[0])
    self.b = self.constant("b", (units,), 0.0)
    return (units,)


class Affine(Layer):
    def build(self, in_shape: Shape) -> Shape:
        return linear(self, in_shape, self.units)

    def forward(self, x: Array, *, training: bool) -> Array:
        self.x = x
        return x @ self.W.value + self.b.value

    def backward(self, dy: Array) -> Array:
        self.W.grad[...] = self.x.T @ dy
        self.b.grad[...] = dy.sum(axis=0)
        return dy @ self.W.value.T

'''


def layer(body: str, base: str = "Layer") -> str:
    """A plugin with a layer ``planted`` of 16 units where it has weights."""
    return f'''{HEAD}
@layers.register("planted")
@dataclass(kw_only=True)
class Planted({base}):
    """A layer."""

    units: Annotated[int, Ge(1), Doc("number of outputs")] = 16

{body}'''


IDENTITY = """
    def build(self, in_shape: Shape) -> Shape:
        return in_shape

    def backward(self, dy: Array) -> Array:
        return dy
"""


def identity(forward: str) -> str:
    """A plugin with a layer without weights, whose backward passes gradients on."""
    return layer(f"{IDENTITY}\n    def forward(self, x: Array, *, training: bool) -> Array:\n        {forward}\n")


def dataset(body: str) -> str:
    """A plugin with a dataset of 1200 training and 100 test points with three features and two classes."""
    return f'''{HEAD}
@datasets.register("planted")
@dataclass(kw_only=True)
class Planted(DatasetSource):
    """Two clusters."""

    def read(self, rng) -> Dataset:
        rng = np.random.default_rng(0)
        y = rng.integers(2, size=1300)
        x = rng.standard_normal((1300, 3)) + 2 * y[:, None] - 1
        names = ("a", "b")
{body}
        return Dataset(Split(x[:1200], y[:1200]), Split(x[1200:], y[1200:]), names)
'''


def stack(*layers: Any) -> dict[str, Any]:
    """A model of these layers and a linear one of two outputs."""
    return {"name": "sequential", "layers": [*layers, {"name": "linear", "units": 2, "init": "he"}]}


HIDDEN = {"name": "linear", "units": 16, "init": "he"}

BASE: dict[str, Any] = {
    "name": "planted",
    "data": {"name": "moons", "points": 100, "test_points": 50},
    "model": stack(HIDDEN, "relu"),
    "optimizer": {"name": "adam", "lr": 0.01},
    "train": {"iterations": 200, "batch_size": 20},
}


@dataclass(frozen=True)
class Fault:
    """What is changed in BASE, with which plugin, and which checks must fail; none: a healthy counterpart."""

    changes: dict[str, Any] = field(default_factory=dict)
    plugin: str = ""
    found_by: frozenset[str] = frozenset()

    def report(self, folder: Path, **options: Any) -> SanityReport:
        """The checks of the spec with this fault."""
        if self.plugin:
            path = folder / "planted.py"
            path.write_text(self.plugin, encoding="utf-8")
            load_plugin(path)
        return sanity(BASE | self.changes, **options)


def fault(*found_by: str, plugin: str = "", **changes: Any) -> Fault:
    return Fault(changes, plugin, frozenset(found_by))


WRONG_BACKWARD = """
    def backward(self, dy: Array) -> Array:
        self.W.grad[...] = self.x.T @ dy / len(dy)
        self.b.grad[...] = dy.sum(axis=0)
        return dy @ self.W.value.T
"""

UNUSED = """
    def build(self, in_shape: Shape) -> Shape:
        self.scale = self.constant("scale", in_shape, 1.0)
        return in_shape

    def forward(self, x: Array, *, training: bool) -> Array:
        return x

    def backward(self, dy: Array) -> Array:
        self.scale.grad[...] = 0
        return dy
"""

SUM_LOSS = f'''{HEAD}
@losses.register("planted")
@dataclass(kw_only=True)
class Planted(CrossEntropy):
    """Cross-entropy, summed in place of the mean."""

    def forward(self, scores: Array, targets: Array) -> float:
        return super().forward(scores, targets) * len(targets)

    def backward(self, batch_size: int | None = None) -> Array:
        return super().backward(batch_size) * len(self._saved[1])
'''.replace("from nnlab.components import *", "from nnlab.components import *\nfrom nnlab.losses import CrossEntropy")

LOG10_LOSS = SUM_LOSS.replace("* len(targets)", "/ 2.302585093").replace("* len(self._saved[1])", "/ 2.302585093")

ASCENT = f'''{HEAD}
@optimizers.register("planted")
@dataclass(kw_only=True)
class Planted(Optimizer):
    """θ ← θ + ηg."""

    def update(self, block: Block, lr: float) -> None:
        block.theta += lr * block.g
'''

RANDOM_METRIC = f'''{HEAD}
@metrics.register("planted")
@dataclass(kw_only=True)
class Planted(Metric):
    """A coin."""

    label = "coin"
    higher_is_better = True
    task = "classes"
    total: float = field(init=False, default=0.0)

    def update(self, scores: Array, targets: Array) -> None:
        self.total += float(np.random.default_rng().random())

    def result(self) -> float:
        return self.total
'''

PENALTY = f'''{HEAD}
from nnlab.regularizers import L2
from nnlab.registry import regularizers


@regularizers.register("planted")
@dataclass
class Planted(L2):
    """−λ/2 ΣW²."""

    def value(self, W: Array) -> complex:
        return -super().value(W)

    def gradient(self, W: Array, out: Array) -> Array:
        return -super().gradient(W, out)
'''

DEAD = """
    def build(self, in_shape: Shape) -> Shape:
        linear(self, in_shape, self.units)
        self.parameters.remove(self.b)
        self.b = self.constant("b", (self.units,), -10.0)
        return (self.units,)
"""

RUNNING = """
    def build(self, in_shape: Shape) -> Shape:
        linear(self, in_shape, self.units)
        self.buffers = {"mean": np.zeros(self.units)}
        return (self.units,)

    def forward(self, x: Array, *, training: bool) -> Array:
        self.x = x
        y = x @ self.W.value + self.b.value
        self.buffers["mean"] += y.mean(axis=0)
        return y
"""

COPY = f'''{HEAD}
@optimizers.register("planted")
@dataclass(kw_only=True)
class Planted(Optimizer):
    """Forgets the update."""

    def update(self, block: Block, lr: float) -> None:
        theta = block.theta - lr * block.g
'''

SHIFTED_LABELS = f'''{HEAD}
@losses.register("planted")
@dataclass(kw_only=True)
class Planted(CrossEntropy):
    """Cross-entropy of the next class."""

    def per_sample(self, scores: Array, labels: Array) -> Array:
        return super().per_sample(scores, (labels + 1) % scores.shape[1])
'''.replace("from nnlab.components import *", "from nnlab.components import *\nfrom nnlab.losses import CrossEntropy")

ENCODED = """
        return Dataset(Split(x[:1200], y[:1200]), Split(x[1200:], y[1200:]), names)

    def finish(self, dataset):
        from dataclasses import replace

        rng = np.random.default_rng(1)
        encoded = lambda split: split.targets + 0.5 * rng.standard_normal(len(split))
        return dataset.map_splits(lambda split: replace(split, inputs=np.c_[split.inputs, encoded(split)]))
"""

CLUSTERS = {"name": "planted"}

FAULTS: dict[str, Fault] = {
    "gradient divided by N once too often": fault(
        "gradients", plugin=layer(WRONG_BACKWARD, "Affine"), model=stack("planted", "relu")
    ),
    "activation passes the gradient on unchanged": fault(
        "gradients", plugin=identity("return np.tanh(x)"), model=stack(HIDDEN, "planted")
    ),
    "mean over the batch subtracted in evaluation": fault(
        "independence", plugin=identity("return x - x.mean(axis=0)"), model=stack(HIDDEN, "planted", "relu")
    ),
    "parameter never used": fault("gradient_flow", plugin=layer(UNUSED), model=stack(HIDDEN, "planted", "relu")),
    "loss summed over the batch": fault("initial_loss", plugin=SUM_LOSS, loss="planted"),
    "loss with the logarithm to base 10": fault("initial_loss", plugin=LOG10_LOSS, loss="planted"),
    "labels shuffled against the inputs": fault(
        "permuted_labels", plugin=dataset("        y = rng.permutation(y)"), data=CLUSTERS
    ),
    "label among the features": fault("inputs", plugin=dataset("        x[:, 1] = y"), data=CLUSTERS),
    "initial weights of std 10": fault(
        "initial_loss", model={"name": "mlp", "hidden": [20, 20], "activation": "sigmoid", "init": 10.0}
    ),
    "learning rate 1e-8": fault("overfit", optimizer={"name": "adam", "lr": 1e-8}),
    "learning rate 1000": fault("overfit", optimizer={"name": "sgd", "lr": 1000.0}),
    "dropout active in evaluation": fault(
        "determinism",
        plugin=identity("return x * (self.streams.dropout(*self.address).random(x.shape) < 0.5)"),
        model=stack(HIDDEN, "planted", "relu"),
    ),
    "inputs from 0 to 255": fault("inputs", plugin=dataset("        x = np.clip(40 * x + 128, 0, 255)"), data=CLUSTERS),
    "metric that draws random numbers": fault("determinism", plugin=RANDOM_METRIC, metrics=["planted"]),
    "penalty with the wrong sign": fault("penalties", plugin=PENALTY, penalty={"planted": 0.01}),
    "ReLU layer dead by a bias of -10": fault(
        "gradient_flow", plugin=layer(DEAD, "Affine"), model=stack("planted", "relu")
    ),
    "softmax twice": fault(
        "initial_loss",
        model=stack(HIDDEN, "relu") | {"layers": [HIDDEN, "relu", {"name": "linear", "units": 2}, "softmax"]},
    ),
    "optimizer that ascends": fault("overfit", plugin=ASCENT, optimizer={"name": "planted", "lr": 0.1}),
    "output layer that sees a constant": fault(
        "independence", plugin=identity("return np.ones_like(x)"), model=stack(HIDDEN, "relu", "planted")
    ),
    "NaN among the features": fault("inputs", plugin=dataset("        x[7, 1] = np.nan"), data=CLUSTERS),
    "test samples standardised by themselves": fault(
        "inputs",
        plugin=dataset(
            "        for part in (x[:1200], x[1200:]):\n"
            "            part[...] = (part - part.mean(axis=0)) / part.std(axis=0)"
        ),
        data=CLUSTERS,
    ),
    "test samples are training samples": fault(
        "inputs", plugin=dataset("        x[1200:], y[1200:] = x[:100], y[:100]"), data=CLUSTERS
    ),
    "a class without training samples": fault(
        "labels",
        plugin=dataset('        names = ("a", "b", "c")'),
        data=CLUSTERS,
        model={"name": "mlp", "hidden": [16], "activation": "relu", "init": "he"},
    ),
    "all weights start equal": fault(
        "gradient_flow", model={"name": "mlp", "hidden": [16], "activation": "sigmoid", "init": 0.0}
    ),
    "evaluation updates a running mean": fault(
        "determinism", plugin=layer(RUNNING, "Affine"), model=stack("planted", "relu")
    ),
    "outputs divided by the largest of the batch": fault(
        "independence", plugin=identity("return x / np.abs(x).max()"), model=stack(HIDDEN, "planted", "relu")
    ),
    "optimizer that updates a copy": fault("overfit", plugin=COPY, optimizer={"name": "planted", "lr": 0.1}),
    "labels off by one in the loss": fault("overfit", plugin=SHIFTED_LABELS, loss="planted"),
    "a feature computed from all labels": fault("permuted_labels", plugin=dataset(ENCODED), data=CLUSTERS),
}

NOISE_IN_TRAINING = "return x * (self.streams.dropout(*self.address).random(x.shape) < 0.5) if training else x"

HEALTHY: dict[str, Fault] = {
    "moons": Fault(),
    "layer of the user's own": fault(plugin=layer("", "Affine"), model=stack("planted", "relu")),
    "layer that is random in training only": fault(
        plugin=identity(NOISE_IN_TRAINING)
        .replace("return dy\n", "return dy\n\n    def switch_off_dropout(self):\n        self.off = True\n")
        .replace("if training", "if training and not vars(self).get('off')"),
        model=stack(HIDDEN, "planted", "relu"),
    ),
    "undeclared kink": fault(
        plugin=layer(
            IDENTITY.replace("return dy", "return dy * np.where(self.x > 0, 1, 0.1).astype(dy.dtype)")
            + "\n    def forward(self, x: Array, *, training: bool) -> Array:\n        self.x = x\n"
            "        return np.maximum(x, 0.1 * x)\n"
        ),
        model=stack(HIDDEN, "planted"),
    ),
    "batch normalisation, dropout and penalties": fault(
        model={"name": "mlp", "hidden": [16], "activation": "relu", "init": "he", "batch_norm": True, "dropout": 0.5},
        penalty={"l1": 0.001, "l2": 0.001},
    ),
    "clusters": fault(plugin=dataset(""), data=CLUSTERS),
    "test samples standardised as the training samples": fault(
        plugin=dataset("        x = (x - x[:1200].mean(axis=0)) / x[:1200].std(axis=0)"), data=CLUSTERS
    ),
    "numbers": fault(
        data={"name": "sine"}, model={"name": "mlp", "hidden": [16], "activation": "tanh", "init": "xavier"}
    ),
    "float32 and legacy random numbers": fault(dtype="float32", rng="legacy", seed=3),
}
