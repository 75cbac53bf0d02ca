"""The contract table: one row per registered component, and the contract of each kind."""

import operator
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from annotated_types import Ge, Gt, Le, Lt
from PIL import Image
from trainings import make_network

from nnlab.core.flat_parameters import FlatParameters, Parameter
from nnlab.core.numerical import numerical_gradient
from nnlab.core.random import Purpose, make_streams
from nnlab.core.task import CLASSES, NUMBERS
from nnlab.data.pipeline.augmentation import augment
from nnlab.layers.activations import Tanh
from nnlab.layers.base import Layer
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.conv import Conv2D
from nnlab.layers.linear import Linear
from nnlab.layers.pool import MaxPool
from nnlab.losses import CrossEntropy
from nnlab.metrics import Record
from nnlab.optim.patience import Patience
from nnlab.optim.schedules import Cosine
from nnlab.registry import REGISTRIES, Hyperparameter, hyperparameters
from nnlab.search.base import PointResult
from nnlab.search.space import Axis, Space

N = 6


def csv_file(folder: Path) -> dict[str, Any]:
    rows = [f"{i / 7},{i * i},{'odd' if i % 2 else 'even'}" for i in range(10)]
    (folder / "own.csv").write_text("\n".join(["a,b,kind", *rows]) + "\n", encoding="utf-8")
    return {"path": str(folder / "own.csv")}


