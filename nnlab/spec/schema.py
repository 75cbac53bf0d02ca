"""The JSON schema of a spec, made from the fields of the registered components, for editors that complete YAML."""

import dataclasses
from typing import Any

from annotated_types import MaxLen

from nnlab.registry import REGISTRIES, Component, Hyperparameter, Registry, Strengths, Switch, hyperparameters
from nnlab.spec.expectation import adapter
from nnlab.spec.experiment import Experiment
from nnlab.spec.validation import plain

Schema = dict[str, Any]


def spec_schema() -> Schema:
    """The JSON schema (draft 2020-12) of a spec; every component stands once, under ``$defs``."""
    definitions = {
        f"{registry.kind}.{name}": _mapping(cls, named=name)
        for registry in REGISTRIES.values()
        for name, cls in registry.items()
    }
    schema = _mapping(Experiment)
    schema["required"].remove("name")  # its default, the file's name, is known only when the file is read
    return (
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "nnlab spec"}
        | schema
        | {"$defs": definitions}
    )


def _mapping(cls: type[Any], named: str | None = None) -> Schema:
    parameters = hyperparameters(cls)
    properties = {parameter.name: _value(parameter) | _notes(parameter) for parameter in parameters}
    required = [parameter.name for parameter in parameters if parameter.required]
    if named is not None:
        properties = {"name": {"const": named}} | properties
        required = ["name", *required]
    return {
        "type": "object",
        "description": (cls.__doc__ or "").split("\n\n")[0],
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _notes(parameter: Hyperparameter) -> Schema:
    notes: Schema = {"description": parameter.doc}
    if not parameter.required and parameter.mark(Strengths) is None:
        notes["default"] = plain(parameter.default)
    return notes


def _value(parameter: Hyperparameter) -> Schema:
    component, switch, strengths = parameter.mark(Component), parameter.mark(Switch), parameter.mark(Strengths)
    if component:
        one = _component(REGISTRIES[component.kind])
        limit = parameter.mark(MaxLen)
        most = {"maxItems": limit.max_length} if limit else {}
        return {"type": "array", "items": one, "minItems": int(parameter.required), **most} if component.many else one
    if switch:
        keys = _mapping(REGISTRIES[switch.kind][switch.name])
        return {"anyOf": [{"type": ["boolean", "null"]}, keys]}
    if strengths:
        registry = REGISTRIES[strengths.kind]
        fields = {name: {item.name: item for item in hyperparameters(cls)} for name, cls in registry.items()}
        properties = {name: _value(items["strength"]) for name, items in fields.items()}
        return {"type": "object", "properties": properties, "additionalProperties": False}
    if dataclasses.is_dataclass(parameter.base) and isinstance(parameter.base, type):
        return _mapping(parameter.base)
    return adapter(parameter.annotation).json_schema()


def _component(registry: Registry) -> Schema:
    without_keys = [name for name, cls in registry.items() if not any(item.required for item in hyperparameters(cls))]
    choices: list[Schema] = [{"enum": without_keys}] if without_keys else []
    if registry.number:
        name, key = registry.number
        (number,) = [item for item in hyperparameters(registry[name]) if item.name == key]
        choices.append(_value(number))
    choices += [{"$ref": f"#/$defs/{registry.kind}.{name}"} for name in registry.names()]
    return {"anyOf": choices}
