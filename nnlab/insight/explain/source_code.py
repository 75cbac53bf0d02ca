"""The textbook's code of a component: its class with the classes and functions that it uses."""

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from types import FunctionType
from typing import Any

import nnlab
from nnlab import textbook
from nnlab.docstrings import docstring_of
from nnlab.models.textbook_twins import INITIALISERS, OPTIMIZERS, REGULARIZERS

_TABLES: Mapping[str, Mapping[str, Any]] = {
    "optimizer": OPTIMIZERS,
    "penalty": REGULARIZERS,
    "initialiser": INITIALISERS,
}
# What every class of the textbook derives from.
_PROTOCOLS = ("Layer", "Loss", "Optimizer")


@dataclass(frozen=True)
class SourceCode:
    """Definitions without their docstrings, and the file that has the first of them."""

    file: str
    text: str


def source_code(kind: str, name: str, component: type) -> SourceCode | None:
    """The textbook's code, or that of a plugin's own class; None where there is neither."""
    twin = textbook_version(kind, name, component)
    if twin is not None:
        return SourceCode(_file(twin), "\n\n\n".join(map(_without_docstrings, _with_helpers(twin))))
    if component.__module__.partition(".")[0] == nnlab.__name__:
        return None
    try:
        return SourceCode(_file(component), _without_docstrings(component))
    except (OSError, TypeError):  # typed in a session
        return None


def textbook_version(kind: str, name: str, component: type) -> type | Callable[..., Any] | None:
    """The class or function of the textbook that computes the same; None where there is none."""
    if component.__module__.partition(".")[0] != nnlab.__name__:
        return None
    found: type | Callable[..., Any] | None = _TABLES.get(kind, {}).get(name)
    if found is None and (twin := docstring_of(component).twin):
        found = getattr(textbook, twin)
    return found


def _with_helpers(definition: Any) -> Iterator[Any]:
    """A definition, those that it derives from, and those of the textbook that any of these names."""
    found = [definition]
    for each in found:
        bases = [base for base in each.__mro__[1:] if _is_shown(base)] if isinstance(each, type) else []
        names = {node.id for node in ast.walk(ast.parse(dedent(inspect.getsource(each)))) if isinstance(node, ast.Name)}
        scope = vars(inspect.getmodule(each))
        named = [scope[name] for name in sorted(names & scope.keys()) if _is_shown(scope[name])]
        found += [other for other in dict.fromkeys((*bases, *named)) if other not in found]
    yield from found


def _is_shown(value: object) -> bool:
    is_definition = isinstance(value, type | FunctionType) and value.__module__.startswith(f"{textbook.__name__}.")
    return is_definition and getattr(value, "__name__", "") not in _PROTOCOLS


def _file(definition: Any) -> str:
    path = Path(inspect.getsourcefile(definition) or "")
    package = Path(nnlab.__file__).parent.parent
    return path.relative_to(package).as_posix() if path.is_relative_to(package) else path.name


def _without_docstrings(definition: Any) -> str:
    """The lines of a definition except its docstring, which has the formulas."""
    source = dedent(inspect.getsource(definition))
    lines = source.splitlines()
    (tree,) = ast.parse(source).body
    body = tree.body if isinstance(tree, ast.ClassDef | ast.FunctionDef) else []
    if len(body) > 1 and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        start, end = body[0].lineno - 1, body[0].end_lineno or body[0].lineno
        while end < len(lines) and not lines[end].strip():
            end += 1
        del lines[start:end]
    return "\n".join(lines)
