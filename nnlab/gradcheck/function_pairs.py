"""Pairs of functions: forward with backward as in CS231n, a function with its derivative, a loss with its gradient."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from nnlab.core.arrays import Array
from nnlab.errors import UsageError
from nnlab.gradcheck.calling import line_of
from nnlab.gradcheck.implementation import Arguments, Implementation, Session
from nnlab.gradcheck.returned_gradients import OUTPUT_NAMES, by_name, floats_in, joined, split
from nnlab.gradcheck.settling import called, float_names, parameters_of, required_of, settled
from nnlab.text import quote

Function = Callable[..., Any]


class PairSession(Session):
    """``forward(x, ...) -> out`` or ``(out, ..., cache)``, and ``backward(dout, ..., cache) -> gradients``."""

    def __init__(self, forward: Function, backward: Function) -> None:
        self.forward_function, self.backward_function = forward, backward
        self.wanted = required_of(backward)

    def forward(self, arguments: Arguments) -> Array:
        returned = called(self.forward_function, arguments)
        self.arguments = arguments
        self.cache: list[Any] = []
        self.outputs = [returned]
        if isinstance(returned, tuple):
            if len(returned) < 2:
                raise UsageError(f"{line_of(self.forward_function)}: forward must return (out, cache) or out alone")
            known = {*arguments, *OUTPUT_NAMES}
            cached = len(self.wanted) > 1 and self.wanted[-1] not in known
            count = max(len(self.wanted) - 1, 1) if cached else 1
            self.outputs = list(returned[:count])
            self.cache = [returned[-1]] if cached else []
        return joined(self.outputs, line_of(self.forward_function))

    def backward(self, dout: Array) -> dict[str, object]:
        given = split(dout, self.outputs)
        for name in self.wanted[len(given) : len(self.wanted) - len(self.cache)]:
            given.append(self._by_name(name))
        returned = self.backward_function(*given, *self.cache)
        names = float_names(self.arguments)
        return by_name(
            returned, names, [name for name, value in self.arguments.items() if isinstance(value, np.ndarray)]
        )

    def output_sizes(self) -> list[int]:
        return [np.size(output) for output in self.outputs] if len(self.outputs) > 1 else []

    def cached(self) -> dict[str, Array]:
        kept = self.cache[0] if self.cache and isinstance(self.cache[0], tuple | list) else self.cache
        return floats_in({f"cache[{index}]": value for index, value in enumerate(kept)})

    def _by_name(self, name: str) -> Any:
        if name in self.arguments:
            return self.arguments[name]
        if name in OUTPUT_NAMES:
            return self.outputs[0]
        raise UsageError(
            f"{line_of(self.backward_function)}: backward asks for {quote(name)}, which is no argument of forward "
            "and no cache: forward must return (out, cache), and backward take (dout, cache)"
        )


class DerivativeSession(Session):
    """``f(x, ...)`` with ``df(x, ...)``: a gradient, an elementwise derivative, or a Jacobian (out..., in...)."""

    def __init__(self, f: Function, df: Function) -> None:
        self.f, self.df = f, df

    def forward(self, arguments: Arguments) -> Array:
        self.arguments = arguments
        self.output = joined([called(self.f, arguments)], line_of(self.f))
        return self.output

    def backward(self, dout: Array) -> dict[str, object]:
        names = float_names(self.arguments)
        found = by_name(called(self.df, self.arguments), names, names)
        return {name: self._chained(dout, gradient, np.shape(self.arguments[name])) for name, gradient in found.items()}

    def _chained(self, dout: Array, gradient: object, shape: tuple[int, ...]) -> object:
        if self.output.ndim == 0:
            return gradient
        found = np.asarray(gradient)
        if found.shape == self.output.shape + shape and shape:
            return np.tensordot(dout, found, self.output.ndim)
        return dout * found if found.shape in {self.output.shape, ()} else gradient


class LossSession(Session):
    """``loss(x, y, ...) -> (loss, gradient)``, as ``softmax_loss`` of CS231n; several gradients are a tuple or dict."""

    def __init__(self, function: Function) -> None:
        self.function = function

    def forward(self, arguments: Arguments) -> Array:
        returned = called(self.function, arguments)
        if not isinstance(returned, tuple) or len(returned) < 2 or np.size(returned[0]) != 1:
            raise UsageError(
                f"{line_of(self.function)}: without a backward, the function must return (loss, gradient), a number as "
                "loss; else pass forward and backward"
            )
        self.arguments, self.gradients = arguments, returned[1] if len(returned) == 2 else returned[1:]
        return np.asarray(returned[0], dtype=np.float64).reshape(())

    def backward(self, dout: Array) -> dict[str, object]:
        names = float_names(self.arguments)
        return by_name(
            self.gradients, names, [name for name, value in self.arguments.items() if isinstance(value, np.ndarray)]
        )


def function_pair(
    name: str, forward: Function, backward: Function | None, given: Mapping[str, Any]
) -> list[Implementation]:
    """Implementations of one or two functions, one for each layout of arguments that forward accepts."""
    session: Callable[[], Session]
    shared = False
    if backward is None:
        session = partial(LossSession, forward)
    elif is_derivative(forward, backward):
        session = partial(DerivativeSession, forward, backward)
    else:
        if not parameters_of(backward):
            raise UsageError(
                f"{line_of(backward)}: backward must take the gradient of the output, as backward(dout, cache)"
            )
        session = partial(PairSession, forward, backward)
        shared = len(parameters_of(backward)) == 1
    found = settled(name, parameters_of(forward), session, given, shares_state=shared)
    return [replace(own, first_only=True) for own in found] if backward is None else found


def is_derivative(f: Function, df: Function) -> bool:
    """Whether the second function takes what the first takes, so that it is its derivative."""
    return required_of(f) == required_of(df) and not _takes_dout(df)


def _takes_dout(backward: Function) -> bool:
    first = next(iter(parameters_of(backward)), "").lower()
    return first.startswith(("d", "grad", "upstream")) and first not in {"data", "d"}
