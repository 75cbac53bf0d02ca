"""Spec keys for shell completion."""

from collections.abc import Iterator
from typing import Any

from nnlab.config.experiment import Experiment
from nnlab.config.type_checks import only_words, options
from nnlab.registry import REGISTRIES, Component, OptionalComponent, WeightsByName, hyperparameters


def spec_keys() -> list[str]:
    """``seed=``, ``optimizer.name=adam``, ``optimizer.beta1=``, ``train.sampling=shuffle``, ..., sorted."""
    return sorted(set(_assignments(Experiment, "")))


def _assignments(cls: type[Any], prefix: str, within: tuple[type[Any], ...] = ()) -> Iterator[str]:
    """The keys of a class; the recursion stops at a component nested in its own class."""
    within = (*within, cls)
    for parameter in hyperparameters(cls):
        key = f"{prefix}{parameter.name}"
        if component := parameter.mark(Component):
            if component.many:
                yield f"{key}="
                continue
            for name, inner in REGISTRIES[component.kind].items():
                yield f"{key}.name={name}"
                if inner not in within:
                    yield from _assignments(inner, f"{key}.", within)
        elif optional := parameter.mark(OptionalComponent):
            yield from (f"{key}=true", f"{key}=false")
            yield from _assignments(REGISTRIES[optional.kind][optional.name], f"{key}.", within)
        elif weights := parameter.mark(WeightsByName):
            yield from (f"{key}.{name}=" for name in REGISTRIES[weights.kind].names())
        elif section := parameter.section:
            yield from _assignments(section, f"{key}.", within)
        else:
            yield from (f"{key}={word}" for word in options(parameter.annotation))
            if not only_words(parameter.annotation):
                yield f"{key}="
