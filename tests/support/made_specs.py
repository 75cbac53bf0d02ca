"""Randomly generated specs of the registered components.

The strategies read the declared fields, so a new component is fuzzed as soon as it is registered.
"""

import copy
import dataclasses
from collections.abc import Callable, Iterator
from functools import cache
from math import inf, nan, nextafter
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from hypothesis import strategies as st

from nnlab.config.descent import Descent
from nnlab.config.experiment import Experiment
from nnlab.config.loading import experiment_from_tree
from nnlab.config.positions import YamlTree
from nnlab.config.yaml_writer import dump_yaml
from nnlab.core.random import Purpose, make_streams
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import NnlabError
from nnlab.registry import (
    REGISTRIES,
    Component,
    FilePath,
    Hyperparameter,
    OptionalComponent,
    Registry,
    WeightsByName,
    hyperparameters,
)

Strategy = st.SearchStrategy[Any]

HUGE = 10**9 + 1  # above every bound
# Larger default counts are replaced: they would take too long.
LARGE = 10
DEEPEST = 2
# Datasets without download that are fast.
DATASETS = [
    name for name, cls in REGISTRIES["dataset"].items() if name != "mnist" and (name == "cifar10" or not cls.download)
]
PATHS = {"idx": ["."], "table": ["table.csv", "images.npz"], "cifar10": ["cifar10"], "images": ["pictures"]}
WORDS = {
    "name": ["a", "../b", "5", "名"],
    "label": ["y", "kind"],
    "features": ["x", "a", "b"],
    "text": ["x0**2 + x1**2", "sin(x0)", "abs(x0) / x1", "exp(x0*x1) - log(x0)", "x0**x1", "sqrt(x0)", "1"],
}


# ---- values of fields ----


def bounds(marks: tuple[Any, ...]) -> tuple[float, float]:
    """The lower and upper bound given by the marks of a type."""
    low, high = -inf, inf
    for mark in marks:
        match mark:
            case Ge(ge=bound):
                low = max(low, bound)
            case Gt(gt=bound):
                low = max(low, nextafter(bound, inf))
            case Le(le=bound):
                high = min(high, bound)
            case Lt(lt=bound):
                high = min(high, nextafter(bound, -inf))
    return low, high


def numbers(marks: tuple[Any, ...]) -> Strategy:
    """Floats within the bounds, mostly common ones."""
    low, high = bounds(marks)
    usual = [number for number in (0, 0.0, 1e-7, 1e-3, 0.1, 0.25, 0.5, 0.9, 1, 1.0, 2.5) if low <= number <= high]
    extreme = [number for number in (low, high, 1e-320, 1e6, -1.5) if low <= number <= high and abs(number) < inf]
    return st.sampled_from(usual * 3 + extreme)


def counts(marks: tuple[Any, ...]) -> Strategy:
    """Small integers within the bounds."""
    low, high = bounds(marks)
    first = int(low) if low > -inf else 0
    return st.sampled_from(
        [number for number in (*range(first, first + 4), *range(first, first + 2)) if number <= high]
    )


def typed(annotation: Any, marks: tuple[Any, ...] = (), words: tuple[str, ...] = ("a", "b")) -> Strategy:
    """Values of the declared type of a field."""
    marks = (*marks, *getattr(annotation, "__metadata__", ()))
    base = getattr(annotation, "__origin__", annotation) if hasattr(annotation, "__metadata__") else annotation
    origin = get_origin(base)
    if origin is Literal:
        return st.sampled_from(get_args(base))
    if origin is list:
        return st.lists(typed(get_args(base)[0], (), words), min_size=1, max_size=3)
    if origin is not None:  # a union
        return st.one_of(*(typed(option, marks, words) for option in get_args(base)))
    simple: dict[Any, Callable[[], Strategy]] = {
        NoneType: st.none,
        bool: st.booleans,
        float: lambda: numbers(marks),
        int: lambda: counts(marks),
        str: lambda: st.sampled_from(words),
        Any: lambda: numbers(()) | st.lists(numbers(()), max_size=3),
    }
    return simple[base]()


