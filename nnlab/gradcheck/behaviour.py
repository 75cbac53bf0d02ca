"""Mistakes that one forward and one backward do not show: state that outlives a call, changed arguments, chance."""

from dataclasses import replace

import numpy as np

from nnlab.core.arrays import Array
from nnlab.gradcheck.calling import CodeRaised, isolated
from nnlab.gradcheck.evidence import SAME, Diagnosis, distance
from nnlab.gradcheck.implementation import BACKWARD, Example, Implementation, Run, Sizes, direction_of, forward_of, run


def behaviours(implementation: Implementation, first: Run, seed: int) -> dict[str, Diagnosis]:
    """What is wrong in how the implementation behaves, by the tensor concerned, ``forward`` or ``dout``."""
    found: dict[str, Diagnosis] = {}
    for name, place in first.changed.items():
        if name != "dout" or implementation.component:
            text = f"{place} changes its argument {name} in place, so the caller's array is another one afterwards"
            found[name] = Diagnosis("changes an argument", f"{text}: work on a copy, {name}.copy()")
    try:
        found = {**_accumulating(implementation, first, seed), **found}
        for name, diagnosis in _stale(implementation, first, seed).items():
            found.setdefault(name, diagnosis)
    except CodeRaised as error:
        text = f"a second call raises {error}: does the first leave something behind?"
        found.setdefault("forward", Diagnosis("stale cache", text))
    return found


def random_forward(implementation: Implementation, first: Run) -> Diagnosis | None:
    """Whether forward gives another output for the same arguments and the same seeds."""
    again = forward_of(implementation.session(), first.example.arguments)
    if again.shape == first.output.shape and np.array_equal(again, first.output, equal_nan=True):
        return None
    text = (
        "forward gives another output when it is called again with the same arguments, so there is no derivative: draw "
        "its random numbers from np.random or from a generator with a fixed seed made in forward, or pass the mask in"
    )
    return Diagnosis("random forward", text)


def _accumulating(implementation: Implementation, first: Run, seed: int) -> dict[str, Diagnosis]:
    """Forward and backward twice on one object: the second gradient must be the first."""
    session = implementation.session()
    run(session, first.example, seed)
    second = run(session, first.example, seed).gradients
    found = {}
    for name, gradient in first.gradients.items():
        once, twice = _numbers(gradient), _numbers(second.get(name))
        if once is None or twice is None or once.shape != twice.shape or not once.any():
            continue
        apart = distance(twice, once)
        if apart < SAME or np.isnan(once).any():
            continue
        double = distance(twice, 2 * once)
        if double < SAME:
            text = f"the second forward and backward give twice the gradient of {name}: it is added to the last one"
            found[name] = Diagnosis("accumulates", f"{text} (+=); assign it with =, or set it to 0 first", double)
        else:
            text = f"the second forward and backward with the same arguments give another gradient of {name}"
            found[name] = Diagnosis("stale cache", f"{text}: something is left over from the first call")
    return found


def _stale(implementation: Implementation, first: Run, seed: int) -> dict[str, Diagnosis]:
    """Forward at another point before, on the same object and on another one: neither may matter."""
    other = _other_point(implementation, first, seed)
    if other is None:
        return {}
    found = {}
    session = implementation.session()
    forward_of(session, other.arguments)
    for name in _different(first, run(session, first.example, seed)):
        text = f"the gradient of {name} is that of an earlier forward: save the cache in every call of forward"
        found[name] = Diagnosis("stale cache", text)
    if implementation.shares_state or found:
        return found
    session, between = implementation.session(), implementation.session()
    forward_of(session, first.example.arguments)
    forward_of(between, other.arguments)
    with isolated(BACKWARD):
        gradients = session.backward(direction_of(first.output, seed))
    for name in _different(first, replace(first, gradients=gradients)):
        text = f"a forward of another layer changes the gradient of {name}: the cache is shared between layers"
        found[name] = Diagnosis("shared cache", f"{text}; keep it in the object (self) or return it, not in a global")
    return found


def _other_point(implementation: Implementation, first: Run, seed: int) -> Example | None:
    """The same parameters and other inputs with the same shapes."""
    other = implementation.example(Sizes(), seed + 1)
    mixed = dict(first.example.arguments)
    inputs = [name for name in first.example.tensors if implementation.inputs is None or name in implementation.inputs]
    if not inputs:
        return None
    for name in inputs[:1]:
        if np.array_equal(other.arguments[name], mixed[name]):
            mixed[name] = mixed[name][::-1] + 0.5 if np.ndim(mixed[name]) else mixed[name] + 0.5
        else:
            mixed[name] = other.arguments[name]
    return Example(mixed, first.example.tensors)


def _different(first: Run, second: Run) -> list[str]:
    """The tensors whose gradients differ between two runs."""
    names = []
    for name, gradient in first.gradients.items():
        once, again = _numbers(gradient), _numbers(second.gradients.get(name))
        if once is None or again is None or not np.isfinite(once).all():
            continue
        if once.shape != again.shape or distance(once, again) > SAME:
            names.append(name)
    return names


def _numbers(value: object) -> Array | None:
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    return array.astype(np.float64) if array.dtype.kind in "fiub" else None
