"""The plugins of a run: their files in its folder, their record in environment.json, and what changed since.

A file in a run folder is never executed by itself: the user reads it and names it with ``--plugin``.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from nnlab.plugins.installed import distribution_of, is_loaded
from nnlab.plugins.plugin import Plugin, plugin_of
from nnlab.registry import REGISTRIES, registered_name
from nnlab.storage.layout import PLUGINS_FOLDER
from nnlab.text import one_line

RECORD = "plugins"
"""The key of environment.json for files."""

PACKAGES = "component_packages"
"""That for installed packages, with their versions."""

MOST = 1000
_FILE = re.compile(r"\w[\w.+-]{0,120}\.py")


@dataclass(frozen=True)
class RecordedComponent:
    """A component that a run had from a plugin: the file is a name in its folder ``plugins``."""

    kind: str
    name: str
    file: str
    sha256: str

    @property
    def missing(self) -> bool:
        """Whether no component of this kind and name is registered."""
        return self.kind not in REGISTRIES or self.name not in REGISTRIES[self.kind]

    @property
    def changed(self) -> bool:
        """Whether the name now stands for the class of another file, or for one of nnlab's."""
        if self.missing:
            return False
        plugin = plugin_of(REGISTRIES[self.kind][self.name])
        return plugin is None or plugin.sha256 != self.sha256

    def needed(self, folder: Path) -> str:
        """What to do about it, for the run in ``folder``."""
        path = folder / PLUGINS_FOLDER / self.file
        if path.is_relative_to(Path.cwd()):
            path = path.relative_to(Path.cwd())
        file = one_line(quote(path.as_posix()), 1000)
        what = f"{one_line(self.kind)} {one_line(self.name)!r}"
        if self.missing:
            return f"{what} is a component of a plugin: read {file}, then add --plugin {file}"
        return (
            f"{what} is not the one that this run had (SHA-256 {one_line(self.sha256, 12)}): "
            f"read {file}, then use --plugin {file}"
        )


def plugins_in(value: object) -> dict[str, tuple[Plugin, list[tuple[str, str]]]]:
    """The plugins whose components an experiment has, each under the name of its file with what is used of it."""
    found: dict[str, tuple[Plugin, list[tuple[str, str]]]] = {}
    for plugin, component in _components(value):
        name = plugin.path.name
        taken = {other.casefold(): other for other in found}.get(name.casefold())  # one file on Windows and macOS
        if taken and found[taken][0].sha256 != plugin.sha256:
            name = f"{plugin.path.stem}-{plugin.sha256[:8]}.py"
        used = found.setdefault(name, (plugin, []))[1]
        if component not in used:
            used.append(component)
    return found


def files_of(value: object) -> dict[str, bytes]:
    """The files of the plugins whose components an experiment has, for the folder of its run."""
    return {name: plugin.source.raw for name, (plugin, _) in plugins_in(value).items()}


def plugin_paths(value: object) -> list[str]:
    """The paths of the plugin files whose components an experiment has, as ``--plugin`` names them."""
    return [str(plugin.path) for plugin, _ in plugins_in(value).values() if plugin.path.is_file()]


def record_of(value: object) -> dict[str, Any]:
    """What environment.json says of the plugins of an experiment and of packages with components; often nothing."""
    packages = dict(sorted(found for cls in _classes(value) if (found := distribution_of(cls))))
    entries = [
        {
            "file": file,
            "sha256": plugin.sha256,
            "components": [{"kind": kind, "name": name} for kind, name in sorted(used)],
        }
        for file, (plugin, used) in sorted(plugins_in(value).items())
    ]
    return {**({RECORD: entries} if entries else {}), **({PACKAGES: packages} if packages else {})}


def recorded_components(environment: Mapping[str, Any]) -> list[RecordedComponent]:
    """What an environment.json says of plugins; entries that are none are left out."""
    entries = environment.get(RECORD)
    found = []
    for entry in entries[:MOST] if isinstance(entries, list) else ():
        file, sha256, components = (_get(entry, key) for key in ("file", "sha256", "components"))
        if not (isinstance(file, str) and _FILE.fullmatch(file) and isinstance(sha256, str)):
            continue
        for component in components[:MOST] if isinstance(components, list) else ():
            kind, name = _get(component, "kind"), _get(component, "name")
            if isinstance(kind, str) and isinstance(name, str):
                found.append(RecordedComponent(kind, name, file, sha256))
    return found


def plugin_options(run: Path, environment: Mapping[str, Any]) -> str:
    """`` --plugin RUN/plugins/my_layer.py``: what to add to a command that repeats a run; empty without plugins."""
    files = dict.fromkeys(component.file for component in recorded_components(environment))
    return "".join(f" --plugin {quote((run / PLUGINS_FOLDER / file).as_posix())}" for file in files)


def missing_package(environment: Mapping[str, Any]) -> str:
    """What to do about the first package with components that a run had and that is missing; empty where none is."""
    packages = environment.get(PACKAGES)
    for name, version in packages.items() if isinstance(packages, Mapping) else ():
        if not is_loaded(name):
            package = f"{one_line(name)} {one_line(str(version))}"
            return f"components of this run are from the package {package}, which is not installed here"
    return ""


def _get(entry: object, key: str) -> object:
    return entry.get(key) if isinstance(entry, Mapping) else None


def _components(value: object) -> Iterator[tuple[Plugin, tuple[str, str]]]:
    """The plugins' components in an experiment."""
    for cls in _classes(value):
        if plugin := plugin_of(cls):
            name = registered_name(cls)
            kind = next(kind for kind, classes in plugin.components.items() if classes.get(name) is cls)
            yield plugin, (kind, name)


def _classes(value: object) -> Iterator[type[Any]]:
    """The classes of the components and sections in an experiment, however deep."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for entry in value:
            yield from _classes(entry)
    elif not isinstance(value, type) and hasattr(value, "__dataclass_fields__"):
        yield type(value)
        yield from _classes(list(vars(value).values()))
