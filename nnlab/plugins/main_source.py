"""The source of a component that was registered in a notebook or script, so that its run can be repeated elsewhere."""

import ast
import linecache
import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

from nnlab.text import one_line

MAIN = "__main__"
_HOMES = ("nnlab.components", "typing", "dataclasses", "annotated_types", "nnlab.registry")


def source_of(component: type[Any]) -> str:
    """A plugin file with a class of ``__main__`` and what it uses: imports, plain values, functions, other classes.

    Raises LookupError where the text of a definition, or the origin of a value that it uses, cannot be found.
    """
    imports: dict[str, set[str]] = {}
    values: list[str] = []
    definitions: dict[str, str] = {}

    def add(name: str) -> None:
        value = vars(sys.modules[MAIN])[name]
        if getattr(value, "__module__", None) == MAIN and isinstance(value, type | FunctionType):
            if name in definitions:
                return
            definitions[name] = ""  # it may use itself
            text, tree = _definition(value)
            for used in _globals_of(tree):
                add(used)
            del definitions[name]  # what it uses comes first
            definitions[name] = text
        elif found := _import(name, value):
            imports.setdefault(found[0], set()).add(found[1])
        elif _is_plain(value):
            values.append(f"{name} = {value!r}")
        else:
            raise LookupError(f"{name} is a {type(value).__name__}")

    add(component.__name__)
    lines = [home + ", ".join(sorted(names)) for home, names in sorted(imports.items(), reverse=True)]
    parts = ["\n".join(lines), "\n".join(dict.fromkeys(values)), *definitions.values()]
    return "\n\n\n".join(filter(None, parts)) + "\n"


def _definition(value: Any) -> tuple[str, ast.AST]:
    """The text of a class or function with its decorators, from the cell or file that defines it."""
    own = value if isinstance(value, FunctionType) else next(_functions(value), None)
    lines = linecache.getlines(own.__code__.co_filename) if own else []
    for node in reversed(ast.parse("".join(lines)).body):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == value.__name__:
            first = min(part.lineno for part in (node, *node.decorator_list))
            return "".join(lines[first - 1 : node.end_lineno]).rstrip("\n"), node
    raise LookupError(f"the text of {one_line(value.__name__)} is not known")


def _functions(cls: type[Any]) -> Iterator[FunctionType]:
    """The functions that a class defines, without those that @dataclass made."""
    return (
        value
        for value in vars(cls).values()
        if isinstance(value, FunctionType) and not value.__code__.co_filename.startswith("<string>")
    )


def _globals_of(tree: ast.AST) -> list[str]:
    """The names of ``__main__`` that a definition uses, itself left out."""
    known = vars(sys.modules[MAIN])
    used = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return [name for name in dict.fromkeys(used) if name in known and name != getattr(tree, "name", None)]


def _import(name: str, value: Any) -> tuple[str, str] | None:
    """``("from nnlab.components import ", "Layer")``: what imports a value under a name; None where it is not known."""
    if isinstance(value, ModuleType):
        return f"import {value.__name__}", "" if value.__name__ == name else f" as {name}"
    for home in (*_HOMES, getattr(value, "__module__", None)):
        for attribute in (name, str(getattr(value, "__name__", name))):
            if home in sys.modules and getattr(sys.modules[home], attribute, None) is value:
                return f"from {home} import ", attribute + (f" as {name}" if attribute != name else "")
    return None


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | complex | str | bytes)