def idx_folder(folder: Path) -> dict[str, Any]:
    for prefix, count in (("train", 7), ("t10k", 3)):
        labels = bytes(i % 3 for i in range(count))
        images = bytes(range(count * 6))
        (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(struct.pack(">4Bi", 0, 0, 8, 1, count) + labels)
        (folder / f"{prefix}-images-idx3-ubyte").write_bytes(struct.pack(">4B3i", 0, 0, 8, 3, count, 2, 3) + images)
    return {"path": str(folder)}


def picture_folder(folder: Path) -> dict[str, Any]:
    for name in ("cat", "dog"):
        (folder / "own" / name).mkdir(parents=True)
        for index in range(5):
            Image.new("L", (3, 2), 20 * index).save(folder / "own" / name / f"{index}.png")
    return {"path": str(folder / "own")}


def cifar10_folder(folder: Path) -> dict[str, Any]:
    for name in ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"):
        (folder / f"{name}.bin").write_bytes(b"".join(bytes([label]) + bytes(3072) for label in range(10)))
    return {"path": str(folder)}


# Keys, shape of an input sample, shape of an output sample.
ACTIVATIONS: dict[str, tuple[dict[str, Any], tuple[int, ...], tuple[int, ...]]] = {
    "identity": ({}, (5,), (5,)),
    "sigmoid": ({}, (5,), (5,)),
    "tanh": ({}, (2, 3), (2, 3)),
    "relu": ({}, (5,), (5,)),
    "leaky_relu": ({"slope": 0.2}, (5,), (5,)),
    "elu": ({"alpha": 0.7}, (5,), (5,)),
    "gelu": ({}, (2, 3), (2, 3)),
    "swish": ({"beta": 1.5}, (5,), (5,)),
    "softplus": ({}, (5,), (5,)),
    "prelu": ({"slope": 0.2}, (3, 2, 2), (3, 2, 2)),
}
TABLE: dict[str, dict[str, Any]] = {
    "activation": ACTIVATIONS,
    "layer": {
        **ACTIVATIONS,
        "linear": ({"units": 4}, (5,), (4,)),
        "flatten": ({}, (2, 3, 2), (12,)),
        "reshape": ({"shape": [2, -1]}, (2, 3, 2), (2, 6)),
        "image_rows": ({}, (2, 3, 4), (3, 8)),
        "last_step": ({}, (3, 4), (4,)),
        "reverse": ({}, (3, 4), (3, 4)),
        "time_distributed": ({"layer": Linear(units=2)}, (3, 4), (3, 2)),
        "embedding": ({"tokens": 7, "units": 3}, (5,), (5, 3)),
        "rnn": ({"units": 4, "activation": "relu"}, (5, 3), (5, 4)),
        "lstm": ({"units": 4}, (5, 3), (5, 4)),
        "gru": ({"units": 4}, (5, 3), (5, 4)),
        "dropout": ({"rate": 0.3}, (2, 5), (2, 5)),
        "batch_norm": ({}, (5,), (5,)),
        "layer_norm": ({}, (2, 3, 2), (2, 3, 2)),
        "group_norm": ({"groups": 2}, (4, 3, 2), (4, 3, 2)),
        "instance_norm": ({}, (2, 3, 2), (2, 3, 2)),
        "conv2d": ({"filters": 3, "kernel": 3, "stride": 2, "padding": 1}, (2, 5, 4), (3, 3, 2)),
        "max_pool": ({"size": 3, "stride": 2}, (2, 5, 7), (2, 2, 3)),
        "conv1d": ({"filters": 4, "kernel": 2, "dilation": 2, "groups": 2, "padding": 1}, (2, 5), (4, 5)),
        "max_pool1d": ({"size": 3, "stride": 2}, (2, 7), (2, 3)),
        "avg_pool1d": ({"size": 2, "padding": "same"}, (3, 5), (3, 3)),
        "global_avg_pool1d": ({}, (3, 4), (3,)),
        "permute": ({"order": [3, 1, 2]}, (2, 3, 4), (4, 2, 3)),
        "softmax": ({}, (2, 5), (2, 5)),
        "log_softmax": ({}, (5,), (5,)),
        "activity_l1": ({"strength": 0.3}, (2, 3), (2, 3)),
        "activity_l2": ({"strength": 0.3}, (5,), (5,)),
        "avg_pool": ({"size": 2, "padding": "same"}, (2, 5, 4), (2, 3, 2)),
        "global_avg_pool": ({}, (3, 4, 2), (3,)),
        "lrn": ({"size": 3, "alpha": 0.5}, (4, 2, 2), (4, 2, 2)),
        "upsample": ({"factor": 3}, (2, 1, 2), (2, 3, 6)),
        "concat": (
            {"branches": [[Conv2D(filters=3, padding=1), BatchNorm()], [], [MaxPool(size=3, stride=1, padding=1)]]},
            (2, 4, 4),
            (7, 4, 4),
        ),
        "residual": ({"layers": [Conv2D(filters=3, stride=2, padding=1), BatchNorm()]}, (2, 4, 4), (3, 2, 2)),
    },
    # Keys.
    "loss": {
        "cross_entropy": {"smoothing": 0.2},
        "mean_squared_error": {},
        "mean_absolute_error": {},
        "huber": {"delta": 0.5},
    },
    "metric": {
        **{"accuracy": {}, "loss": {}, "top_k": {"k": 2}, "precision": {}, "recall": {}, "f1": {"average": "weighted"}},
        **{"balanced_accuracy": {}, "confusion": {}, "mae": {}, "rmse": {}, "r2": {}},
        **{"sequence_accuracy": {}, "perplexity": {}},
    },
    "penalty": {"l1": {"strength": 0.3}, "l2": {"strength": 0.3}},
    "initialiser": {
        "normal": {"std": 0.1},
        "xavier": {},
        "he": {},
        "glorot": {},
        "lecun": {"distribution": "uniform"},
        "truncated": {"std": 0.1},
        "orthogonal": {"gain": 2.0},
        "given": {"W": np.arange(20.0).reshape(5, 4).tolist()},
    },
    "optimizer": {
        "sgd": {"lr": 0.1},
        "momentum": {"lr": 0.1},
        "nesterov": {"lr": 0.1},
        "adagrad": {"lr": 0.1},
        "rmsprop": {"lr": 0.1},
        "adadelta": {},
        "adam": {},
        "nadam": {},
        "adamw": {},
        "amsgrad": {},
        "adamax": {},
        "lion": {},
    },
    "schedule": {
        "constant": {},
        "step": {"every": 7},
        "exponential": {"decay": 0.9},
        "cosine": {"final": 0.1},
        "warmup": {"steps": 5, "after": Cosine(final=0.1)},
        "plateau": {},
    },
    "control": {"early_stopping": {}},
    # Keys, a point.
    "function": {
        "sphere": ({}, (0.3, -1.2, 2.0)),
        "valley": ({}, (-7.0, 2.0)),
        "rosenbrock": ({}, (0.3, -1.2, 2.0)),
        "saddle": ({}, (0.3, -1.2)),
        "himmelblau": ({}, (0.3, -1.2)),
        "beale": ({}, (0.3, -1.2)),
        "rastrigin": ({}, (0.3, -1.2, 2.0)),
        "plateau": ({}, (0.3, -1.2, 2.0)),
        "expression": ({"text": "x0**3 - sin(x1) * exp(-x0) / (2 + cos(x2)) + abs(x1)"}, (0.3, -1.2, 2.0)),
    },
    # Keys, shape of a sample.
    "model": {
        "softmax": ({}, (5,)),
        "mlp": ({"hidden": [6, 4], "batch_norm": BatchNorm(), "dropout": 0.3}, (1, 2, 3)),
        "sequential": ({"layers": [Linear(units=4), Tanh(), Linear(units=3)]}, (5,)),
        "convnet": ({"filters": 3, "kernel": 3, "hidden": 5}, (2, 8, 7)),
        "alexnet": ({"hidden": 8}, (1, 63, 63)),
        "resnet_mini": ({"filters": 2}, (2, 8, 7)),
        "recurrent": ({"cell": "gru", "units": 3, "bidirectional": True}, (4, 2)),
    },
    # Keys.
    "augmentation": {
        "shift": {"pixels": 2},
        "flip": {"probability": 0.5},
        "rotate": {"degrees": 15.0},
        "cutout": {"size": 3},
        "brightness": {"strength": 0.3},
        "contrast": {"strength": 0.3},
    },
    # Keys (for files: how to write them into a folder), shape of a sample, number of classes or target columns.
    "dataset": {
        "mnist": ({"train_size": 10, "test_size": 5}, (1, 28, 28), 10),
        "cifar10": (cifar10_folder, (3, 32, 32), 10),
        "fashion_mnist": ({"train_size": 11}, (1, 28, 28), 10),
        "idx": (idx_folder, (1, 2, 3), 3),
        "table": (csv_file, (2,), 2),
        "images": (picture_folder, (1, 2, 3), 2),
        "iris": ({}, (4,), 3),
        "wine": ({"scaling": "minmax"}, (13,), 3),
        "breast_cancer": ({"test_split": 0.5}, (30,), 2),
        "auto_mpg": ({}, (9,), 1),
        "digits": ({"train_size": 100}, (1, 8, 8), 10),
        "sine": ({"points": 7}, (1,), 1),
        "peaks": ({"points": 7, "test_points": 0}, (2,), 1),
        "spiral": ({"points": 7, "classes": 4}, (2,), 4),
        "moons": ({"points": 7, "test_points": 3}, (2,), 2),
        "xor": ({"points": 7}, (2,), 2),
        "binary_addition": ({"bits": 4, "samples": 7, "test_samples": 3}, (4, 2), 2),
        "latch": ({"length": 6, "samples": 7, "test_samples": 3}, (6, 1), 2),
        "sine_sequence": ({"length": 6, "samples": 7, "test_samples": 3}, (6, 1), 1),
        "text": ({"length": 6, "train_size": 7, "test_size": 3}, (6,), 58),
    },
    "search": {
        "grid": {},
        "random": {"trials": 5},
        "halving": {"factor": 2},
        "optuna": {"trials": 5, "batch": 2},
    },
}
COMPONENTS = [(kind, name) for kind, registry in REGISTRIES.items() for name in registry.names()]
COMPARISONS = {Ge: ("ge", operator.ge), Gt: ("gt", operator.gt), Le: ("le", operator.le), Lt: ("lt", operator.lt)}
PRECISIONS = [(np.float32, 1e-5), (np.float64, 1e-12)]


def rows(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", TABLE[kind])


def normal(shape: tuple[int, ...], dtype: Any = np.float64, seed: int = 0) -> np.ndarray:
    """Random numbers that cannot be written to."""
    array = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    array.flags.writeable = False
    return array


def alone(name: str, dtype: Any) -> Layer:
    """The row's layer with random parameters."""
    keys, in_shape, _ = TABLE["layer"][name]
    layer: Layer = REGISTRIES["layer"][name](**keys)
    layer.setup(in_shape, make_streams("streams", 0))
    FlatParameters(layer.parameters, dtype).values[:] = normal((sum(p.size for p in layer.parameters),), seed=2)
    return layer


def inputs(layer: Layer, dtype: Any) -> np.ndarray:
    """Random samples that the layer takes and that cannot be written to."""
    x = layer.example_inputs(np.random.default_rng(0), N).astype(dtype)
    x.flags.writeable = False
    return x


def assert_gradient(value: Callable[[np.ndarray], float], at: np.ndarray, gradient: np.ndarray) -> None:
    """The gradient along a random direction is the central difference."""
    direction = normal(at.shape, seed=9)
    rise = value(at + 1e-5 * direction) - value(at - 1e-5 * direction)
    assert float((gradient * direction).sum()) == pytest.approx(rise / 2e-5, rel=1e-7, abs=1e-8)


def assert_evaluation(forward: Callable[..., np.ndarray], x: np.ndarray, tolerance: float) -> None:
    """Evaluating twice is the same, and evaluating a batch is evaluating its samples one by one."""
    y = forward(x, training=False).copy()
    assert y.dtype == x.dtype
    np.testing.assert_array_equal(forward(x, training=False), y)
    for n in range(len(x)):
        np.testing.assert_allclose(forward(x[n : n + 1], training=False), y[n : n + 1], rtol=tolerance, atol=tolerance)


def test_every_component_has_a_row() -> None:
    assert {kind: sorted(names) for kind, names in TABLE.items()} == {
        kind: registry.names() for kind, registry in REGISTRIES.items()
    }


@pytest.mark.parametrize(("kind", "name"), COMPONENTS)
def test_documentation(kind: str, name: str) -> None:
    cls = REGISTRIES[kind][name]
    text = cls.__dict__["__doc__"]
    assert not text.startswith(f"{cls.__name__}("), "the text that dataclass makes up is no documentation"
    assert text.strip().endswith(".")
    assert 10 < len(text.splitlines()[0]) <= 120
    for key in hyperparameters(cls):
        assert key.doc, f"{key.name} has no Doc"
        assert key.doc == " ".join(key.doc.split())
        assert_bounded(key)


def assert_bounded(key: Hyperparameter) -> None:
    """Numbers have a lower bound, and the default keeps all bounds."""
    if key.base in (int, float, int | None, float | None):
        assert key.mark(Ge) or key.mark(Gt), f"{key.name} has no lower bound"
    for mark in key.metadata:
        if type(mark) in COMPARISONS and key.default is not None:
            name, holds = COMPARISONS[type(mark)]
            assert holds(key.default, getattr(mark, name)), f"the default of {key.name} is out of bounds"


@rows("layer")
@pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
def test_layer(name: str, dtype: Any, tolerance: float) -> None:
    _, _, out_shape = TABLE["layer"][name]
    layer = alone(name, dtype)
    assert layer.out_shape == out_shape
    x, dy = inputs(layer, dtype), normal((N, *out_shape), dtype)
    for training in (True, False):
        y = layer.forward(x, training=training)
        dx = layer.backward(dy)
        assert (y.shape, y.dtype) == ((N, *out_shape), dtype)
        assert (dx.shape, dx.dtype) == (x.shape, dtype)
        assert all(parameter.grad.dtype == dtype for parameter in layer.parameters)
    buffers = {key: array.copy() for key, array in layer.buffers.items()}
    assert_evaluation(layer.forward, x, tolerance)
    for key, array in layer.buffers.items():
        np.testing.assert_array_equal(array, buffers[key])


@rows("layer")
@pytest.mark.parametrize("training", [True, False])
def test_layer_gradients(name: str, training: bool) -> None:
    _, _, out_shape = TABLE["layer"][name]
    layer = alone(name, np.float64)
    x, dy = inputs(layer, np.float64), normal((N, *out_shape), seed=1)

    def value(x: np.ndarray) -> float:
        return float((layer.forward(x, training=training) * dy).sum()) + layer.activity_penalty().real

    value(x)
    dx = layer.backward(dy).copy()
    gradients = [parameter.grad.copy() for parameter in layer.parameters]
    if layer.differentiable:
        assert_gradient(value, x, dx)
    else:
        assert not dx.any()
    for parameter, gradient in zip(layer.parameters, gradients, strict=True):
        start = parameter.value.copy()

        def value_at(theta: np.ndarray, parameter: Parameter = parameter) -> float:
            parameter.value[...] = theta
            return value(x)

        assert_gradient(value_at, start, gradient)
        parameter.value[...] = start


@rows("loss")
@pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
def test_loss(name: str, dtype: Any, tolerance: float) -> None:
    loss = REGISTRIES["loss"][name](**TABLE["loss"][name])
    scores = normal((N, 4), dtype)
    targets = np.array([0, 1, 2, 3, 0, 1]) if CLASSES in loss.tasks else normal((N, 4), seed=1)
    targets.flags.writeable = False
    per_sample = loss.per_sample(scores, targets)
    assert (per_sample.shape, per_sample.dtype) == ((N,), dtype)
    gradient = loss.backward().copy()
    assert (gradient.shape, gradient.dtype) == (scores.shape, dtype)
    assert loss.forward(scores, targets) == pytest.approx(per_sample.mean(), rel=tolerance)
    np.testing.assert_array_equal(loss.per_sample(scores, targets), per_sample)
    for n in range(N):
        assert loss.per_sample(scores[n : n + 1], targets[n : n + 1]) == pytest.approx(per_sample[n], rel=tolerance)
    if dtype is np.float64:
        assert_gradient(lambda scores: loss.forward(scores, targets), scores, gradient)


@rows("metric")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_metric(name: str, dtype: Any) -> None:
    cls = REGISTRIES["metric"][name]
    metric, scores, targets = cls(**TABLE["metric"][name]), normal((N, 4), dtype), np.array([0, 1, 2, 3, 0, 1])
    right = np.eye(4, dtype=dtype)[targets]
    if cls.task == NUMBERS:
        targets = right = normal((N, 4), dtype)[::-1].copy()
    metric.bind(() if cls.task == NUMBERS else ("a", "b", "c", "d"))
    targets.flags.writeable = scores.flags.writeable = False

    def counted(scores: np.ndarray, *cuts: int) -> Any:
        """Counted in chunks of their own, which are merged."""
        total = metric.empty(CrossEntropy())
        for start, end in zip((0, *cuts), (*cuts, N), strict=True):
            chunk = total.empty(CrossEntropy())
            chunk.update(scores[start:end], targets[start:end])
            total.merge(chunk)
        return total

    if issubclass(cls, Record):
        assert list(counted(right).lines()) == list(counted(right, 1, 4).lines())
        assert all(len(line) == len(cls.columns) for line in counted(scores).lines())
        return

    def measured(scores: np.ndarray, *cuts: int) -> float:
        value: float = counted(scores, *cuts).result()
        return value

    value = measured(scores)
    assert cls.range.low <= value <= cls.range.high
    assert float(cls.format(value)) == pytest.approx(value, rel=1e-3)
    for cuts in ((1,), (2, 3), tuple(range(1, N))):
        assert measured(scores, *cuts) == pytest.approx(value, rel=1e-6)
    best, worst = measured(right), measured(-right)
    assert (best > value > worst) if cls.higher_is_better else (best < value < worst)
    assert metric == metric.empty(CrossEntropy()), "the metric itself has counted nothing"
    assert cls.label
    assert cls.heading
    assert re.search("[\u3040-\u9fff]", cls.label_ja)


@rows("penalty")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_penalty(name: str, dtype: Any) -> None:
    penalty = REGISTRIES["penalty"][name](**TABLE["penalty"][name])
    W = normal((20,), dtype)
    gradient = penalty.gradient(W, np.empty_like(W))
    assert (gradient.shape, gradient.dtype) == (W.shape, dtype)
    assert penalty.value(W).real > 0
    assert penalty.value(np.zeros_like(W)) == 0
    if dtype is np.float64:
        assert_gradient(lambda W: penalty.value(W).real, W, gradient)


@rows("optimizer")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_optimizer(name: str, dtype: Any) -> None:
    start, g = normal((20,), dtype), normal((20,), dtype, seed=1)
    ends = []
    for _ in range(2):
        optimizer, theta = REGISTRIES["optimizer"][name](**TABLE["optimizer"][name]), start.copy()
        optimizer.bind(theta, g, regularized=0)
        optimizer.step()
        assert theta.dtype == dtype
        assert ((theta - start) * g < 0).all(), "the first step goes downhill"
        assert all(vector.dtype == dtype for key, vector in optimizer.state().items() if key != "t")
        ends.append(theta)
    np.testing.assert_array_equal(ends[0], ends[1])


@rows("schedule")
def test_schedule(name: str) -> None:
    schedule = REGISTRIES["schedule"][name](**TABLE["schedule"][name])
    for steps in (6, 40):
        scales = [schedule.scale(step, steps) for step in range(steps + 1)]
        assert all(0 < scale <= 1 for scale in scales)
        assert [schedule.scale(step, steps) for step in reversed(range(steps + 1))] == scales[::-1]
        assert max(scales) == 1


@rows("control")
def test_control(name: str) -> None:
    control = REGISTRIES["control"][name](**TABLE["control"][name])
    assert isinstance(control, Patience)
    assert control == REGISTRIES["control"][name]()


@rows("function")
def test_function(name: str) -> None:
    keys, point = TABLE["function"][name]
    function = REGISTRIES["function"][name](**keys)
    least, most = function.variables
    assert least <= len(point) <= (most or len(point))
    x = np.array(point)
    x.flags.writeable = False
    assert function.value(x).shape == ()
    assert function.value(x + 0j).dtype == np.complex128
    gradient = function.gradient(x)
    assert gradient.shape == x.shape
    assert_gradient(lambda x: float(function.value(x)), x, gradient)
    np.testing.assert_allclose(numerical_gradient(function.value, x, 1e-30, "complex"), gradient, rtol=1e-13)
    left, right, bottom, top = function.view
    assert left < right
    assert bottom < top
    # Many points at once, as pictures ask for them, are the points one by one.
    points = np.array(point)[:, None, None] + normal((len(point), 4, 3))
    values, gradients = function.value(points), function.gradient(points)
    for index in np.ndindex(4, 3):
        one = np.ascontiguousarray(points[:, *index])
        np.testing.assert_allclose(values[index], function.value(one), rtol=1e-14)
        np.testing.assert_allclose(gradients[:, *index], function.gradient(one), rtol=1e-14)


@rows("initialiser")
def test_initialiser(name: str) -> None:
    initialiser = REGISTRIES["initialiser"][name](**TABLE["initialiser"][name])
    first, second = (initialiser.draw((5, 4), 5, make_streams("streams", 0).rng(Purpose.INIT, 0)) for _ in range(2))
    assert (first.shape, first.dtype) == ((5, 4), np.float64)
    assert len(np.unique(first)) == 20
    np.testing.assert_array_equal(first, second)


@rows("model")
@pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
def test_model(name: str, dtype: Any, tolerance: float) -> None:
    keys, in_shape = TABLE["model"][name]
    network = make_network(REGISTRIES["model"][name](**keys), in_shape, 3, dtype=dtype)
    x, dscores = normal((N, *in_shape), dtype), normal((N, 3), dtype)
    assert network.forward(x, training=True).dtype == dtype
    network.backward(dscores)
    assert network.flat.gradients.dtype == dtype
    assert all(parameter.grad.any() for parameter in network.parameters if parameter.regularized)
    assert network.forward(x, training=False).shape == (N, 3)
    assert_evaluation(network.forward, x, tolerance)


@rows("augmentation")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_augmentation(name: str, dtype: Any) -> None:
    augmentation = REGISTRIES["augmentation"][name](**TABLE["augmentation"][name])
    start = np.random.default_rng(0).random((40, 3, 8, 9)).astype(dtype)
    for mode in ("streams", "legacy"):
        ends = []
        for _ in range(2):
            x = start.copy()
            augment(x, [augmentation], make_streams(mode, 0), step=1)
            assert x.dtype == dtype
            assert ((x >= 0) & (x <= 1 + 1e-6)).all()
            assert (x != start).any(axis=(1, 2, 3)).sum() > 10
            ends.append(x)
        np.testing.assert_array_equal(ends[0], ends[1])


@rows("dataset")
@pytest.mark.usefixtures("fashion_mnist")
def test_dataset(tmp_path: Path, name: str) -> None:
    keys, sample_shape, classes = TABLE["dataset"][name]
    source = REGISTRIES["dataset"][name](**(keys(tmp_path) if callable(keys) else keys))
    first, second = (source.load(make_streams("streams", 0).rng(Purpose.DATASET)) for _ in range(2))
    assert (first.sample_shape, first.out_shape[-1]) == (sample_shape, classes)
    assert first.task == source.task
    for split, again in ((first.train, second.train), (first.test, second.test)):
        if split is not None:
            assert split.inputs.shape == (len(split), *sample_shape)
            assert split.inputs.dtype in ((np.int32,) if first.tokens else (np.uint8, np.float64))
            assert np.isfinite(split.inputs).all()
            if first.task == "numbers":
                assert (split.targets.dtype, split.targets.shape) == (np.float64, (len(split), *first.out_shape))
            else:
                assert np.issubdtype(split.targets.dtype, np.integer)
                assert ((split.targets >= 0) & (split.targets < classes)).all()
            np.testing.assert_array_equal(split.inputs, again.inputs)
            np.testing.assert_array_equal(split.targets, again.targets)


@rows("search")
def test_search(name: str) -> None:
    """A search asks for the same points again when it receives the same results, numbered without gaps."""
    space = Space((Axis(("optimizer.lr",), ((0.1,), (0.01,))), Axis(("seed",), ((0,), (1,), (2,)))))
    courses = []
    for _ in range(2):
        proposer = REGISTRIES["search"][name](**TABLE["search"][name]).start(space, seed=3, steps=900)
        course, seen = [], set()
        while batch := proposer.ask():
            course += batch
            seen |= {request.point for request in batch}
            proposer.tell([PointResult(request.point, request.settings["optimizer.lr"]) for request in batch])
        assert seen == set(range(1, proposer.points + 1))
        assert all(set(request.settings) == set(space.keys) for request in course)
        courses.append(course)
    assert courses[0] == courses[1]
