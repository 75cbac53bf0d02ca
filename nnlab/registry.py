"""Registries: component names of the spec and their classes.

A component is a dataclass whose fields are its hyper-parameters (``nnlab/hyperparameters.py``).
"""

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from nnlab.docstrings import docstring_of
from nnlab.hyperparameters import (
    NOT_A_KEY,
    Component,
    Doc,
    FilePath,
    Forbidden,
    Hyperparameter,
    OmittedAtDefault,
    OneOf,
    OptionalComponent,
    WeightsByName,
    hyperparameter_names,
    hyperparameters,
)

__all__ = [
    "NOT_A_KEY",
    "REGISTRIES",
    "Component",
    "Doc",
    "FilePath",
    "Forbidden",
    "Hyperparameter",
    "OmittedAtDefault",
    "OneOf",
    "OptionalComponent",
    "Registry",
    "WeightsByName",
    "activations",
    "augmentations",
    "controls",
    "datasets",
    "functions",
    "hyperparameter_names",
    "hyperparameters",
    "initialisers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "registered_name",
    "regularizers",
    "schedules",
    "searches",
    "summary",
]

T = TypeVar("T")


class Registry:
    """The components of one kind by name.

    Their package is ``module``; where it has a table ``COMPONENTS`` of modules and the names that each registers, a
    look-up imports the one module that it needs: importing all components would take longer than a small training.
    The first look-up also imports the plugins of installed packages. The contents do not depend on other imports.
    """

    def __init__(
        self,
        kind: str,
        module: str,
        *,
        number: tuple[str, str] | None = None,
        includes: "Sequence[Registry]" = (),
    ) -> None:
        self.kind = kind
        self.number = number
        self._module = module
        self._includes = tuple(includes)
        self._neighbours = [self, *includes]
        self._classes: dict[str, type[Any]] = {}
        self._module_of: dict[str, str] | None = None
        self._loaded = False
        for other in includes:
            other._neighbours.append(self)

    def register(self, name: str) -> Callable[[type[T]], type[T]]:
        """Class decorator: register a component under ``name``.

        A class of a plugin or notebook takes the name over from an earlier version; raises ValueError for other names
        that are taken.
        """
        if not isinstance(name, str):
            raise TypeError(f'a component is registered under a name, as with @register("my_{self.kind}")')

        def add(component: type[T]) -> type[T]:
            for registry in self._neighbours:
                if not _is_built_in(component):
                    registry._load()
                former = registry._classes.get(name)
                if former is None:
                    continue
                if not _may_take_over(former, component):
                    raise ValueError(f"{registry.kind} {name!r} is {_taken(former, component)}")
                registry.remove(name)
            if "registered_name" in vars(component):
                raise ValueError(f"the class {component.__name__} is registered as {registered_name(component)!r}")
            component.registered_name = name  # type: ignore[attr-defined]  # read back by registered_name()
            self._classes[name] = component
            return component

        return add

    def restore(self, name: str, component: type[Any]) -> None:
        """Let a name stand for a class that was registered under it before."""
        for registry in self._neighbours:
            registry.remove(name)
        self._classes[name] = component

    def remove(self, name: str) -> None:
        """Forget a name, if it is known here."""
        self._classes.pop(name, None)

    def replace(self, items: Iterable[tuple[str, type[Any]]]) -> None:
        """Let the contents be those of an earlier :meth:`own_items`; classes of nnlab imported since then stay."""
        built_in = {name: cls for name, cls in self._classes.items() if _is_built_in(cls)}
        self._classes = {**dict(items), **built_in}

    def own_items(self) -> list[tuple[str, type[Any]]]:
        """As :meth:`items`, of what has been registered so far, without the registries that this one includes."""
        return list(self._classes.items())

    def names(self) -> list[str]:
        """All registered names, sorted."""
        return sorted(name for name, _ in self.items())

    def items(self) -> Iterator[tuple[str, type[Any]]]:
        """All names with their classes, in the order of the package's table, then of registration."""
        self._load()
        yield from self._classes.items()
        for other in self._includes:
            yield from other.items()

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __getitem__(self, name: str) -> type[Any]:
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def get(self, name: str) -> type[Any] | None:
        """The class of a name, None where it has none."""
        modules = self._open()
        if name not in self._classes and name in modules:
            importlib.import_module(modules[name])
        if name in self._classes:
            return self._classes[name]
        return next((found for other in self._includes if (found := other.get(name))), None)

    def _open(self) -> dict[str, str]:
        """The names in the table of the package with the modules that register them."""
        if self._module_of is None:
            package = importlib.import_module(self._module)
            table: Mapping[str, Sequence[str]] = getattr(package, "COMPONENTS", {})
            self._module_of = {name: f"{self._module}.{module}" for module, names in table.items() for name in names}
            importlib.import_module("nnlab.plugins.installed").load_installed()
        return self._module_of

    def _load(self) -> None:
        if not self._loaded:
            modules = self._open()
            place = {name: index for index, name in enumerate(modules)}
            for module in dict.fromkeys(modules.values()):
                importlib.import_module(module)
            self._classes = dict(sorted(self._classes.items(), key=lambda item: place.get(item[0], len(place))))
            self._loaded = True


def _is_built_in(component: type[Any]) -> bool:
    return component.__module__.partition(".")[0] == "nnlab"


def _may_take_over(former: type[Any], component: type[Any]) -> bool:
    """Whether a class is a new version of a user's own: in a notebook, or in another module than the former."""
    if former is component or _is_built_in(former) or _is_built_in(component):
        return False
    return component.__module__ == "__main__" or component.__module__ != former.__module__


def _taken(former: type[Any], component: type[Any]) -> str:
    others = _is_built_in(former) and not _is_built_in(component)
    return "built in; choose another name" if others else "registered twice"


def registered_name(component: object) -> str:
    """The registered name of a component or its class."""
    name: str = component.registered_name  # type: ignore[attr-defined]  # set by Registry.register
    return name


def summary(component: type[Any]) -> str:
    """The sentence that says what a component does."""
    return docstring_of(component).sentence


models = Registry("model", "nnlab.models")
activations = Registry("activation", "nnlab.layers")
layers = Registry("layer", "nnlab.layers", includes=(activations,))
initialisers = Registry("initialiser", "nnlab.core.given_weights", number=("normal", "std"))
losses = Registry("loss", "nnlab.losses")
metrics = Registry("metric", "nnlab.metrics")
regularizers = Registry("penalty", "nnlab.regularizers")
optimizers = Registry("optimizer", "nnlab.optim")
schedules = Registry("schedule", "nnlab.optim")
controls = Registry("control", "nnlab.optim")
datasets = Registry("dataset", "nnlab.data")
augmentations = Registry("augmentation", "nnlab.data.pipeline.augmentation")
functions = Registry("function", "nnlab.functions")
searches = Registry("search", "nnlab.search")

REGISTRIES: dict[str, Registry] = {
    registry.kind: registry
    for registry in (
        *(datasets, augmentations, models, layers, activations, initialisers),
        *(losses, metrics, regularizers, optimizers, schedules, controls, functions, searches),
    )
}
