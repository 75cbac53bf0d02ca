"""Spec keys for shell completion."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from nnlab.config.experiment import Experiment
from nnlab.config.type_checks import only_words, options
from nnlab.registry import REGISTRIES, Component, OptionalComponent, WeightsByName, hyperparameters


def spec_keys(own: Mapping[str, Sequence[str]] = MappingProxyType({})) -> list[str]:
    """``seed=``, ``optimizer.name=adam``, ``optimizer.beta1=``, ``train.sampling=shuffle``, ..., sorted.

    ``own`` are names by kind of components that are not registered, those of plugins.
    """
    found = {f"{key}={value}" for key, values, _ in _assignments(Experiment, "") for value in values}
    for kind, names in own.items():
        keys = {key for key, values, _ in _assignments(Experiment, "") if values[0] in REGISTRIES[kind]}
        found |= {f"{key}={name}" for key in keys if key.endswith(".name") for name in names}
    return sorted(found)


def dotted_keys() -> dict[str, str]:
    """Every dotted key of a spec, whole components too, with its meaning."""
    found: dict[str, str] = {}
    for key, _, meaning in _assignments(Experiment, ""):
        found.setdefault(key.removesuffix(".name"), meaning)
        found.setdefault(key, meaning)
    return found


def _assignments(
    cls: type[Any], prefix: str, within: tuple[type[Any], ...] = ()
) -> Iterator[tuple[str, list[str], str]]:
    """The keys of a class, with the beginnings of their values (empty: any) and their meaning.

    The recursion stops at a component nested in its own class.
    """
    within = (*within, cls)
    for parameter in hyperparameters(cls):
        key, meaning = f"{prefix}{parameter.name}", parameter.doc
        if component := parameter.mark(Component):
            if component.many:
                yield key, [""], meaning
                continue
            for name, inner in REGISTRIES[component.kind].items():
                yield f"{key}.name", [name], meaning
                if inner not in within:
                    yield from _assignments(inner, f"{key}.", within)
        elif optional := parameter.mark(OptionalComponent):
            yield key, ["true", "false"], meaning
            yield from _assignments(REGISTRIES[optional.kind][optional.name], f"{key}.", within)
        elif weights := parameter.mark(WeightsByName):
            yield from ((f"{key}.{name}", [""], meaning) for name in REGISTRIES[weights.kind].names())
        elif section := parameter.section:
            yield from _assignments(section, f"{key}.", within)
        else:
            yield key, [*options(parameter.annotation), *[""] * (not only_words(parameter.annotation))], meaning
