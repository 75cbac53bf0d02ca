"""JSON schema of a spec, derived from the fields of the registered components, for YAML editors."""

from typing import Any

from annotated_types import MaxLen

from nnlab.config.completions import dotted_keys
from nnlab.config.descent import Descent
from nnlab.config.experiment import Experiment
from nnlab.config.spec_kinds import SWEEP_KEYS
from nnlab.config.sweep_goal import GOAL_COLUMNS
from nnlab.config.sweep_keys import SweepKeys
from nnlab.config.type_checks import type_adapter
from nnlab.config.validation import plain
from nnlab.config.value_lists import COUNT, RANGES
from nnlab.registry import (
    REGISTRIES,
    Component,
    Hyperparameter,
    OptionalComponent,
    Registry,
    WeightsByName,
    hyperparameters,
)

Schema = dict[str, Any]
_ONE_KEY: Schema = {"minProperties": 1, "maxProperties": 1}


def spec_schema() -> Schema:
    """The JSON schema (draft 2020-12) of a spec for ``nnlab train`` or ``nnlab descend``, and of a sweep.

    ``$defs`` holds every component once. In a spec with a base only the keys are checked, since values may be
    inherited.
    """
    definitions = {
        f"{registry.kind}.{name}": _mapping(cls, named=name)
        for registry in REGISTRIES.values()
        for name, cls in registry.items()
    }
    definitions |= {f"rule.{name}": _rule(definitions[f"optimizer.{name}"]) for name in REGISTRIES["optimizer"].names()}
    definitions |= {"experiment": _experiment(), "descent": _descent(), "sweep": _sweep(), **_swept()}
    keys = {
        name: {"description": value["description"]}
        for part in ("descent", "experiment")
        for name, value in definitions[part]["properties"].items()
    }
    based = {"base": {"type": "string", "description": "path of the spec to inherit from, relative to this file"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "nnlab spec",
        "type": "object",
        "if": _is_sweep(),
        "then": {"$ref": "#/$defs/sweep"},
        "else": {
            "if": {"required": ["base"]},
            "then": {"properties": based | keys, "additionalProperties": False},
            "else": {
                "if": {"anyOf": [{"required": ["function"]}, {"required": ["expression"]}]},
                "then": {"$ref": "#/$defs/descent"},
                "else": {"$ref": "#/$defs/experiment"},
            },
        },
        "$defs": definitions,
    }


def _experiment() -> Schema:
    schema = _mapping(Experiment)
    schema["required"].remove("name")  # defaults to the file name
    number = {"type": "integer"}  # the other key may be null
    schema["properties"]["train"]["oneOf"] = [
        {"properties": {key: number}, "required": [key]} for key in ("iterations", "epochs")
    ]
    return schema


def _descent() -> Schema:
    """One optimizer or a list, each with one learning rate or a list; ``expression`` instead of ``function``."""
    schema = _mapping(Descent)
    for key in ("name", "function"):
        schema["required"].remove(key)
    properties = schema["properties"]
    (text,) = hyperparameters(REGISTRIES["function"]["expression"])
    properties["expression"] = _value(text) | {"description": "the function as an expression, such as x0**2 + x1**2"}
    rules = [{"$ref": f"#/$defs/rule.{name}"} for name in REGISTRIES["optimizer"].names()]
    one = {"anyOf": [_component(REGISTRIES["optimizer"])["anyOf"][0], *rules]}
    several = properties["optimizer"]
    properties["optimizer"] = {"anyOf": [one, several | {"items": one}], "description": several["description"]}
    return schema | {"oneOf": [{"required": ["function"]}, {"required": ["expression"]}]}


def _is_sweep() -> Schema:
    """What :func:`nnlab.config.spec_kinds.is_sweep_spec` asks."""
    own: list[Schema] = [{"required": ["base", key]} for key in SWEEP_KEYS]
    return {"not": {"required": ["model"]}, "anyOf": [{"required": ["over"]}, {"required": ["zip"]}, *own]}


def _sweep() -> Schema:
    """Keys of a spec with lists of values or ranges (see :func:`_swept`); the values are checked by nnlab alone."""
    schema = _mapping(SweepKeys)
    properties = schema["properties"]
    properties["set"] |= {"properties": {key: {"description": text} for key, text in dotted_keys().items()}}
    for key in ("over", "zip"):
        block = {"$ref": f"#/$defs/swept.{key}"}
        properties[key] |= {"anyOf": [block, {"type": "array", "items": block}]}
    column = {"enum": list(GOAL_COLUMNS)}
    directed = {"type": "object", "properties": dict.fromkeys(("maximize", "minimize"), column)}
    properties["goal"]["anyOf"] = [column, {"type": "null"}, directed | {"additionalProperties": False} | _ONE_KEY]
    return schema


def _swept() -> dict[str, Schema]:
    """A mapping of ``over`` and of ``zip``, and what each key has.

    The dotted keys are there to be completed: others are possible, such as ``model.layers.0.units``.
    """
    number = {"type": "number"}
    ranges = {
        scale: {"type": "array", "items": number | {"exclusiveMinimum": 0} if scale == "log" else number}
        | {"minItems": 2, "maxItems": 2}
        for scale in RANGES
    }
    several = {"anyOf": [{"type": "array", "minItems": 1}, {"type": "string", "pattern": f"^{COUNT.pattern}$"}]}
    one_range = {"type": "object", "properties": ranges, "additionalProperties": False} | _ONE_KEY
    found: dict[str, Schema] = {
        "swept.values": several,
        "swept.values_or_range": {"anyOf": [{"$ref": "#/$defs/swept.values"}, one_range]},
    }
    for key, forms in (("over", "swept.values_or_range"), ("zip", "swept.values")):
        form = {"$ref": f"#/$defs/{forms}"}
        known = {name: {"description": text} | form for name, text in dotted_keys().items()}
        found[f"swept.{key}"] = {"type": "object", "properties": known, "additionalProperties": form}
    return found


def _rule(optimizer: Schema) -> Schema:
    """An optimizer of a descent, whose lr may be a list."""
    lr = optimizer["properties"]["lr"]
    several = {"anyOf": [lr, {"type": "array", "items": lr, "minItems": 1}], "description": lr["description"]}
    return optimizer | {"properties": optimizer["properties"] | {"lr": several}}


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
    if not parameter.required and parameter.mark(WeightsByName) is None:
        notes["default"] = plain(parameter.default)
    return notes


def _value(parameter: Hyperparameter) -> Schema:
    component, optional, weights = (
        parameter.mark(Component),
        parameter.mark(OptionalComponent),
        parameter.mark(WeightsByName),
    )
    if component:
        one = _component(REGISTRIES[component.kind])
        limit, least = parameter.mark(MaxLen), int(parameter.required)
        if component.nested:
            one = {"type": "array", "items": one}
            mapping: Schema = {"type": "object", "additionalProperties": one, "minProperties": least}
        many: Schema = {"type": "array", "items": one, "minItems": least}
        if limit:
            many["maxItems"] = limit.max_length
        if component.nested:
            return {"anyOf": [many, mapping | ({"maxProperties": limit.max_length} if limit else {})]}
        return many if component.many else one
    if optional:
        keys = _mapping(REGISTRIES[optional.kind][optional.name])
        return {"anyOf": [{"type": ["boolean", "null"]}, keys]}
    if weights:
        registry = REGISTRIES[weights.kind]
        fields = {name: {item.name: item for item in hyperparameters(cls)} for name, cls in registry.items()}
        properties = {name: _value(items["strength"]) for name, items in fields.items()}
        return {"type": "object", "properties": properties, "additionalProperties": False}
    if parameter.section:
        return _mapping(parameter.section)
    return type_adapter(parameter.annotation).json_schema()


def _component(registry: Registry) -> Schema:
    without_keys = [name for name, cls in registry.items() if not any(item.required for item in hyperparameters(cls))]
    choices: list[Schema] = [{"enum": without_keys}] if without_keys else []
    if registry.number:
        name, key = registry.number
        (number,) = [item for item in hyperparameters(registry[name]) if item.name == key]
        choices.append(_value(number))
    choices += [{"$ref": f"#/$defs/{registry.kind}.{name}"} for name in registry.names()]
    return {"anyOf": choices}
