"""Hints for keys in the wrong section of a spec."""

import dataclasses
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from nnlab.aliases import aliases
from nnlab.registry import (
    REGISTRIES,
    Component,
    Hyperparameter,
    OptionalComponent,
    Registry,
    WeightsByName,
    hyperparameter_names,
    hyperparameters,
    registered_name,
)
from nnlab.text import LONGEST_WORD, with_article

MOST_HINTS = 3
MOST_LISTED = 20
MOST_KEYS = 2000


class MisplacedKeys:
    """Hints for keys that exist in another section of the spec ``raw`` (with the components that the spec names)."""

    def __init__(self, root: type[Any], raw: object) -> None:
        self._root = root
        self._raw = raw

    @cached_property
    def _keys(self) -> list[str]:
        return list(islice(_dotted_keys(self._root, self._raw, ""), MOST_KEYS))

    def __call__(self, word: str) -> str:
        """``did you mean 'optimizer.lr'? ``, or nothing; names of other libraries are translated to nnlab's."""
        if len(word) > LONGEST_WORD:
            return ""
        for names, before, after in (((word,), "did you mean", "? "), (aliases(word), "nnlab's name is", "; ")):
            found = (key for name in names for key in self._keys if key.rpartition(".")[2] == name)
            if listed := " or ".join(f"{key!r}" for key in islice(dict.fromkeys(found), MOST_HINTS)):
                return f"{before} {listed}{after}"
        return ""


def owners_hint(registry: Registry, key: str) -> str:
    """``it is a key of momentum and nesterov; `` for a key of other components of the same kind, or nothing."""
    owners = [name for name, cls in registry.items() if key in hyperparameter_names(cls)]
    if not owners:
        return ""
    listed = owners if len(owners) <= MOST_HINTS else [*owners[:MOST_HINTS], "others"]
    return f"it is a key of {' and '.join(filter(None, (', '.join(listed[:-1]), listed[-1])))}; "


def plugin_hint(name: object) -> str:
    """``my_swish.py is here: --plugin my_swish.py executes it; ``, where a name could be that of a plugin's component.

    A spec executes nothing itself.
    """
    if not (isinstance(name, str) and name.isidentifier() and len(name) < LONGEST_WORD):
        return ""
    file = f"{name}.py"
    return f"{file} is here: --plugin {file} executes it; " if Path(file).is_file() else ""


def kind_hint(registry: Registry, name: str) -> str:
    """``it is a layer; `` for a component of another kind, under nnlab's or another library's name, or nothing."""
    for other in REGISTRIES.values():
        if other is not registry and (name in other or any(known in other for known in aliases(name))):
            return f"it is {with_article(other.kind)}; "
    return ""


def _dotted_keys(cls: type[Any], raw: object, prefix: str) -> Iterator[str]:
    """All valid dotted keys of a section, given the components that it names."""
    given = raw if isinstance(raw, Mapping) else {}
    for parameter in hyperparameters(cls):
        key, value = f"{prefix}{parameter.name}", given.get(parameter.name, parameter.default)
        yield key
        if component := parameter.mark(Component):
            for inside, item in _items(f"{key}.", value):
                if inner := _class_of(REGISTRIES[component.kind], item):
                    yield from _dotted_keys(inner, item, inside)
        else:
            yield from _inside(parameter, value, f"{key}.")


def _items(prefix: str, value: object) -> Iterator[tuple[str, object]]:
    """What stands in a list, or in lists within it, with its prefix; anything else itself."""
    if not isinstance(value, list):
        yield prefix, value
        return
    for index, item in enumerate(value[:MOST_LISTED]):
        yield from _items(f"{prefix}{index}.", item)


def _inside(parameter: Hyperparameter, value: object, prefix: str) -> Iterator[str]:
    if optional := parameter.mark(OptionalComponent):
        yield from _dotted_keys(REGISTRIES[optional.kind][optional.name], value, prefix)
    elif weights := parameter.mark(WeightsByName):
        yield from (f"{prefix}{name}" for name in REGISTRIES[weights.kind].names())
    elif parameter.section:
        yield from _dotted_keys(parameter.section, value, prefix)


def _class_of(registry: Registry, item: object) -> type[Any] | None:
    """The component class that a spec's value or a default names."""
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        return registry[registered_name(item)]
    name = item.get("name") if isinstance(item, Mapping) else item
    return registry[name] if isinstance(name, str) and name in registry else None
