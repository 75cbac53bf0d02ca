"""A function written as an expression in a spec, such as ``x0**2 + sin(x1)``.

The text becomes a syntax tree, of which only the nodes named here are allowed: numbers, the variables, + - * / **,
signs, and calls of a few functions. Nothing is ever handed to ``eval``.
"""

import ast
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import e, pi
from typing import Annotated, Any

import numpy as np
from annotated_types import MaxLen, MinLen

from nnlab.core.arrays import Array
from nnlab.functions.base import Function
from nnlab.registry import Doc, functions
from nnlab.text import near_hint, quote

MOST_LETTERS = 1000
MOST_DEPTH = 50
CONSTANTS = {"pi": pi, "e": e}


def _magnitude(x: Any) -> Any:
    """|x|, with the sign of the real part for complex numbers, so that the complex step works; slope 0 at 0."""
    return np.sign(np.real(x)) * x


# Each function with its derivative.
CALLS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "sin": (np.sin, np.cos),
    "cos": (np.cos, lambda x: -np.sin(x)),
    "tan": (np.tan, lambda x: 1 / np.cos(x) ** 2),
    "sinh": (np.sinh, np.cosh),
    "cosh": (np.cosh, np.sinh),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "exp": (np.exp, np.exp),
    "log": (np.log, lambda x: 1 / x),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "abs": (_magnitude, np.sign),
}


@dataclass(frozen=True)
class Dual:
    """A value with its gradient (n, ...): the rules of differentiation, one operation at a time (forward mode)."""

    value: Array
    gradient: Array

    def __add__(self, other: "Dual") -> "Dual":
        return Dual(self.value + other.value, self.gradient + other.gradient)

    def __sub__(self, other: "Dual") -> "Dual":
        return Dual(self.value - other.value, self.gradient - other.gradient)

    def __mul__(self, other: "Dual") -> "Dual":
        return Dual(self.value * other.value, self.gradient * other.value + self.value * other.gradient)

    def __truediv__(self, other: "Dual") -> "Dual":
        ratio = self.value / other.value
        return Dual(ratio, (self.gradient - ratio * other.gradient) / other.value)

    def __pow__(self, other: "Dual") -> "Dual":
        power = self.value**other.value
        slope = np.where(other.value == 0, 0, other.value * self.value ** (other.value - 1))
        # The logarithm of a base that is not positive must not spoil the variables that the exponent does not hold.
        rise = np.where(power == 0, 0, power * np.log(self.value))
        by_base = np.where(self.gradient == 0, 0, slope * self.gradient)
        by_exponent = np.where(other.gradient == 0, 0, rise * other.gradient)
        return Dual(power, by_base + by_exponent)

    def __neg__(self) -> "Dual":
        return Dual(-self.value, -self.gradient)

    def call(self, name: str) -> "Dual":
        """The function of that name, by the chain rule."""
        function, derivative = CALLS[name]
        value = function(self.value)
        # The derivative's formula may have a value where the function has none (1/x for the logarithm).
        return Dual(value, np.where(np.isnan(value), np.nan, derivative(self.value)) * self.gradient)


BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}
UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.USub: lambda a: -a, ast.UAdd: lambda a: a}


