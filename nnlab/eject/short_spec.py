"""A spec without the keys that have their default values."""

from typing import Any

from nnlab.config.defaults import has_default
from nnlab.config.experiment import Experiment
from nnlab.config.validation import flatten, plain
from nnlab.config.yaml_writer import dump_yaml
from nnlab.registry import augmentations, hyperparameters, layers


def short_spec(experiment: Experiment) -> str:
    """The spec of an experiment as YAML, without defaults; it reads back as the same experiment."""
    flat = flatten(experiment.resolved())
    return dump_yaml(_kept(experiment.resolved(), flat, ()))


def _kept(section: dict[str, Any], flat: dict[str, object], path: tuple[str, ...]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in section.items():
        key = ".".join((*path, name))
        if not isinstance(value, dict):
            if not has_default(flat, key):
                kept[name] = _short(value)
        elif inner := _kept(value, flat, (*path, name)):
            kept[name] = inner
        elif path and "name" not in value:  # a component that is off by default
            kept[name] = True
    return kept


def _short(value: Any) -> Any:
    """Layers and augmentations in a list without the keys that have their defaults."""
    if isinstance(value, list):
        return [_short(item) for item in value]
    registry = next((registry for registry in (layers, augmentations) if _is_in(registry, value)), None)
    if registry is None:
        return value
    name = value["name"]
    defaults = {key.name: plain(key.default) for key in hyperparameters(registry[name]) if not key.required}
    own = {key: _short(inner) for key, inner in value.items() if key not in defaults or inner != defaults[key]}
    return own if len(own) > 1 else name


def _is_in(registry: Any, value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("name"), str) and value["name"] in registry
