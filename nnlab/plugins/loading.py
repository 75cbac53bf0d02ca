"""Loading of plugins: their components join the registries, all of a file or none."""

import pickle
import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from threading import RLock
from typing import Any

from nnlab.errors import PluginError, UsageError
from nnlab.plugins.component_checks import first_fault
from nnlab.plugins.guarding import guard
from nnlab.plugins.main_source import MAIN
from nnlab.plugins.plugin import ORIGIN, Plugin, components_of, plugin_of
from nnlab.plugins.source import PluginSource, read_plugin
from nnlab.registry import REGISTRIES
from nnlab.text import one_line

NOTHING = (
    'registers nothing; a component is a class under @layers.register("my_layer") (or activations, losses, optimizers, '
    "metrics, datasets, ...), as nnlab init --layer my_layer.py writes one"
)

_lock = RLock()
_by_content: dict[str, Plugin] = {}
_by_path: dict[Path, Plugin] = {}


def load_plugin(path: Path | str) -> Plugin:
    """Execute a plugin file, and register its components.

    The same contents are executed once in a process. Other contents of the file replace what it registered before.
    Raises PluginError with file and line of the first mistake, or UsageError where the file cannot be read; the
    registries are then as before.
    """
    return load_source(read_plugin(Path(path)))


def load_plugins(paths: Sequence[Path | str]) -> list[Plugin]:
    """Load several plugins; raises UsageError where two of them have a component of the same name."""
    plugins = [load_plugin(path) for path in paths]
    owners: dict[tuple[str, str], Plugin] = {}
    for plugin in plugins:
        for kind, name in plugin.names:
            other = owners.setdefault((kind, name), plugin)
            if other.sha256 != plugin.sha256:
                both = " and ".join(one_line(str(found.path), 300) for found in (other, plugin))
                raise UsageError(f"{kind} {name!r} is in {both}; rename one, or leave one file out")
    return plugins


def load_source(source: PluginSource) -> Plugin:
    """As :func:`load_plugin`, of contents that were read already."""
    with _lock:
        plugin = _by_content.get(source.sha256)
        if plugin is None:
            plugin = _executed(source)
            _by_content[plugin.sha256] = plugin
        else:
            plugin.source.show_lines()
        former = _by_path.get(source.path)
        if former and former is not plugin:
            _withdraw(former)
        _by_path[source.path] = plugin
        for kind, classes in plugin.components.items():
            for name, component in classes.items():
                REGISTRIES[kind].restore(name, component)
        return plugin


def _executed(source: PluginSource) -> Plugin:
    before = {kind: registry.own_items() for kind, registry in REGISTRIES.items()}
    try:
        source.execute()
        components = components_of(source.module_name)
        if not components:
            raise PluginError.at(source.path, None, NOTHING)
        tree = source.tree()
        for kind, classes in components.items():
            for name, component in classes.items():
                if fault := first_fault(kind, name, component, tree):
                    raise PluginError.at(source.path, *fault)
        for kind, classes in components.items():
            for component in classes.values():
                guard(kind, component, source.path)
                component.__reduce__ = _reduced  # type: ignore[assignment]  # a method once it is in a class
    except BaseException:
        for kind, registry in REGISTRIES.items():
            registry.replace(before[kind])
        raise
    plugin = Plugin(source, components)
    vars(sys.modules[source.module_name])[ORIGIN] = plugin
    return plugin


def _withdraw(former: Plugin) -> None:
    """Remove the components of an earlier version of a file that are still registered."""
    for kind, classes in former.components.items():
        registered = dict(REGISTRIES[kind].own_items())
        for name, component in classes.items():
            if registered.get(name) is component:
                REGISTRIES[kind].remove(name)


def pickled(value: object) -> bytes:
    """A pickle whose components of a notebook or script can be loaded in another process, from their source."""
    buffer = BytesIO()
    _Pickler(buffer).dump(value)
    return buffer.getvalue()


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        cls = type(value)
        return _reduced(value) if cls.__module__ == MAIN and plugin_of(cls) else NotImplemented


def _reduced(component: Any) -> tuple[Any, ...]:
    """A component for pickle and copy: with the source of its plugin, so that another process can load it."""
    cls = type(component)
    plugin = plugin_of(cls)
    if plugin is None:
        raise TypeError(f"{cls.__name__} derives from the class of a plugin, so it must be in the plugin's file")
    return _restored, (str(plugin.path), plugin.source.raw, cls.__name__), component.__getstate__()


def _restored(path: str, raw: bytes, name: str) -> Any:
    """An empty component of a plugin, which is loaded where it is not yet."""
    source = PluginSource(Path(path), raw)
    plugin = _by_content.get(source.sha256) or load_source(source)
    cls = getattr(sys.modules[plugin.source.module_name], name)
    return object.__new__(cls)