@functions.register("expression")
@dataclass(kw_only=True)
class Expression(Function):
    """An expression of x0, x1, ...: + - * / **, pi, e, sin cos tan sinh cosh tanh exp log sqrt abs."""

    text: Annotated[str, MinLen(1), MaxLen(MOST_LETTERS), Doc("the expression, such as x0**2 + x1**2")]

    def conflicts(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """What the expression may not contain."""
        try:
            self._parse()
        except ValueError as error:
            yield ("text",), str(error)

    @property
    def formula(self) -> str:
        """The expression itself."""
        return self.text.strip()

    @property
    def variables(self) -> tuple[int, int | None]:
        """At least one more than the largest number of an x."""
        names = (node.id for node in ast.walk(self._parse()) if isinstance(node, ast.Name))
        return max((int(name[1:]) + 1 for name in names if _is_variable(name)), default=1), None

    def value(self, x: Array) -> Array:
        """The expression at each point; NaN or infinite where it has no value."""
        with np.errstate(all="ignore"):
            found = _evaluate(self._parse(), list(x), np.asarray)
        return np.broadcast_to(found, x.shape[1:]).copy()

    def gradient(self, x: Array) -> Array:
        """By the rules of differentiation, exact to rounding."""
        zero = np.zeros_like(x)
        variables = []
        for index, row in enumerate(x):
            gradient = zero.copy()
            gradient[index] = 1
            variables.append(Dual(np.asarray(row), gradient))
        with np.errstate(all="ignore"):
            found = _evaluate(self._parse(), variables, lambda number: Dual(np.asarray(number), zero))
        return np.broadcast_to(found.gradient, x.shape).copy()

    def _parse(self) -> ast.expr:
        """The checked syntax tree; raises ValueError that says what is wrong."""
        return parse(self.text)


@cache
def parse(text: str) -> ast.expr:
    """The syntax tree of an expression of which every node is allowed; raises ValueError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python thinks of "1if x0 else 2" is no concern of the reader's
            tree = ast.parse(text.strip(), mode="eval").body
        _check(tree)
    except SyntaxError as error:
        where = f"cannot be read near column {error.offset}" if error.offset else "ends too soon"
        raise ValueError(f"{where}: {quote(text)}") from None
    except UnicodeError:
        raise ValueError("holds something that is no character") from None
    except (RecursionError, MemoryError, OverflowError):
        raise ValueError("is nested too deeply or holds a number that is too long") from None
    return tree


def _check(node: ast.expr, depth: int = 1) -> None:
    """Refuse a node that is not allowed; raises ValueError.

    A sum of many terms leans to the left: what stands left of an operator is no deeper than the whole.
    """
    while isinstance(node, ast.BinOp) and type(node.op) in BINARY:
        _check(node.right, depth + 1)
        node = node.left
    if depth > MOST_DEPTH:
        raise ValueError(f"is nested more than {MOST_DEPTH} deep")
    children: list[ast.expr] = []
    match node:
        case ast.Constant(value=value):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"only real numbers are allowed, not {quote(ast.unparse(node))}")
            if abs(value) > sys.float_info.max:
                raise ValueError("holds a number that is too large")
        case ast.Name(id=name):
            if name in CALLS:
                raise ValueError(f"{name} needs a number, such as {name}(x0)")
            if not _is_variable(name) and name not in CONSTANTS:
                known = [*CONSTANTS, *CALLS]
                hint = near_hint(name, known)
                known_names = f"x0, x1, ... x99, {', '.join(known)}"
                raise ValueError(f"the name {quote(name)} is not allowed; {hint}there are {known_names}")
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in UNARY:
            children = [operand]
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in CALLS:
            children = [argument]
        case ast.Call(func=called):
            name = ast.unparse(called)
            hint = near_hint(name, list(CALLS)) if name not in CALLS else ""
            raise ValueError(
                f"{quote(name)} cannot be called so; {hint}there are {', '.join(CALLS)}, each of one number"
            )
        case ast.BinOp(op=ast.BitXor()):
            raise ValueError(f"{quote(ast.unparse(node))} is not allowed; a power is written **")
        case _:
            raise ValueError(
                f"{quote(ast.unparse(node))} is not allowed; use numbers, x0, x1, ..., + - * / ** and calls"
            )
    for child in children:
        _check(child, depth + 1)


def _evaluate(node: ast.expr, variables: Sequence[Any], constant: Callable[[float], Any]) -> Any:
    """The value of a checked tree, in arrays or duals, as the variables are."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return constant(float(number))
        case ast.Name(id=name):
            return variables[int(name[1:])] if _is_variable(name) else constant(CONSTANTS[name])
        case ast.UnaryOp(op=sign, operand=operand):
            return UNARY[type(sign)](_evaluate(operand, variables, constant))
        case ast.BinOp():
            pending = []  # a sum of many terms leans to the left, further than calls may go
            while isinstance(node, ast.BinOp):
                pending.append((BINARY[type(node.op)], node.right))
                node = node.left
            value = _evaluate(node, variables, constant)
            for operation, right in reversed(pending):
                value = operation(value, _evaluate(right, variables, constant))
            return value
        case ast.Call(func=ast.Name(id=name), args=[inner]):
            argument = _evaluate(inner, variables, constant)
            return argument.call(name) if isinstance(argument, Dual) else CALLS[name][0](argument)
    raise TypeError(f"{type(node).__name__} has not been checked")


def _is_variable(name: str) -> bool:
    return re.fullmatch(r"x(0|[1-9][0-9]?)", name) is not None