def field(parameter: Hyperparameter, owner: str, depth: int) -> Strategy:
    """Values of a field of a component."""
    component, switch, strengths = (
        parameter.mark(Component),
        parameter.mark(OptionalComponent),
        parameter.mark(WeightsByName),
    )
    if component:
        one = components(REGISTRIES[component.kind], depth)
        if component.nested:
            one = st.lists(one, max_size=2)
            by_name = st.dictionaries(st.sampled_from(["a", "left", "x_1"]), one, min_size=1, max_size=3)
            return by_name | st.lists(one, min_size=1, max_size=3)
        return st.lists(one, min_size=1, max_size=3) if component.many else one
    if switch:
        return st.booleans() | st.none() | sections(REGISTRIES[switch.kind][switch.name], depth)
    if strengths:
        by_name = {
            name: typed(next(key.annotation for key in hyperparameters(cls) if key.name == "strength"))
            for name, cls in REGISTRIES[strengths.kind].items()
        }
        return st.fixed_dictionaries({}, optional=by_name)
    if dataclasses.is_dataclass(parameter.base) and isinstance(parameter.base, type):
        return sections(parameter.base, depth)
    if parameter.mark(FilePath):
        return st.sampled_from(PATHS.get(owner, ["nothing"]))
    return typed(parameter.annotation, (), tuple(WORDS.get(parameter.name, ["a", "b"])))


@cache
def sections(cls: type[Any], depth: int = 0, owner: str = "") -> Strategy:
    """Mappings for the fields of a class: the required ones and up to three others."""
    fields = {key.name: field(key, owner, depth) for key in hyperparameters(cls) if key.name != "name"}
    needed = [key.name for key in hyperparameters(cls) if key.name in fields and is_needed(key)]
    others = [name for name in fields if name not in needed]
    chosen = st.lists(st.sampled_from(others), max_size=3, unique=True) if others else st.just([])
    return chosen.flatmap(lambda more: st.fixed_dictionaries({name: fields[name] for name in (*needed, *more)}))


def is_needed(key: Hyperparameter) -> bool:
    """Whether a key is always given: it is required, or its default is slow or not available locally."""
    large = isinstance(key.default, int) and key.default > LARGE
    return key.required or large or key.name in ("threads", "compute") or key.mark(FilePath) is not None


@cache
def components(registry: Registry, depth: int = 0) -> Strategy:
    """Components of a kind: with keys, as a bare name, or as a number."""
    found: list[Strategy] = []
    for name, cls in registry.items():
        keys = hyperparameters(cls)
        nested = any((mark := key.mark(Component)) and REGISTRIES[mark.kind] is registry for key in keys)
        if (nested and depth >= DEEPEST) or (registry.kind == "dataset" and name not in DATASETS):
            continue
        named = st.just({"name": name})
        with_keys = st.tuples(named, sections(cls, depth + nested, name)).map(lambda both: both[0] | both[1])
        found.append(with_keys)
        if not any(map(is_needed, keys)):
            found.append(st.just(name))
    if registry.number:
        name, key_name = registry.number
        found.append(next(field(key, name, depth) for key in hyperparameters(registry[name]) if key.name == key_name))
    return st.one_of(found)


# ---- whole specs ----


def experiment_of(spec: dict[str, Any], folder: Path) -> Experiment:
    return experiment_from_tree(YamlTree(spec), default_name="spec", folders=(folder,))


def make_consistent(draw: st.DrawFn, spec: dict[str, Any], folder: Path) -> None:
    """Fix conflicts between keys, so that most specs can be trained."""
    length = spec["train"]
    length[draw(st.sampled_from(["clip_norm", "clip_value"]))] = None
    length |= draw(st.sampled_from([{"iterations": 1, "epochs": None}, {"iterations": None, "epochs": 2}]))
    data = spec["data"] = spec["data"] if isinstance(spec["data"], dict) else {"name": spec["data"]}
    data |= draw(st.sampled_from([{"fold": None, "folds": None}, {"fold": 1, "folds": 2, "validation": 0}]))
    try:
        experiment = experiment_of(spec | {"data": data | {"augment": []}, "model": "softmax"}, folder)
        dataset = experiment.data.load(make_streams(experiment.rng, experiment.seed).rng(Purpose.DATASET))
    except NnlabError:
        return
    if len(dataset.sample_shape) != 3:
        data.pop("augment", None)
    end: list[Any] = [{"name": "linear", "units": dataset.out_shape[-1]}]
    if dataset.steps is None:
        end.insert(0, "flatten")
    for _ in range(3):
        model = spec["model"]
        if isinstance(model, dict) and model["name"] == "sequential":
            fit(spec, [*model["layers"]], end, folder)
        if not misfit(spec, folder):
            break
        spec["model"] = copy.deepcopy(draw(components(REGISTRIES["model"])))


