"""What can be checked in a file of one's own that registers nothing: pairs of functions and classes, by their names."""

import inspect
from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

from nnlab.errors import UsageError
from nnlab.gradcheck.api import check_implementations, implementations_of
from nnlab.gradcheck.gradient_check import GradientCheck
from nnlab.text import quote

EXAMPLES = "GRADCHECK"
"""The name of a dictionary in the file: arguments by the name of a function or class, where examples are not enough."""
DERIVATIVES = ("d{}", "{}_derivative", "{}_grad", "{}_gradient", "{}_prime", "{}_backward")
NOTHING = (
    "nothing to check: there is no class with forward and backward, no pair of functions affine_forward and "
    "affine_backward (or forward and backward, f and df), no function softmax_loss that returns (loss, gradient)"
)


def subjects_in(module: ModuleType) -> dict[str, tuple[Any, ...]]:
    """Classes, pairs of functions and losses defined in a module, by the name to select them with."""
    own = {name: value for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__}
    functions = {name: value for name, value in own.items() if inspect.isfunction(value)}
    found: dict[str, tuple[Any, ...]] = {
        name: (value,)
        for name, value in own.items()
        if isinstance(value, type)
        and not inspect.isabstract(value)
        and callable(getattr(value, "forward", None))
        and callable(getattr(value, "backward", None))
    }
    used = set()
    for name in functions:
        if forward := _forward_of(name, functions):
            label = name.replace("_backward", "").replace("backward", "forward")
            found[label] = (functions[forward], functions[name])
            used |= {name, forward}
    for name in functions:
        derivative = next((form.format(name) for form in DERIVATIVES if form.format(name) in functions), None)
        if derivative and name not in used and derivative not in used:
            found[name] = (functions[name], functions[derivative])
            used |= {name, derivative}
    losses = {name: (value,) for name, value in functions.items() if "loss" in name.lower() and name not in used}
    return found | {name: value for name, value in losses.items() if len(inspect.signature(*value).parameters) >= 2}


def check_own(name: str, subject: tuple[Any, ...], examples: Mapping[str, Any], seed: int) -> GradientCheck:
    """Check one of the subjects of a module, with the arguments that the file gives for it."""
    backward = subject[1] if len(subject) > 1 else None
    arguments = examples.get(name, {})
    if not isinstance(arguments, Mapping):
        raise UsageError(f"{EXAMPLES}[{quote(name)}] must be a dictionary of arguments, as {{'x': (4, 7)}}")
    implementations = implementations_of(subject[0], backward, arguments)
    if backward is not None:
        implementations = [replace(own, name=name) for own in implementations]
    return check_implementations(implementations, seed)


def examples_in(module: ModuleType) -> Mapping[str, Any]:
    """The dictionary GRADCHECK of a file; raises UsageError where it is something else."""
    examples = getattr(module, EXAMPLES, {})
    if not isinstance(examples, Mapping):
        raise UsageError(f"{EXAMPLES} must be a dictionary, as {{'affine': {{'x': (4, 7)}}}}, got {quote(examples)}")
    return examples


def _forward_of(name: str, functions: Mapping[str, Any]) -> str | None:
    """The forward that belongs to a backward: conv_forward_naive, or batchnorm_forward to batchnorm_backward_alt."""
    if "backward" not in name:
        return None
    before = name.partition("backward")[0]
    return next(
        (found for found in (name.replace("backward", "forward"), f"{before}forward") if found in functions), None
    )
