"""Formulas of components, from their docstrings, and the textbook code that computes them."""

import ast
import inspect
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

from nnlab.docstrings import docstring_of, is_gradient
from nnlab.language import in_own_words
from nnlab.layers.base import Layer
from nnlab.textbook import Layer as TextbookLayer


@dataclass(frozen=True)
class Code:
    """The statements of a method, and its name."""

    name: str
    text: str


def formulas(component: object) -> list[str]:
    """The formulas in the docstring of a component's class that are not gradients."""
    found = docstring_of(type(component)).formulas
    return [in_own_words(formula) for formula in found if not is_gradient(formula)]


def sentence(component: object) -> str:
    """What a component does."""
    return in_own_words(docstring_of(type(component)).sentence)


def gradient_formulas(component: object) -> list[str]:
    """Those that are gradients of the loss."""
    found = docstring_of(type(component)).formulas
    return [in_own_words(formula) for formula in found if is_gradient(formula)]


def method_code(cls: type[Any], name: str, owner: str = "") -> list[Code]:
    """The source of a method, and of the one that it calls by ``super()``; nothing where there is no source."""
    found = []
    for base in inspect.getmro(cls):
        if name not in vars(base):
            continue
        try:
            text = body(inspect.getsource(vars(base)[name]))
        except (OSError, TypeError, SyntaxError):
            break
        found.append(Code(f"{owner}{base.__name__}.{name}", text))
        if "super()" not in text:
            break
    return found


def body(source: str) -> str:
    """The statements of a function, without its head and docstring."""
    source = dedent(source)
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    first, *others = function.body
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    start = others[0] if is_docstring and others else first
    return dedent("\n".join(source.splitlines()[start.lineno - 1 :])).rstrip()


def textbook_code(twin: object, name: str) -> list[Code]:
    """The source of a textbook class's method; of a recurrent layer also that of one step."""
    step = getattr(twin, "step", None)
    inner = method_code(type(step()), name, "textbook.") if callable(step) else []
    return [*inner, *method_code(type(twin), name, "textbook.")]


def layer_code(layer: Layer, twin: TextbookLayer | None, name: str) -> list[Code]:
    """The source of a layer's forward or backward: in the textbook, or in the file of its plugin."""
    return method_code(type(layer), name) if twin is None else textbook_code(twin, name)