def fit(spec: dict[str, Any], layers: list[Any], end: list[Any], folder: Path) -> None:
    """Keep the layers of a model that are compatible with the data and each other."""
    kept: list[Any] = []
    for layer in layers:
        spec["model"]["layers"] = [*kept, layer, *end]
        kept += [] if misfit(spec, folder) else [layer]
    spec["model"]["layers"] = [*kept, *end]


def misfit(spec: dict[str, Any], folder: Path) -> bool:
    """Whether layers are incompatible."""
    try:
        RunSetup(experiment_of(spec, folder))
    except NnlabError as error:
        return str(error).startswith(("layer", "model"))
    return False


@cache
def whole() -> Strategy:
    return sections(Experiment)


@st.composite
def specs(draw: st.DrawFn, folder: Path) -> dict[str, Any]:
    spec: dict[str, Any] = copy.deepcopy(draw(whole()))
    if draw(st.integers(0, 9)) < 9:
        make_consistent(draw, spec, folder)
    return spec


@st.composite
def descents(draw: st.DrawFn) -> dict[str, Any]:
    spec: dict[str, Any] = copy.deepcopy(draw(sections(Descent)))
    spec["steps"] = draw(st.integers(1, 3))
    if draw(st.booleans()) and "text" in spec["function"]:
        spec["expression"] = spec.pop("function")["text"]
    if draw(st.integers(0, 4)) < 4:
        spec["start"] = (spec.get("start", [1.0]) * 2)[:2]
    return spec


JUNK_WORDS = st.sampled_from(
    ["", "adam", "mlp", "relu", "mnst", "full", "null", "\x1b[31m", "x" * 200, "name", "no", ".", "\ud800", "\u202e"]
)
JUNK_NUMBERS = st.sampled_from(
    [-1, 0, 1, 2, HUGE, -HUGE, 10**400, -(10**400), 0.5, -0.5, -0.0, 1.0, 1e6, 1e-320, 1e308, -1e308, inf, -inf, nan]
)
JUNK = st.recursive(
    st.none() | st.booleans() | JUNK_WORDS | JUNK_NUMBERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(JUNK_WORDS, inner, max_size=3),
    max_leaves=5,
)


def paths_in(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key or index) inside a value."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield value, key
        yield from paths_in(inner)


def mutated(draw: st.DrawFn, spec: dict[str, Any]) -> dict[str, Any]:
    """A spec with one to three mutations: drop, rename, replace, wrap, duplicate or swap."""
    for _ in range(draw(st.integers(1, 3))):
        container, key = draw(st.sampled_from(list(paths_in(spec)) or [(spec, "name")]))
        value = container.pop(key) if isinstance(container, dict) and key in container else None
        match draw(st.sampled_from(["drop", "rename", "junk", "number", "wrap", "nest", "text", "swap"])):
            case "rename" if isinstance(container, dict):
                container[draw(st.sampled_from([key[:-1], key + "s", key.upper(), "name", ""]))] = value
            case "junk":
                container[key] = draw(JUNK)
            case "number":
                container[key] = draw(JUNK_NUMBERS)
            case "wrap":
                container[key] = [value]
            case "nest":
                container[key] = {"name": value}
            case "text":
                container[key] = str(value)
            case "swap":
                other, other_key = draw(st.sampled_from(list(paths_in(spec)) or [(spec, "name")]))
                container[key], other[other_key] = other.get(other_key) if isinstance(other, dict) else None, value
    return spec


def edited(draw: st.DrawFn, text: str) -> str:
    """A text with one to three characters or lines deleted, inserted, duplicated or truncated."""
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        match draw(st.sampled_from(["delete", "insert", "line", "cut", "move"])):
            case "delete":
                text = text[:at] + text[at + 1 :]
            case "insert":
                text = text[:at] + draw(st.sampled_from(" \n\t:,[]{}#&*!|>'\"%@-.0e~\x00\x1b\ufeffλ")) + text[at:]
            case "line":
                start = text.rfind("\n", 0, at) + 1
                text = text[:at] + "\n" + text[start:]
            case "cut":
                text = text[:at]
            case "move":
                text = text[at:] + "\n" + text[:at]
    return text


@st.composite
def texts(draw: st.DrawFn, of: Strategy) -> str:
    """The YAML of a spec with mutated values or characters."""
    spec = draw(of)
    if draw(st.integers(0, 3)) < 3:
        return dump_yaml(mutated(draw, spec))
    return edited(draw, dump_yaml(spec))
