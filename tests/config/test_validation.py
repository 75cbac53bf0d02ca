"""Validation of plain values and the components built from them."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from nnlab.config.experiment import Experiment, TrainSettings
from nnlab.config.validation import Validator, flatten, plain
from nnlab.core.initialisers import He, Normal
from nnlab.data.sources.idx import read_folder
from nnlab.errors import DataError
from nnlab.layers.activations import ELU, ReLU
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.linear import Linear
from nnlab.models.mlp import MLP
from nnlab.models.sequential import Sequential
from nnlab.optim.adam import Adam
from nnlab.registry import (
    REGISTRIES,
    Registry,
    datasets,
    hyperparameters,
    initialisers,
    layers,
    losses,
    models,
    optimizers,
)

LOSSES = "cross_entropy, huber, mean_absolute_error, mean_squared_error"


def complaints(registry: Registry, raw: object) -> list[str]:
    validator = Validator()
    assert validator.component(registry, raw, ("x",)) is None
    return [f"{'.'.join(map(str, path))}: {message}" for path, message in validator.problems]


def build(registry: Registry, raw: object) -> Any:
    validator = Validator()
    built = validator.component(registry, raw, ("x",))
    assert validator.problems == []
    return built


@pytest.mark.parametrize(
    ("registry", "raw", "component"),
    [
        (optimizers, "adam", Adam()),
        (optimizers, {"name": "adam", "lr": 1}, Adam(lr=1.0)),
        (initialisers, 0.5, Normal(std=0.5)),
        (initialisers, 0, Normal(std=0.0)),
        (initialisers, "he", He()),
        (initialisers, {"name": "normal"}, Normal(std=0.01)),
        (layers, "relu", ReLU()),
        (layers, {"name": "linear", "units": 3, "bias": False}, Linear(units=3, init=He(), bias=False)),
        (models, {"name": "mlp", "hidden": []}, MLP(hidden=[])),
        (
            models,
            {"name": "mlp", "hidden": [3], "activation": {"name": "elu", "alpha": 2}, "init": 1, "batch_norm": True},
            MLP(hidden=[3], activation=ELU(alpha=2.0), init=Normal(std=1.0), batch_norm=BatchNorm()),
        ),
        (
            models,
            {"name": "mlp", "hidden": [3], "batch_norm": {"eps": 0.1}, "dropout": 0.5},
            MLP(hidden=[3], batch_norm=BatchNorm(eps=0.1), dropout=0.5),
        ),
        (models, {"name": "mlp", "hidden": [3], "batch_norm": False}, MLP(hidden=[3])),
        (models, {"name": "mlp", "hidden": [3], "batch_norm": None}, MLP(hidden=[3])),
        (
            models,
            {"name": "sequential", "layers": [{"name": "linear", "units": 2}, "relu"]},
            Sequential(layers=[Linear(units=2), ReLU()]),
        ),
    ],
)
def test_components(registry: Registry, raw: object, component: Any) -> None:
    built = build(registry, raw)
    assert type(built) is type(component)
    assert asdict(built) == asdict(component)


@pytest.mark.parametrize(
    ("registry", "raw", "expected"),
    [
        (optimizers, 5, "x: must be a name or a mapping with a name, got 5"),
        (optimizers, None, "x: must be a name or a mapping with a name, got null"),
        (optimizers, ["adam"], "x: must be a name or a mapping with a name, got ['adam']"),
        (losses, {}, f"x: needs a name: {LOSSES}"),
        (losses, "crossentropy", "x: no loss is called 'crossentropy'; did you mean 'cross_entropy'? there are "
                                 f"{LOSSES}"),
        (losses, {"name": "hinge"}, f"x.name: no loss is called 'hinge'; there are {LOSSES}"),
        (losses, {"name": 5}, f"x.name: no loss is called 5; there are {LOSSES}"),
        (losses, {"name": None}, f"x.name: no loss is called null; there are {LOSSES}"),
        (losses, {"name": ["a"]}, f"x.name: no loss is called ['a']; there are {LOSSES}"),
        (losses, "\x1b[31m", f"x: no loss is called '\\x1b[31m'; there are {LOSSES}"),
        (losses, {"name": "mean_squared_error", "a": 1}, "x.a: unknown key; mean_squared_error has no keys"),
        (initialisers, True, "x: must be a number, a name or a mapping with a name, got true"),
        (initialisers, -1, "x: must be at least 0, got -1"),
        (initialisers, float("nan"), "x: must be a finite number, got .nan"),
        (initialisers, {"name": "normal", "std": "x"}, "x.std: must be a number from 0 to 1e+06, got 'x'"),
        (optimizers, {"name": "adam", "betta1": 0.5},
         "x.betta1: unknown key; did you mean 'beta1'? adam has lr, beta1, beta2, eps"),
        (optimizers, "sgd", "x: needs the key lr (learning rate η)"),
        (models, {"name": "mlp", "hidden": 5},
         "x.hidden: must be a list of at most 1000 items, each a whole number from 1 to 10000000, got 5"),
        (models, {"name": "mlp", "hidden": [5, 0]}, "x.hidden.1: must be at least 1, got 0"),
        (models, {"name": "mlp", "hidden": [5], "batch_norm": 1},
         "x.batch_norm: must be true, false or a mapping with eps, momentum, frozen, got 1"),
        (models, {"name": "mlp", "hidden": [5], "batch_norm": {"epsilon": 1}},
         "x.batch_norm.epsilon: unknown key; nnlab's name is 'eps'; batch_norm has eps, momentum, frozen"),
        (models, {"name": "mlp", "hidden": [5], "activation": {"name": "elu", "alpha": 0}},
         "x.activation.alpha: must be above 0, got 0"),
        (models, {"name": "sequential", "layers": []}, "x.layers: must be a list of 1 to 1000 layers, got []"),
        (models, {"name": "sequential", "layers": "relu"}, "x.layers: must be a list of 1 to 1000 layers, got 'relu'"),
        (models, {"name": "sequential", "layers": ["identity" * 10] * 1001},
         f"x.layers: must be a list of 1 to 1000 layers, got ['{'identity' * 7}i…"),
        (models, {"name": "sequential", "layers": ["relu", {"name": "linear"}]},
         "x.layers.1: needs the key units (number of outputs)"),
        (datasets, {"name": "mnist", "augment": "flip"},
         "x.augment: must be a list of 0 to 100 augmentations, got 'flip'"),
        (datasets, {"name": "mnist", "augment": ["shift", {"name": "flip", "probability": 1.5}]},
         "x.augment.1.probability: must be at most 1, got 1.5"),
        (datasets, {"name": "spiral", "points": 10**6, "classes": 11},
         "x.points: (1000000 + 0) x 11 = 11000000 samples; the limit is 10000000 in total"),
    ],
)  # fmt: skip
def test_invalid_component(registry: Registry, raw: object, expected: str) -> None:
    assert complaints(registry, raw) == [expected]


def test_all_problems_of_component_at_once() -> None:
    raw = {
        "name": "mlp",
        "hiden": [5],
        "init": -1,
        "activation": "rellu",
        "dropout": 1,
        "batch_norm": {"eps": 0, "x": 1},
    }
    found = complaints(models, raw)
    assert sorted(line.split(":")[0] for line in found) == sorted(
        ["x.hiden", "x", "x.init", "x.activation", "x.dropout", "x.batch_norm.eps", "x.batch_norm.x"]
    )


def test_sections() -> None:
    validator = Validator()
    assert validator.section(TrainSettings, {"iterations": 5}, ("train",)) == TrainSettings(iterations=5)
    assert validator.problems == []
    validator.section(TrainSettings, {}, ("train",))
    validator.section(TrainSettings, {"iterations": 5, "epochs": 5}, ("train",))
    validator.section(TrainSettings, {"iterations": None, "epochs": None}, ("train",))
    validator.section(TrainSettings, [], ("train",))
    validator.section(TrainSettings, {"iteration": 5}, ("train",))
    keys = "iterations, epochs, batch_size, accumulate, drop_last, sampling, eval_every, eval_train, schedule, "
    keys += (
        "clip_value, clip_norm, ema, early_stopping, diagnostics, checkpoint_every, snapshots, pictures, tensorboard"
    )
    assert validator.problems == [
        (("train",), "needs iterations or epochs"),
        (("train", "epochs"), "both iterations and epochs are given; keep one (the other may be null)"),
        (("train",), "needs iterations or epochs"),
        (("train",), f"must be a mapping with the keys {keys}, got []"),
        (("train", "iteration"), f"unknown key; did you mean 'iterations'? train has {keys}"),
    ]


def penalties(raw: object) -> tuple[Any, list[Any]]:
    validator = Validator()
    raw = {
        "name": "x",
        "data": "xor",
        "model": "softmax",
        "optimizer": "adam",
        "train": {"iterations": 1},
        "penalty": raw,
    }
    return validator.section(Experiment, raw, (), "a spec"), validator.problems


def test_weights_by_name() -> None:
    experiment, wrong = penalties({"l2": 0.5, "l1": 1})
    assert wrong == []
    # Whatever their order in the spec, their order is the same: sums of floats depend on it.
    assert [(penalty.registered_name, penalty.strength) for penalty in experiment.penalty] == [("l1", 1.0), ("l2", 0.5)]
    assert plain(experiment)["penalty"] == {"l1": 1.0, "l2": 0.5}
    assert plain(penalties({})[0])["penalty"] == {"l1": 0.0, "l2": 0.0}
    assert penalties({"l1": 0, "l2": -0.0})[0] == penalties({})[0]


@pytest.mark.parametrize(
    ("raw", "key", "message"),
    [
        (5, (), "must be a mapping with the keys l1, l2, got 5"),
        (None, (), "must be a mapping with the keys l1, l2, got null"),
        ({"l3": 1}, ("l3",), "unknown key; penalty has l1, l2"),
        ({"l2": -1}, ("l2",), "must be at least 0, got -1"),
        ({"l2": True}, ("l2",), "must be a number from 0 to 1e+06, got true"),
    ],
)
def test_invalid_weights_by_name(raw: object, key: tuple[str, ...], message: str) -> None:
    assert penalties(raw) == (None, [(("penalty", *key), message)])


def find(name: str, *folders: Path) -> tuple[Any, list[Any]]:
    validator = Validator(folders)
    built = validator.component(datasets, {"name": "idx", "path": name}, ("data",))
    return built and built.path, validator.problems


def test_folders_are_searched_in_order(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, names in ((first, ["both"]), (second, ["both", "only"])):
        for name in names:
            (folder / name).mkdir(parents=True)
    assert find("both", first, second) == (str(first / "both"), [])
    assert find("only", first, second) == (str(second / "only"), [])
    assert find("neither", first, second) == (str(first / "neither"), [])
    assert find(str(second / "both"), first) == (str(second / "both"), [])
    assert find("only") == ("only", [])


def test_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "digits").mkdir()
    assert find("~/digits", tmp_path / "elsewhere") == (str(tmp_path / "digits"), [])


def test_relative_folder_gives_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find("digits", Path("specs")) == (str(tmp_path / "specs" / "digits"), [])


def test_unknown_home_folder(tmp_path: Path) -> None:
    message = "is not a usable path: '~nobody-of-this-name/x' (RuntimeError)"
    assert find("~nobody-of-this-name/x", tmp_path) == (None, [(("data", "path"), message)])


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 5000, "\ud800", "/", "..", "a/" * 3000])
def test_impossible_path(tmp_path: Path, name: str) -> None:
    path, wrong = find(name, tmp_path)
    if path is None:
        ((key, message),) = wrong
        assert key == ("data", "path")
        assert message.startswith("is not a usable path: '")
        assert len(message) < 120
    else:
        with pytest.raises(DataError):
            read_folder(Path(path))


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may look everywhere")
def test_path_in_unreadable_folder(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o000)
    assert find("closed/x", tmp_path)[1] == [
        (("data", "path"), "is not a usable path: 'closed/x' (PermissionError)"),
    ]


@pytest.mark.parametrize(
    ("component", "raw"),
    [
        (He(), "he"),
        (Normal(std=0.5), 0.5),
        (Adam(), {"name": "adam", "lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-7}),
        (BatchNorm(), {"name": "batch_norm", "eps": 1e-5, "momentum": 0.9, "frozen": False}),
        (ReLU(), "relu"),
        (
            MLP(hidden=[3], batch_norm=BatchNorm(), init=Normal(std=1.0)),
            {
                "name": "mlp",
                "hidden": [3],
                "activation": "relu",
                "init": 1.0,
                "batch_norm": {"eps": 1e-5, "momentum": 0.9, "frozen": False},
                "dropout": 0.0,
            },
        ),
        (
            Sequential(layers=[ReLU(), Linear(units=2)]),
            {
                "name": "sequential",
                "layers": [
                    "relu",
                    {"name": "linear", "init": "he", "bias": True, "l1": 0.0, "l2": 0.0, "frozen": False, "units": 2},
                ],
            },
        ),
        (5, 5),
        ((1, 2), [1, 2]),
        (None, None),
    ],
)
def test_plain(component: object, raw: object) -> None:
    assert plain(component) == raw


def test_names_of_a_kind_are_listed_once() -> None:
    validator = Validator()
    validator.section(REGISTRIES["layer"]["residual"], {"layers": ["reluu", "foo", "tanhh"]}, ())
    first, second, third = (message for _, message in validator.problems)
    assert first.startswith("no layer is called 'reluu'; did you mean 'relu'? there are activity_l1, ")
    assert second == "no layer is called 'foo'; the layers are listed above"
    assert third == "no layer is called 'tanhh'; did you mean 'tanh'?"


def test_plain_defaults_round_trip() -> None:
    for registry in REGISTRIES.values():
        if registry.kind in ("penalty", "dataset"):
            continue
        for name in registry.names():
            given = {"lr": 1, "units": 1, "hidden": [1], "layers": ["relu"], "every": 1, "decay": 0.5, "steps": 1}
            given |= {
                "filters": 1,
                "groups": 1,
                "strength": 0.1,
                "factor": 2,
                "metric": "train_loss",
                "text": "x0",
                "W": [[1.0]],
                "branches": {"left": ["relu"], "right": []},
                "layer": "relu",
                "order": [2, 1],
                "shape": [-1],
                "trials": 2,
                "tokens": 3,
            }
            needed = [parameter.name for parameter in hyperparameters(registry[name]) if parameter.required]
            component = build(registry, {"name": name, **{key: given[key] for key in needed}})
            again = build(registry, plain(component))
            assert type(again) is type(component)
            assert plain(again) == plain(component)


def test_flatten() -> None:
    value = {"a": 1, "b": {"c": [1, {"d": 2}], "e": {}}, "f": None}
    assert flatten(value) == {"a": 1, "b.c": [1, {"d": 2}], "f": None}
    assert flatten(5) == {"": 5}
