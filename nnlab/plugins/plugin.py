"""A plugin: one Python file with components of the user's own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nnlab.registry import REGISTRIES

MODULES = "nnlab_plugin_"
"""The name of a plugin's module begins with this; the name of its file and its SHA-256 follow."""


@dataclass(frozen=True)
class Plugin:
    """A loaded plugin: its file, the SHA-256 and text that were executed, and its classes by kind and name."""

    path: Path
    sha256: str
    text: str
    components: Mapping[str, Mapping[str, type[Any]]]

    @property
    def names(self) -> Iterator[tuple[str, str]]:
        """Kind and registered name of each component."""
        return ((kind, name) for kind, classes in self.components.items() for name in classes)


def components_of(module: str) -> Mapping[str, Mapping[str, type[Any]]]:
    """The registered classes that a module defines, by kind and name."""
    found = {
        kind: {name: cls for name, cls in registry.own_items() if cls.__module__ == module}
        for kind, registry in REGISTRIES.items()
    }
    return MappingProxyType({kind: MappingProxyType(classes) for kind, classes in found.items() if classes})
