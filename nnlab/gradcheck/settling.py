"""Finding example arguments that a forward accepts."""

import inspect
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

import numpy as np

from nnlab.core.arrays import Array
from nnlab.errors import UsageError
from nnlab.gradcheck.calling import CodeRaised
from nnlab.gradcheck.example_arrays import example_of
from nnlab.gradcheck.implementation import Arguments, Example, Implementation, Session, Sizes, forward_of, run
from nnlab.gradcheck.layouts import Layout, layouts_for
from nnlab.text import quote

# More layouts than the first are checked where their names say that the code should accept them.
ALSO = {"affine": "folded", "linear": "folded", "dense": "folded", "pool": "pool"}


@lru_cache(256)
def parameters_of(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """The parameters of a function, without *args and **kwargs."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        raise UsageError(f"{function!r}: has no signature that can be read; wrap it in a function of its own") from None
    packed = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {name: parameter for name, parameter in signature.parameters.items() if parameter.kind not in packed}


def called(function: Callable[..., Any], arguments: Arguments) -> Any:
    """The function at named arguments, those that it takes by position only in their order."""
    parameters = parameters_of(function).values()
    first = [parameter.name for parameter in parameters if parameter.kind is inspect.Parameter.POSITIONAL_ONLY]
    by_position = [arguments[name] for name in first if name in arguments]
    return function(*by_position, **{name: value for name, value in arguments.items() if name not in first})


def required_of(function: Callable[..., Any]) -> list[str]:
    """The parameters without a default."""
    parameters = parameters_of(function).values()
    return [parameter.name for parameter in parameters if parameter.default is inspect.Parameter.empty]


def float_names(arguments: Arguments) -> list[str]:
    """The arguments that are arrays of floats."""
    return [name for name, value in arguments.items() if isinstance(value, np.ndarray) and value.dtype.kind == "f"]


def settled(
    name: str,
    parameters: Mapping[str, inspect.Parameter],
    session: Callable[[], Session],
    given: Mapping[str, Any],
    *,
    shares_state: bool = False,
    inputs: tuple[str, ...] | None = None,
) -> list[Implementation]:
    """The first layout that forward and backward accept, then others that must work too; raises UsageError."""
    for unknown in given.keys() - parameters.keys():
        raise UsageError(
            f"{name}: forward has no argument {quote(unknown)}; it takes {', '.join(parameters) or 'none'}"
        )
    resizable = not any(isinstance(value, np.ndarray | list | tuple) for value in given.values())
    layouts = layouts_for(name, list(parameters))
    make = partial(_implementation, name, parameters, session, given, shares_state, resizable, inputs)
    layout, implementation = _accepted(
        name, layouts if resizable or _some_missing(parameters, given) else layouts[:1], make
    )
    return [implementation, *_others(name, layout, layouts, make)] if resizable else [implementation]


def _accepted(
    name: str, layouts: list[Layout], make: Callable[[Layout], Implementation]
) -> tuple[Layout, Implementation]:
    """The first layout that forward and backward accept; else the first that forward accepts."""
    error = ""
    second_best: tuple[Layout, Implementation] | None = None
    for layout in layouts:
        # Other labels may suit backward; other shapes would hide a mistake in it.
        if second_best and layout.kind not in {second_best[0].kind, "vector"}:
            continue
        implementation = make(layout)
        example = implementation.example(Sizes(), 0)
        problem = _problem(implementation, example)
        if problem is None:
            return layout, implementation
        if problem[0] == "backward":
            second_best = second_best or (layout, implementation)
        error = error or problem[1] + _called_with(example)
    if second_best is None:
        hint = "pass arrays of the right shapes, or shapes, by the names of its arguments: x=(4, 7)"
        raise CodeRaised(f"{name}: forward accepts no example: {error}; {hint}")
    return second_best


def _others(
    name: str, first: Layout, layouts: list[Layout], make: Callable[[Layout], Implementation]
) -> list[Implementation]:
    kinds = {kind for word, kind in ALSO.items() if word in name.lower()}
    found = []
    for layout in layouts:
        if layout.kind in kinds and layout != first and layout.out_first == first.out_first:
            other = make(layout)
            if (_problem(other, other.example(Sizes(), 0)) or ("", ""))[0] != "forward":
                found.append(other)
    return found


def _implementation(
    name: str,
    parameters: Mapping[str, inspect.Parameter],
    session: Callable[[], Session],
    given: Mapping[str, Any],
    shares_state: bool,
    resizable: bool,
    inputs: tuple[str, ...] | None,
    layout: Layout,
) -> Implementation:
    def example(sizes: Sizes, seed: int) -> Example:
        return example_of(name, parameters, layout, given, sizes, seed)

    return Implementation(name, session, example, resizable=resizable, shares_state=shares_state, inputs=inputs)


def _some_missing(parameters: Mapping[str, inspect.Parameter], given: Mapping[str, Any]) -> bool:
    return any(
        parameter.default is inspect.Parameter.empty for name, parameter in parameters.items() if name not in given
    )


def _problem(implementation: Implementation, example: Example) -> tuple[str, str] | None:
    """Where an exception comes from, forward or backward, and what it says."""
    try:
        output = forward_of(implementation.session(), example.arguments)
    except CodeRaised as error:
        return "forward", str(error)
    if output.dtype.kind == "f" and not np.isfinite(output).all():
        return "backward", "forward gives NaN"
    try:
        run(implementation.session(), example, 0)
    except CodeRaised as error:
        return "backward", str(error)
    return None


def _called_with(example: Example) -> str:
    """The shapes of a call, for messages."""
    parts = [f"{name} {_shape(value)}" for name, value in example.arguments.items()]
    return f" (called with {', '.join(parts)})" if parts else ""


def _shape(value: Any) -> str:
    if isinstance(value, np.ndarray):
        array: Array = value
        return f"of shape {array.shape}" if array.dtype.kind == "f" else f"{array.dtype} of shape {array.shape}"
    return quote(value)
