"""Components of installed packages: the entry-point group ``nnlab.components``.

A package names the module that registers its components, which is imported when components are first looked up:

    [project.entry-points."nnlab.components"]
    my_layers = "my_package.layers"
"""

import inspect
import warnings
from collections.abc import Mapping
from importlib.metadata import EntryPoint, distributions, entry_points
from pathlib import Path
from typing import Any

from nnlab.errors import Interrupted
from nnlab.registry import REGISTRIES
from nnlab.text import one_line

GROUP = "nnlab.components"


class BrokenPlugin(UserWarning):
    """A plugin of an installed package cannot be loaded; everything else can be used."""


class _Installed:
    """What :func:`load_installed` found."""

    loaded = False
    versions: dict[str, tuple[str, str]] = {}  # noqa: RUF012 - one for the process


def load_installed() -> None:
    """Import the modules that installed packages name, once in a process; warns of those that cannot be loaded."""
    if _Installed.loaded:
        return
    _Installed.loaded = True
    if not _is_offered():
        return
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        before = {kind: registry.own_items() for kind, registry in REGISTRIES.items()}
        try:
            point.load()
            _check_new(before)
        except (Interrupted, KeyboardInterrupt):
            raise
        except BaseException as error:  # sys.exit(0), too, which would end every command as if it were done
            for kind, registry in REGISTRIES.items():
                registry.replace(before[kind])
            reason = one_line(f"{type(error).__name__}: {error}", 300)
            warnings.warn(
                f"the components {one_line(point.value)} of {_named(point)} cannot be loaded, so they are left out "
                f"(repair or uninstall the package): {reason}",
                BrokenPlugin,
                stacklevel=2,
            )
        else:
            if point.dist:
                _Installed.versions[point.module.partition(".")[0]] = (point.dist.name, point.dist.version)


def _is_offered() -> bool:
    """Whether the text of any package's entry points has the group; parsing those of all takes four times as long."""
    return any(GROUP in (package.read_text("entry_points.txt") or "") for package in distributions())


def distribution_of(component: type[Any]) -> tuple[str, str] | None:
    """Name and version of the installed package that a component comes from; None for all others."""
    return _Installed.versions.get(component.__module__.partition(".")[0])


def is_loaded(package: str) -> bool:
    """Whether an installed package of this name has given components."""
    load_installed()
    return package in dict(_Installed.versions.values())


def _check_new(before: Mapping[str, list[tuple[str, type[Any]]]]) -> None:
    """Check and guard the classes that were registered since, as those of a plugin file."""
    import ast

    from nnlab.plugins.component_checks import first_fault
    from nnlab.plugins.guarding import guard

    for kind, registry in REGISTRIES.items():
        known = dict(before[kind])
        for name, component in registry.own_items():
            if known.get(name) is component or component.__module__.partition(".")[0] == "nnlab":
                continue
            if fault := first_fault(kind, name, component, ast.Module([], [])):
                raise TypeError(fault[1])
            guard(kind, component, Path(inspect.getfile(component)))


def _named(point: EntryPoint) -> str:
    return f"the package {one_line(point.dist.name)} {one_line(point.dist.version)}" if point.dist else "a package"
