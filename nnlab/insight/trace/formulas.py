"""Formulas of components, from their docstrings, and the textbook code that computes them."""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

from nnlab.layers.base import Layer
from nnlab.textbook import Layer as TextbookLayer

_SENTENCE_END = re.compile(r"(?<=[.])\s+(?=[A-ZΣ])")
_GRADIENT = re.compile(r"\bd\w* = |\bd\w+ is ")


@dataclass(frozen=True)
class Code:
    """The statements of a method, and its name."""

    name: str
    text: str


def formula(component: object) -> str:
    """The first sentence of the docstring of a component's class; where it has no formula, the first that has too."""
    head, *sentences = _sentences(type(component))
    if _is_formula(head):
        return head
    return " ".join([head, *[sentence for sentence in sentences if " = " in sentence][:1]])


def gradient_formulas(layer: Layer, twin: TextbookLayer | None) -> list[str]:
    """The formulas of a layer's backward: from the docstrings of its methods, else from that of its textbook class."""
    names = ["through_time", "backward_parameters", "backward"]
    found = [text for name in names if (text := _method_formula(type(layer), name, Layer))]
    return found if found or twin is None else textbook_gradients(twin)


def textbook_gradients(twin: object) -> list[str]:
    """The formulas of gradients in the docstring of a textbook class."""
    clauses = (clause for sentence in _sentences(type(twin)) for clause in sentence.split("; "))
    found = (re.sub(r"\bdout\b", "dy", clause) for clause in clauses if _GRADIENT.search(clause))
    return [f"{clause.rstrip('.')}." for clause in found]


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


def _method_formula(cls: type[Any], name: str, not_of: type[Any]) -> str:
    for base in inspect.getmro(cls):
        if base is not_of:
            return ""
        method = vars(base).get(name)
        if method is not None and method.__doc__:
            text = " ".join(inspect.cleandoc(method.__doc__).split())
            return text.removeprefix("Also ") if "=" in text or "←" in text else ""
    return ""


def _sentences(cls: type[Any]) -> list[str]:
    paragraphs = (inspect.getdoc(cls) or cls.__name__).split("\n\n")
    return list(_plain(sentence for part in paragraphs for sentence in _SENTENCE_END.split(" ".join(part.split()))))


def _plain(sentences: Iterator[str]) -> Iterator[str]:
    """Without what is said about the code."""
    return (sentence.replace("``", "") for sentence in sentences if not sentence.startswith("Equals"))


def _is_formula(text: str) -> bool:
    return any(sign in text for sign in ("=", "←", "Σ"))
