"""The registry: component names, hyper-parameters and their bounds."""

import importlib
import subprocess
import sys
import types
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

import pytest
from annotated_types import Ge, Gt, Le, Lt, MaxLen

from nnlab.config.descent import Descent
from nnlab.config.experiment import ComputeSettings, Experiment, TrainSettings
from nnlab.registry import (
    REGISTRIES,
    Component,
    Doc,
    Registry,
    activations,
    hyperparameters,
    initialisers,
    layers,
    optimizers,
    registered_name,
)

SECTIONS: list[type[Any]] = [Experiment, TrainSettings, ComputeSettings, Descent]
CLASSES = [cls for registry in REGISTRIES.values() for _, cls in registry.items()] + SECTIONS
FIELDS = [(cls, parameter) for cls in CLASSES for parameter in hyperparameters(cls)]


def numbers(annotation: Any, marks: tuple[Any, ...] = ()) -> list[tuple[type, tuple[Any, ...]]]:
    """Every number type inside an annotation, with the marks that hold for it."""
    marks = (*marks, *getattr(annotation, "__metadata__", ()))
    base = annotation.__origin__ if hasattr(annotation, "__metadata__") else annotation
    if base in (int, float):
        return [(base, marks)]
    if get_origin(base) in (types.UnionType, list) or str(get_origin(base)) == "typing.Union":
        return [number for inner in get_args(base) for number in numbers(inner, marks)]
    return []


def test_registry_kinds() -> None:
    kinds = ["dataset", "augmentation", "model", "layer", "activation", "initialiser", "loss", "metric"]
    kinds += ["penalty", "optimizer", "schedule", "control", "function", "search"]
    assert list(REGISTRIES) == kinds
    assert all(registry.kind == kind for kind, registry in REGISTRIES.items())


def test_documented_component_names() -> None:
    rules = {"sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam", "nadam", "adamw"}
    rules |= {"amsgrad", "adamax", "lion"}
    assert rules <= set(optimizers.names())
    assert {"softmax", "mlp", "sequential"} <= set(REGISTRIES["model"].names())
    assert {"sigmoid", "tanh", "relu", "leaky_relu", "elu", "identity"} <= set(activations.names())
    assert {"mnist", "idx", "table", "spiral", "moons", "xor"} <= set(REGISTRIES["dataset"].names())
    assert {"normal", "xavier", "he"} <= set(initialisers.names())
    schedules = {"constant", "step", "exponential", "cosine", "warmup", "plateau"}
    assert schedules <= set(REGISTRIES["schedule"].names())


def test_every_key_has_a_one_line_doc() -> None:
    for cls, parameter in FIELDS:
        where = f"{cls.__name__}.{parameter.name}"
        assert parameter.doc, where
        assert "\n" not in parameter.doc, where
        assert sum(isinstance(mark, Doc) for mark in parameter.metadata) == 1, where


def test_every_number_has_both_bounds() -> None:
    for cls, parameter in FIELDS:
        for _, marks in numbers(parameter.annotation):
            where = f"{cls.__name__}.{parameter.name}"
            assert any(isinstance(mark, Ge | Gt) for mark in marks), f"{where}: no lower bound"
            assert any(isinstance(mark, Le | Lt) for mark in marks), f"{where}: no upper bound"


def test_nested_numbers_are_found() -> None:
    found = {parameter.name for _, parameter in FIELDS if numbers(parameter.annotation)}
    assert {"lr", "hidden", "train_size", "batch_size", "iterations", "strength", "threads", "seed"} <= found
    assert numbers(Annotated[int | None, Ge(1)]) == [(int, (Ge(1),))]


def test_lists_of_components_have_a_maximum_length() -> None:
    marks = [(parameter.mark(Component), parameter.mark(MaxLen)) for _, parameter in FIELDS]
    assert all(longest for component, longest in marks if component and component.many)


def test_look_up_imports_one_component_and_all_keep_their_order() -> None:
    code = (
        "import sys\n"
        "from nnlab.registry import datasets, layers, models, optimizers\n"
        "assert 'nnlab.optim' not in sys.modules\n"
        "assert 'mlp' in models and 'upsample' in layers and 'nothing' not in layers\n"
        "assert optimizers['sgd'].__module__ == 'nnlab.optim.sgd' and datasets['spiral']\n"
        "others = ('optim.adam', 'layers.conv', 'layers.lstm', 'models.alexnet', 'data.sources.table')\n"
        "assert not [name for name in others if f'nnlab.{name}' in sys.modules]\n"
        "print(*(name for registry in (layers, optimizers) for name, _ in registry.items()))\n"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert found == [name for registry in (layers, optimizers) for name, _ in registry.items()]


def test_tables_of_packages_name_every_component() -> None:
    for package in ("data", "layers", "models", "optim"):
        table = importlib.import_module(f"nnlab.{package}").COMPONENTS
        registered: dict[str, set[str]] = {}
        for registry in REGISTRIES.values():
            for name, cls in registry.own_items():
                if cls.__module__.startswith(f"nnlab.{package}.") and registry.kind != "augmentation":
                    registered.setdefault(cls.__module__.removeprefix(f"nnlab.{package}."), set()).add(name)
        assert registered == {module: set(names) for module, names in table.items()}


def test_layers_include_activations() -> None:
    assert set(activations.names()) < set(layers.names())
    assert layers["relu"] is activations["relu"]


def test_names_are_sorted_and_known() -> None:
    for registry in REGISTRIES.values():
        assert registry.names() == sorted(set(registry.names()))
        for name in registry.names():
            assert name in registry
            assert registered_name(registry[name]) == name
        assert "nothing" not in registry
        assert None not in registry
        with pytest.raises(KeyError):
            registry["nothing"]


def test_duplicate_registration_is_rejected() -> None:
    registry = Registry("toy", "nnlab.registry")

    @registry.register("a")
    @dataclass(kw_only=True)
    class First:
        pass

    with pytest.raises(ValueError, match="toy 'a' is registered twice"):
        registry.register("a")(First)
    assert registry["a"] is First
