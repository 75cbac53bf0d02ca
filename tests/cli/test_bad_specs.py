"""Specs at and beyond the bounds of what they may say: ``nnlab train`` trains them or says in words what is wrong."""

from collections.abc import Callable, Iterator
from math import inf, nextafter
from pathlib import Path
from typing import Any

import pytest
from annotated_types import Ge, Gt, Le, Lt
from examples import THOROUGH

from nnlab.config.yaml_writer import dump_yaml
from nnlab.core.task import CLASSES
from nnlab.registry import REGISTRIES, hyperparameters, losses

pytestmark = pytest.mark.slow

HUGE = 10**9 + 1  # more than any count may be

BASE: dict[str, Any] = {
    "data": {"name": "xor", "points": 5},
    "model": {"name": "mlp", "hidden": [3]},
    "optimizer": "adam",
    "train": {"iterations": 1, "batch_size": 5},
}


@pytest.mark.parametrize(
    ("section", "keys", "message"),
    [
        ("model", {"hidden": [10**7, 10**7]}, "free; make layers or batches smaller"),
        ("model", {"hidden": [10**7] * 1000}, "free; make layers or batches smaller"),
        ("model", {"hidden": [10**7 + 1]}, "model.hidden.0: must be at most 10000000, got 10000001"),
        ("model", {"hidden": [3] * 1001}, "model.hidden: must be a list of at most 1000 items"),
        (
            "model",
            {"name": "sequential", "layers": [{"name": "linear", "units": 10**7}] * 3, "hidden": None},
            "model.hidden: unknown key",
        ),
        ("data", {"points": 10**9}, "data.points: must be at most 1000000, got 1000000000"),
        (
            "data",
            {"points": 10**6, "test_points": 10**6, "name": "spiral", "classes": 1000},
            "the limit is 10000000 in total",
        ),
        ("data", {"points": 10**6, "test_points": 10**6, "name": "spiral", "classes": HUGE}, "must be at most 1000,"),
        ("data", {"train_size": HUGE}, "data.train_size: must be a whole number from 1 to 1000000000 or null"),
        ("train", {"batch_size": 10**9}, "train.batch_size: 1000000000 is more than the 20 training samples"),
        ("train", {"batch_size": HUGE}, "train.batch_size: must be a whole number"),
        ("train", {"eval_train": 10**9}, "train.eval_train: 1000000000 is more than the 20 training samples"),
        ("train", {"iterations": HUGE}, "train.iterations: must be a whole number"),
        ("train", {"eval_every": HUGE}, "train.eval_every: must be a whole number"),
        ("compute", {"threads": 257}, "compute.threads: must be a whole number from 1 to 256 or 'auto', got 257"),
    ],
)
def test_huge_sizes_are_refused_before_allocation(
    nnlab: Any, tmp_path: Path, section: str, keys: dict[str, Any], message: str
) -> None:
    spec = {**BASE, section: {**BASE.get(section, {}), **keys}}
    path = tmp_path / "spec.yaml"
    path.write_text(dump_yaml(spec), encoding="utf-8")
    answer = nnlab("train", path)
    assert answer.code == 2
    assert message in answer.stderr
    assert not (tmp_path / "runs").exists()


def test_more_samples_than_the_dataset_has_is_a_data_error(train: Any, tmp_path: Path) -> None:
    spec = {**BASE, "data": {"name": "xor", "train_size": 10**9}}
    assert train(tmp_path, dump_yaml(spec)).code == 4


SHORT = {"iterations": 3, "batch_size": 2}
NEEDED = {"step": {"every": 2}, "exponential": {"decay": 0.5}, "plateau": {"metric": "train_loss"}}
IMAGES = {"name": "idx", "path": "."}
BITS = {"name": "binary_addition", "bits": 3, "samples": 5, "test_samples": 2}
SMALLEST: dict[str, dict[str, Any]] = {
    "mlp": {"hidden": [3]},
    "alexnet": {"hidden": 2, "upsample": 21},
    "linear": {"units": 3},
    "conv1d": {"filters": 2},
    "embedding": {"tokens": 2, "units": 3},
    "conv2d": {"filters": 2},
    "group_norm": {"groups": 1},
    **{key: {"units": 2} for key in ("rnn", "lstm", "gru")},
}
BEFORE = {"linear": "flatten", **dict.fromkeys(("conv1d", "rnn", "lstm", "gru"), "image_rows")}


def around(keys: dict[str, Any]) -> dict[str, Any]:
    """Layers from images to scores with the given one among them; of an embedding from bits to scores at each step."""
    layer = SMALLEST.get(keys["name"], {}) | keys
    if keys["name"] == "embedding":
        layers = [layer, {"name": "reshape", "shape": [3, -1]}, {"name": "linear", "units": 2}]
        return {"data": BITS, "model": {"name": "sequential", "layers": layers}}
    before = [BEFORE[keys["name"]]] if keys["name"] in BEFORE else []
    layers = [*before, layer, "flatten", {"name": "linear", "units": 3}]
    return {"data": IMAGES, "model": {"name": "sequential", "layers": layers}}


AROUND: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "dataset": lambda keys: {"data": {"points": 5, **keys}},
    "model": lambda keys: {"data": IMAGES, "model": SMALLEST.get(keys["name"], {}) | keys},
    "layer": around,
    "initialiser": lambda keys: {"model": {"name": "mlp", "hidden": [3], "init": keys}},
    "penalty": lambda keys: {"penalty": {keys["name"]: keys["strength"]}},
    "optimizer": lambda keys: {"optimizer": {"lr": 0.1, **keys}},
    "loss": lambda keys: {
        "loss": keys,
        "data": {"name": "xor" if CLASSES in losses[keys["name"]].tasks else "sine", "points": 5},
    },
    "schedule": lambda keys: {"train": SHORT | {"schedule": NEEDED.get(keys["name"], {}) | keys}},
}


def extremes() -> Iterator[tuple[str, str, str, float]]:
    """Every key of every component that is a number with a fraction, at its least and largest value."""
    for kind in AROUND:
        for name, cls in REGISTRIES[kind].items():
            for key in hyperparameters(cls):
                if key.base is float and (kind != "dataset" or "points" in cls.__dataclass_fields__):
                    least, largest = key.mark(Ge), key.mark(Le)
                    yield kind, name, key.name, least.ge if least else nextafter(key.mark(Gt).gt, inf)
                    yield kind, name, key.name, largest.le if largest else nextafter(key.mark(Lt).lt, -inf)


@pytest.mark.parametrize(("kind", "name", "key", "value"), list(extremes()))
def test_extreme_values_within_the_bounds_train_or_diverge(
    train: Any, images: Path, kind: str, name: str, key: str, value: float
) -> None:
    for dtype in ("float32", "float64") if THOROUGH else ("float32",):  # the smaller range
        spec = {**BASE, "dtype": dtype, "train": SHORT}
        assert train(images, dump_yaml(spec | AROUND[kind]({"name": name, key: value}))).code in (0, 3)


@pytest.mark.parametrize(("lr", "code"), [(1e6, 3), (1e-320, 0)])
def test_extreme_learning_rates_train_or_diverge(train: Any, tmp_path: Path, lr: float, code: int) -> None:
    spec = {**BASE, "loss": "mean_squared_error", "optimizer": {"name": "sgd", "lr": lr}}
    spec["train"] = {"iterations": 30, "batch_size": 5}
    assert train(tmp_path, dump_yaml(spec)).code == code
