"""A plugin: one Python file with components of the user's own."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nnlab.plugins.main_source import MAIN, source_of
from nnlab.plugins.source import PluginSource
from nnlab.registry import REGISTRIES, registered_name
from nnlab.text import one_line

ORIGIN = "__plugin__"
"""The name under which the module of a plugin holds it."""


@dataclass(frozen=True)
class Plugin:
    """A loaded plugin: the source that was executed, and its classes by kind and name."""

    source: PluginSource
    components: Mapping[str, Mapping[str, type[Any]]]

    @property
    def path(self) -> Path:
        """The absolute path of its file."""
        return self.source.path

    @property
    def sha256(self) -> str:
        """The SHA-256 of its file."""
        return self.source.sha256

    @property
    def text(self) -> str:
        """What was executed."""
        return self.source.text

    @property
    def names(self) -> Iterator[tuple[str, str]]:
        """Kind and registered name of each component."""
        return ((kind, name) for kind, classes in self.components.items() for name in classes)


def plugin_of(component: type[Any]) -> Plugin | None:
    """The plugin that defines a class, for one of a notebook or script what it can be loaded from; else None."""
    if component.__module__ == MAIN:
        return _of_main(component)
    found = getattr(sys.modules.get(component.__module__), ORIGIN, None)
    return found if isinstance(found, Plugin) else None


def _of_main(component: type[Any]) -> Plugin | None:
    """A class that was registered in ``__main__``, as a plugin; None where its source is not available."""
    name = vars(component).get("registered_name")
    kind = next((kind for kind, registry in REGISTRIES.items() if (name, component) in registry.own_items()), None)
    if name is None or kind is None:
        return None
    try:
        text = source_of(component)
    except (LookupError, SyntaxError, OSError):
        return None
    return Plugin(PluginSource(Path(f"{name}.py").absolute(), text.encode()), {kind: {name: component}})


def no_twin(component: object, what: str) -> str:
    """Why a plugin's component cannot be converted, where ``what`` is unknown of it; empty for all others."""
    plugin = plugin_of(type(component))
    if plugin is None:
        return ""
    name, file = registered_name(component), one_line(plugin.path.name)
    return (
        f"no {what} is known for {name!r}, a component of the plugin {file}; nnlab.trained_network(RUN) computes with "
        "it in Python, and model.safetensors has its weights"
    )


def components_of(module: str) -> Mapping[str, Mapping[str, type[Any]]]:
    """The registered classes that a module defines, by kind and name."""
    found = {
        kind: {name: cls for name, cls in registry.own_items() if cls.__module__ == module}
        for kind, registry in REGISTRIES.items()
    }
    return MappingProxyType({kind: MappingProxyType(classes) for kind, classes in found.items() if classes})
