"""Expressions of a script, broken into lines of at most 120 characters as ruff breaks them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

LINE_LENGTH = 120
INDENT = "    "


@dataclass(frozen=True)
class Items:
    """A list."""

    items: Sequence["Expression"]

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.items))}]"


@dataclass(frozen=True)
class Call:
    """A function or class applied to arguments."""

    function: str
    positional: Sequence["Expression"] = ()
    keywords: dict[str, "Expression"] = field(default_factory=dict)

    @property
    def arguments(self) -> list[tuple[str, "Expression"]]:
        """Each argument with what stands before it."""
        named = ((f"{key}=", value) for key, value in self.keywords.items())
        return [*(("", value) for value in self.positional), *named]

    def __str__(self) -> str:
        return f"{self.function}({', '.join(f'{before}{value}' for before, value in self.arguments)})"


Expression = str | Items | Call


def written(expression: Expression, before: str = "", after: str = "", indent: str = "") -> str:
    """An expression with the text before and after it, in as many lines as it needs."""
    line = f"{indent}{before}{expression}{after}"
    if len(line) <= LINE_LENGTH or isinstance(expression, str):
        return line
    inner = indent + INDENT
    if isinstance(expression, Items):
        lines = [written(item, "", ",", inner) for item in expression.items]
        return "\n".join([f"{indent}{before}[", *lines, f"{indent}]{after}"])
    arguments = expression.arguments
    together = inner + ", ".join(f"{name}{value}" for name, value in arguments)
    alone = len(arguments) == 1 and not arguments[0][0]
    lines = [together]
    if len(together) > LINE_LENGTH:
        lines = [written(value, name, "" if alone else ",", inner) for name, value in arguments]
    return "\n".join([f"{indent}{before}{expression.function}(", *lines, f"{indent}){after}"])


def literal(value: Any) -> Expression:
    """The expression of a plain value or an array."""
    if isinstance(value, np.ndarray):
        if not value.any():
            return Call("np.zeros", [_shape(value.shape)])
        if (value == 1).all():
            return Call("np.ones", [_shape(value.shape)])
        starts = np.flatnonzero(np.diff(value, prepend=np.nan)) if value.ndim == 1 else value
        if 2 * len(starts) < len(value):
            counts = np.diff(starts, append=len(value))
            return Call("np.repeat", [literal(value[starts].tolist()), literal(counts.tolist())])
        return Call("np.array", [literal(value.tolist())])
    if isinstance(value, list):
        return Items([literal(item) for item in value])
    return _text(value) if isinstance(value, str) else repr(value)


def _shape(shape: tuple[int, ...]) -> str:
    return str(shape[0]) if len(shape) == 1 else str(shape)


def _text(value: str) -> str:
    """A string in double quotes, in ASCII."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped.encode("ascii", "backslashreplace").decode()}"' if escaped.isprintable() else ascii(value)
