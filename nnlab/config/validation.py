"""Build components from plain values, collecting all problems, and turn components back into plain values."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from annotated_types import MaxLen

from nnlab.config.data_paths import DataPaths, FoundPath, UnusablePathError
from nnlab.config.misplaced_keys import kind_hint, owners_hint, plugin_hint
from nnlab.config.positions import KeyPath
from nnlab.config.type_checks import check
from nnlab.errors import MOST_LINES
from nnlab.registry import (
    REGISTRIES,
    Component,
    FilePath,
    Forbidden,
    Hyperparameter,
    OmittedAtDefault,
    OptionalComponent,
    Registry,
    WeightsByName,
    hyperparameter_names,
    hyperparameters,
    registered_name,
)
from nnlab.text import alias_hint, near_hint, quote


class Validator:
    """Builds components from plain values and collects ``problems`` as (key path, message).

    ``folders`` are searched in order for relative file names. ``elsewhere`` gives the hint for a key that belongs to
    another section. ``beside`` gives the folder of a base spec for the keys that come from it. ``paths`` finds files.
    """

    def __init__(
        self,
        folders: tuple[Path, ...] = (),
        elsewhere: Callable[[str], str] = lambda key: "",
        beside: Callable[[KeyPath], Path | None] = lambda key: None,
        paths: DataPaths | None = None,
    ) -> None:
        self.problems: list[tuple[KeyPath, str]] = []
        self._folders = folders
        self._elsewhere = elsewhere
        self._beside = beside
        self._paths = paths or DataPaths()
        self._names_listed: set[str] = set()  # kinds: hundreds of problems need no list of all layers each

    def component(self, registry: Registry, raw: object, path: KeyPath) -> Any:
        """The component given by a name, a mapping with ``name``, or a number (the registry's shorthand)."""
        if registry.number and isinstance(raw, int | float) and not isinstance(raw, bool):
            name, key = registry.number
            return self._from_number(registry[name], key, raw, path)
        name_path = path if isinstance(raw, str) else (*path, "name")
        if isinstance(raw, str):
            raw = {"name": raw}
        if not isinstance(raw, Mapping):
            number = "a number, " if registry.number else ""
            return self._reject(path, f"must be {number}a name or a mapping with a name, got {quote(raw)}")
        if "name" not in raw:
            return self._reject(path, f"needs a name: {_listed(registry.names())}")
        name = raw["name"]
        if not isinstance(name, str) or name not in registry:
            hint = (near_hint(name, registry.names()) or kind_hint(registry, name)) if isinstance(name, str) else ""
            known = "" if registry.kind in self._names_listed else f"there are {_listed(registry.names())}"
            self._names_listed.add(registry.kind)
            hints = f"{hint}{plugin_hint(name)}{known}".strip() or f"the {registry.kind}s are listed above"
            return self._reject(name_path, f"no {registry.kind} is called {quote(name)}; {hints}")
        return self.section(registry[name], {key: raw[key] for key in raw if key != "name"}, path, name, registry)

    def section(
        self, cls: type[Any], raw: object, path: KeyPath, owner: str = "", registry: Registry | None = None
    ) -> Any:
        """A dataclass from a mapping of its fields; ``owner`` names it in messages; ``registry`` is its kind."""
        if not isinstance(raw, Mapping):
            keys = hyperparameter_names(cls)
            return self._reject(path, f"must be a mapping with the keys {_listed(keys)}, got {quote(raw)}")
        before = len(self.problems)
        parameters = hyperparameters(cls)
        keys = [parameter.name for parameter in parameters]
        known = [*keys, *getattr(cls, "abbreviations", ())]
        for key in raw:
            if key not in keys:
                self._reject((*path, key), self._unknown_key(key, known, owner or str(path[-1]), registry))
        values = {}
        for parameter in parameters:
            if parameter.name in raw:
                values[parameter.name] = self._value(parameter, raw[parameter.name], (*path, parameter.name))
            elif parameter.required:
                self._reject(path, f"needs the key {parameter.name} ({parameter.doc})")
        if len(self.problems) > before:
            return None
        built = cls(**values)
        if hasattr(built, "conflicts"):
            self.problems.extend(((*path, *key), message) for key, message in built.conflicts())
        return None if len(self.problems) > before else built

    def field(self, parameter: Hyperparameter, raw: object, path: KeyPath = ()) -> Any:
        """The value of one field of a section, at ``path``."""
        return self._value(parameter, raw, (*path, parameter.name))

    def _from_number(self, cls: type[Any], key: str, raw: object, path: KeyPath) -> Any:
        before = len(self.problems)
        built = self.section(cls, {key: raw}, path)
        self.problems[before:] = [(path, message) for _, message in self.problems[before:]]
        return built

    def _value(self, parameter: Hyperparameter, raw: object, path: KeyPath) -> Any:
        component, optional, weights = (
            parameter.mark(Component),
            parameter.mark(OptionalComponent),
            parameter.mark(WeightsByName),
        )
        if component:
            registry = REGISTRIES[component.kind]
            if not component.many:
                return self.component(registry, _with_default_name(parameter, raw), path)
            most, least = parameter.mark(MaxLen), 1 if parameter.required else 0
            kinds = (list, Mapping) if component.nested else (list,)
            if not isinstance(raw, kinds) or len(raw) < least or (most and len(raw) > most.max_length):
                limit = f"{least} to {most.max_length} " if most else ""
                lists = "lists of " if component.nested else ""
                named = ", or a mapping of names to such lists" if component.nested else ""
                return self._reject(path, f"must be a list of {limit}{lists}{registry.kind}s{named}, got {quote(raw)}")
            if isinstance(raw, Mapping):
                return {name: self._components(registry, items, (*path, name)) for name, items in raw.items()}
            if component.nested:
                return [self._components(registry, items, (*path, index)) for index, items in enumerate(raw)]
            return self._components(registry, raw, path)
        if optional:
            if raw is None or raw is False:
                return None
            cls = REGISTRIES[optional.kind][optional.name]
            if raw is not True and not isinstance(raw, Mapping):
                keys = _listed(hyperparameter_names(cls))
                return self._reject(path, f"must be true, false or a mapping with {keys}, got {quote(raw)}")
            return self.section(cls, {} if raw is True else raw, path, optional.name)
        if weights:
            return self._weights(REGISTRIES[weights.kind], raw, path)
        if parameter.section:
            return self.section(parameter.section, raw, path)
        forbidden = parameter.mark(Forbidden)
        if forbidden and raw in forbidden.values:
            return self._reject(path, f"{quote(raw)} is not allowed: {forbidden.reason}")
        value, faults = check(parameter.annotation, raw)
        self.problems.extend(((*path, *inner), message) for inner, message in faults)
        is_path = parameter.mark(FilePath) is not None
        return self._find_file(value, path) if is_path and isinstance(value, str) else value

    def _components(self, registry: Registry, raw: object, path: KeyPath) -> Any:
        if not isinstance(raw, list):
            return self._reject(path, f"must be a list of {registry.kind}s, got {quote(raw)}")
        return [self.component(registry, item, (*path, index)) for index, item in enumerate(raw)]

    def _weights(self, registry: Registry, raw: object, path: KeyPath) -> Any:
        if not isinstance(raw, Mapping):
            return self._reject(path, f"must be a mapping with the keys {_listed(registry.names())}, got {quote(raw)}")
        for key in raw:
            if key not in registry:
                self._reject((*path, key), self._unknown_key(key, registry.names(), registry.kind))
        # In the registry's order: the order of the keys in a spec must not change the rounding of a sum.
        built = [
            self._from_number(registry[name], "strength", raw[name], (*path, name))
            for name in registry.names()
            if name in raw
        ]
        return [item for item in built if item is not None and item.strength != 0]

    def _find_file(self, name: str, path: KeyPath) -> str | None:
        own = self._beside(path)
        folders = (own, *self._folders[1:]) if own else self._folders
        try:
            return self._paths.find(name, str(path[-1]), folders)
        except UnusablePathError as error:
            self._reject(path, str(error))
        except (OSError, ValueError, RuntimeError) as error:  # too long, a NUL character, an unknown ~user
            self._reject(path, f"is not a usable path: {quote(name)} ({type(error).__name__})")
        return None

    def _unknown_key(self, key: str, known: list[str], owner: str, registry: Registry | None = None) -> str:
        hint = ""
        if len(self.problems) < MOST_LINES:  # no hints for problems that are not reported: searching takes time
            hint = alias_hint(key, known) or (owners_hint(registry, key) if registry else "")
            hint = hint or self._elsewhere(key) or near_hint(key, known)
        return f"unknown key; {hint}{owner} has {_listed(known) if known else 'no keys'}"

    def _reject(self, path: KeyPath, message: str) -> None:
        self.problems.append((path, message))


def plain(value: object) -> object:
    """A component, section or value in spec notation (plain values), with defaults filled in."""
    if isinstance(value, FoundPath):
        return value.written
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    fields: dict[str, object] = {}
    for parameter in hyperparameters(type(value)):
        inner = getattr(value, parameter.name)
        if parameter.mark(OmittedAtDefault) and inner == parameter.default:
            continue
        if weights := parameter.mark(WeightsByName):
            given = {registered_name(item): item.strength for item in inner}
            fields[parameter.name] = {name: given.get(name, 0.0) for name in REGISTRIES[weights.kind].names()}
        elif parameter.mark(OptionalComponent):
            fields[parameter.name] = _without_name(plain(inner)) if inner is not None else False
        else:
            fields[parameter.name] = plain(inner)
    name = getattr(value, "registered_name", None)
    if name is None:
        return fields
    for registry in REGISTRIES.values():
        if registry.number and registry.number[0] == name and isinstance(value, registry[name]):
            return fields[registry.number[1]]
    return {"name": name, **fields} if fields else name


def flatten(value: object, path: KeyPath = ()) -> dict[str, object]:
    """A nested mapping as a flat one from dotted keys to leaf values; lists are leaves."""
    if not isinstance(value, dict):
        return {".".join(str(part) for part in path): value}
    return {key: leaf for name, inner in value.items() for key, leaf in flatten(inner, (*path, name)).items()}


def _with_default_name(parameter: Hyperparameter, raw: object) -> object:
    """Add the default component's name to a mapping without one, if that component has all of its keys."""
    if parameter.required or not isinstance(raw, Mapping) or "name" in raw or not raw:
        return raw
    known = hyperparameter_names(type(parameter.default))
    return {"name": registered_name(parameter.default), **raw} if all(key in known for key in raw) else raw


def _without_name(value: object) -> object:
    return {key: inner for key, inner in value.items() if key != "name"} if isinstance(value, dict) else True


def _listed(names: list[str]) -> str:
    return ", ".join(names)
