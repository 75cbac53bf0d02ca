"""A function given as an expression, such as ``x0**2 + sin(x1)``.

The text is parsed to a syntax tree with a whitelist of nodes: numbers, variables, + - * / **, signs, and calls of a few
functions. ``eval`` is never used.
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
    """|x|, for complex x by the sign of the real part, so that the complex step works; derivative 0 at 0."""
    return np.sign(np.real(x)) * x


# Functions with their derivatives.
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
    """Dual number: a value with its gradient (n, ...), for forward-mode differentiation."""

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
        d_base = np.where(other.value == 0, 0, other.value * self.value ** (other.value - 1))
        # The NaN of log(base ≤ 0) must not reach variables that do not occur in the exponent.
        d_exponent = np.where(power == 0, 0, power * np.log(self.value))
        by_base = np.where(self.gradient == 0, 0, d_base * self.gradient)
        by_exponent = np.where(other.gradient == 0, 0, d_exponent * other.gradient)
        return Dual(power, by_base + by_exponent)

    def __neg__(self) -> "Dual":
        return Dual(-self.value, -self.gradient)

    def call(self, name: str) -> "Dual":
        """Apply a function, by the chain rule."""
        function, derivative = CALLS[name]
        value = function(self.value)
        # The derivative may be defined where the function is not (1/x for the logarithm).
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
    """An expression of x0, x1, ...: + - * / **, pi, e, sin cos tan sinh cosh tanh exp log sqrt abs.

    Source: written by the user; the gradient is derived from the expression.
    """

    text: Annotated[str, MinLen(1), MaxLen(MOST_LETTERS), Doc("expression, such as x0**2 + x1**2")]

    def conflicts(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Errors in the expression."""
        try:
            self._parse()
        except ValueError as error:
            yield ("text",), str(error)

    @property
    def formula(self) -> str:
        return self.text.strip()

    @property
    def variables(self) -> tuple[int, int | None]:
        """At least the largest index of a variable plus one."""
        names = (node.id for node in ast.walk(self._parse()) if isinstance(node, ast.Name))
        return max((int(name[1:]) + 1 for name in names if _is_variable(name)), default=1), None

    def value(self, x: Array) -> Array:
        """The expression at each point; NaN or infinite where it is undefined."""
        with np.errstate(all="ignore"):
            found = _evaluate(self._parse(), list(x), np.asarray)
        return np.broadcast_to(found, x.shape[1:]).copy()

    def gradient(self, x: Array) -> Array:
        """By forward-mode differentiation, exact up to rounding."""
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
        """The validated syntax tree; raises ValueError with the reason."""
        return parse(self.text)


@cache
def parse(text: str) -> ast.expr:
    """The validated syntax tree of an expression; raises ValueError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python about text such as "1if x0 else 2"
            tree = ast.parse(text.strip(), mode="eval").body
        _check(tree)
    except SyntaxError as error:
        where = f"cannot be read near column {error.offset}" if error.offset else "ends too soon"
        raise ValueError(f"{where}: {quote(text)}") from None
    except UnicodeError:
        raise ValueError("contains an invalid character") from None
    except (RecursionError, MemoryError, OverflowError):
        raise ValueError("is nested too deeply or contains a number that is too long") from None
    return tree


def _check(node: ast.expr, depth: int = 1) -> None:
    """Raise ValueError for a node that is not allowed.

    A sum of many terms is nested to the left: the left operand does not count as a level.
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
                raise ValueError("contains a number that is too large")
        case ast.Name(id=name):
            if name in CALLS:
                raise ValueError(f"{name} needs an argument, such as {name}(x0)")
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
                f"{quote(name)} is not a valid call; {hint}there are {', '.join(CALLS)}, each with one argument"
            )
        case ast.BinOp(op=ast.BitXor()):
            raise ValueError(f"{quote(ast.unparse(node))} is not allowed; write powers with **")
        case _:
            raise ValueError(
                f"{quote(ast.unparse(node))} is not allowed; use numbers, x0, x1, ..., + - * / ** and calls"
            )
    for child in children:
        _check(child, depth + 1)


def _evaluate(node: ast.expr, variables: Sequence[Any], constant: Callable[[float], Any]) -> Any:
    """Evaluate a validated tree, with arrays or dual numbers as variables."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return constant(float(number))
        case ast.Name(id=name):
            return variables[int(name[1:])] if _is_variable(name) else constant(CONSTANTS[name])
        case ast.UnaryOp(op=sign, operand=operand):
            return UNARY[type(sign)](_evaluate(operand, variables, constant))
        case ast.BinOp():
            pending = []  # iterative, since a long sum would exceed the recursion limit
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
    raise TypeError(f"{type(node).__name__} was not validated")


def _is_variable(name: str) -> bool:
    return re.fullmatch(r"x(0|[1-9][0-9]?)", name) is not None
