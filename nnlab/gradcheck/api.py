"""``nnlab.check_gradient``: the gradient of one's own functions, class or layer against numerical derivatives."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nnlab.errors import UsageError
from nnlab.gradcheck.component_implementations import component_implementations
from nnlab.gradcheck.function_pairs import function_pair
from nnlab.gradcheck.gradient_check import GradientCheck
from nnlab.gradcheck.implementation import Implementation
from nnlab.gradcheck.inspection import inspect_gradients
from nnlab.gradcheck.objects import class_implementations, instance_implementations
from nnlab.text import quote

__all__ = ["check_gradient"]


def check_gradient(
    subject: Any, backward: Callable[..., Any] | None = None, /, *, seed: int = 0, **arguments: Any
) -> GradientCheck:
    """Check the gradient of hand-written code against numerical derivatives in float64, and say what may be wrong.

    ``subject`` is one of

    - a function ``forward(x, w, b, ...) -> (out, cache)`` with ``backward(dout, cache) -> (dx, dw, db)``, or
      ``forward(x)`` with ``backward(dout)``;
    - a function ``f(x)`` with its derivative ``df(x)``;
    - a function ``loss(x, y) -> (loss, dx)`` alone;
    - a class or an object with ``forward(x)`` and ``backward(dout)``, whose parameters ``W`` have gradients ``dW``;
    - a layer, loss or penalty of nnlab, as a class or an object.

    ``arguments`` are those of forward and of the constructor by name: arrays are the point, tuples of integers shapes,
    other values settings; those that are left out have examples by their names. The code is checked at N = 4 and N = 1
    where no array is given. Raises UsageError for a signature that is not understood, with the right one, and for an
    exception in the code, with its file and line.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise UsageError(f"seed: must be an integer of at least 0, got {quote(seed)}")
    return check_implementations(implementations_of(subject, backward, arguments), int(seed))


def check_implementations(implementations: list[Implementation], seed: int) -> GradientCheck:
    """Check implementations one after the other; further settings of the same code are reported where they fail."""
    first, *others = implementations
    tensors = inspect_gradients(first, seed)
    for other in others if all(check.passed for check in tensors) else ():
        tensors += [check for check in inspect_gradients(other, seed) if not check.passed]
    return GradientCheck(tuple(tensors), first.notes)


def implementations_of(
    subject: Any, backward: Callable[..., Any] | None, arguments: Mapping[str, Any]
) -> list[Implementation]:
    """What to check, from what the user passed; raises UsageError."""
    if backward is None and (own := component_implementations(subject, arguments)) is not None:
        return own
    if isinstance(subject, type):
        if backward is not None:
            raise UsageError(
                f"backward: {subject.__name__} is a class and has a backward of its own; pass the class alone"
            )
        return class_implementations(subject, arguments)
    if hasattr(subject, "forward") and not callable(getattr(subject, "__wrapped__", None)) and backward is None:
        return instance_implementations(subject, arguments)
    if not callable(subject):
        raise UsageError(
            "the first argument must be a function, a class or an object with forward and backward, or a layer of "
            f"nnlab, got {quote(subject)}"
        )
    if backward is not None and not callable(backward):
        raise UsageError(
            f"backward: must be a function, as backward(dout, cache) -> (dx, ...), got {quote(backward)}; arguments of "
            "forward go by name: check_gradient(forward, backward, x=x)"
        )
    name = getattr(subject, "__name__", type(subject).__name__)
    return function_pair(name.replace("_forward", ""), subject, backward, arguments)
