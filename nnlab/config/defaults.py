"""Default values of spec keys."""

from collections.abc import Mapping
from typing import Any

from nnlab.config.experiment import Experiment
from nnlab.config.validation import flatten, plain
from nnlab.registry import REGISTRIES, Component, OptionalComponent, WeightsByName, hyperparameters


def has_default(settings: Mapping[str, object], key: str) -> bool:
    """Whether a dotted key of a flat resolved spec has its default value.

    False for a required key and for a key that this version does not know.
    """
    cls: type[Any] = Experiment
    parts = key.split(".")
    for depth, part in enumerate(parts, 1):
        prefix = ".".join(parts[:depth])
        parameter = next((known for known in hyperparameters(cls) if known.name == part), None)
        if parameter is None:
            return False
        if parameter.mark(WeightsByName):
            return settings[key] == 0
        rest = ".".join(parts[depth:])
        if not rest or rest == "name":
            if parameter.required:
                return False
            default = (
                False if parameter.mark(OptionalComponent) and parameter.default is None else plain(parameter.default)
            )
            values = flatten(default, tuple(parts[:depth]))
            return settings[key] in [values[name] for name in (key, prefix) if name in values]
        if component := parameter.mark(Component):
            registry, name = REGISTRIES[component.kind], settings.get(f"{prefix}.name")
        elif optional := parameter.mark(OptionalComponent):
            registry, name = REGISTRIES[optional.kind], optional.name
        else:
            cls = parameter.base
            continue
        if name not in registry:
            return False
        cls = registry[str(name)]
    return False
