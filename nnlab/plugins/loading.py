"""Loading of plugins: their components join the registries, all of a file or none."""

from collections.abc import Sequence
from pathlib import Path
from threading import RLock

from nnlab.errors import PluginError, UsageError
from nnlab.plugins.component_checks import first_fault
from nnlab.plugins.guarding import guard
from nnlab.plugins.plugin import Plugin, components_of
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
        former = _by_path.get(source.path)
        if former and former is not plugin:
            _withdraw(former, plugin)
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
    except BaseException:
        for kind, registry in REGISTRIES.items():
            registry.replace(before[kind])
        raise
    return Plugin(source.path, source.sha256, source.text, components)


def _withdraw(former: Plugin, plugin: Plugin) -> None:
    """Forget the components that an earlier version of a file had and this one does not."""
    for kind, classes in former.components.items():
        registered = dict(REGISTRIES[kind].own_items())
        for name, component in classes.items():
            if registered.get(name) is component:
                REGISTRIES[kind].remove(name)
