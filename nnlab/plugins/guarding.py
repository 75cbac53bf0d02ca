"""The methods of a plugin's classes, so that a mistake in them is one message with file and line of the plugin."""

import inspect
from collections.abc import Callable, Mapping
from functools import cached_property, wraps
from pathlib import Path
from types import FunctionType
from typing import Any, TypeGuard

from nnlab.errors import Interrupted, NnlabError, PluginError
from nnlab.hyperparameters import hyperparameters
from nnlab.plugins.component_checks import DEFAULTS
from nnlab.plugins.layer_checks import LAYER_CHECKS
from nnlab.plugins.mistakes import mistake_in
from nnlab.plugins.result_checks import RESULT_CHECKS, Complain, Method

CHECKS: Mapping[str, Mapping[str, Callable[[Method, Complain], Method]]] = {
    "layer": LAYER_CHECKS,
    "activation": LAYER_CHECKS,
    **RESULT_CHECKS,
}
MISSING_ARGUMENT = "__init__() missing"
"""In Python's message for a class that is made without an argument which it needs."""


def guard(kind: str, component: type[Any], path: Path) -> None:
    """Let methods and properties of a class raise PluginError for their mistakes, and check what methods return."""
    for name, other in DEFAULTS.items() if kind == "metric" else ():
        if not hasattr(component, name):
            setattr(component, name, getattr(component, other))
    if hasattr(component, "examples") and "examples" not in vars(component):
        _require_examples(component, path)
    for name, value in list(vars(component).items()):
        method = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        if isinstance(value, property) and _defined_in(value.fget, path):
            setattr(component, name, value.getter(_guarded(value.fget, path)))
        elif isinstance(value, cached_property) and _defined_in(value.func, path):
            value.func = _guarded(value.func, path)
        if not _defined_in(method, path):
            continue
        place = f"{component.__name__}.{name}"

        def complain(message: str, line: int = method.__code__.co_firstlineno, place: str = place) -> PluginError:
            return PluginError.at(path, line, f"{place} {message}")

        check = CHECKS.get(kind, {}).get(name)
        checked = check(method, complain) if check else method
        guarded = _guarded(checked, path)
        setattr(component, name, guarded if method is value else type(value)(guarded))


def _defined_in(method: object, path: Path) -> TypeGuard[FunctionType]:
    """Whether it is a function that the file of the plugin defines."""
    return inspect.isfunction(method) and method.__code__.co_filename == str(path)


def _require_examples(component: type[Any], path: Path) -> None:
    """Let the gradient check say what it lacks, where its class cannot be made as its base class makes examples."""
    if not _required(component):
        return

    def examples(cls: type[Any]) -> list[Any]:
        try:
            return [*super(component, cls).examples()]
        except (TypeError, PluginError) as error:
            if MISSING_ARGUMENT not in str(error):
                raise
            raise _without_defaults(cls, path) from error

    component.examples = classmethod(_guarded(examples, path))


def _without_defaults(component: type[Any], path: Path) -> PluginError:
    name, required = component.__name__, _required(component)
    return PluginError.at(
        path,
        None,
        f"{name} has no default for {', '.join(required)}, so the gradient check cannot make one: add a default, or a "
        f"class method examples that returns what to check, such as [({name}({required[0]}=3), (5,))]: layers with the "
        "shape of a sample",
    )


def _required(component: type[Any]) -> list[str]:
    return [parameter.name for parameter in hyperparameters(component) if parameter.required]


def _guarded(method: Method, path: Path) -> Method:
    @wraps(method)
    def guarded(*arguments: Any, **keywords: Any) -> Any:
        try:
            return method(*arguments, **keywords)
        except (NnlabError, MemoryError, Interrupted, KeyboardInterrupt):
            raise
        except BaseException as error:  # sys.exit(0), too: a run that failed must not end as if it had completed
            raise mistake_in(path, error) from error

    return guarded
