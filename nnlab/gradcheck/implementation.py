"""Code under test behind one protocol: forward at named arguments, then backward from the gradient of the output."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnlab.core.arrays import Array, Shape
from nnlab.gradcheck.calling import isolated
from nnlab.gradcheck.subjects import Subject, Tensors

Arguments = dict[str, Any]
# Added to the seed of forward.
BACKWARD = 1
JACOBIAN_STEP = 1e-5


@dataclass(frozen=True)
class Sizes:
    """How large the example arrays are: N, and whether the sizes of each pair of axes are equal."""

    samples: int = 4
    square: bool = False


@dataclass(frozen=True)
class Example:
    """Arguments to check at; ``tensors`` are the names of those to differentiate."""

    arguments: Arguments
    tensors: tuple[str, ...]


class Session(ABC):
    """One object of the implementation, or one call, with what forward keeps for backward."""

    @abstractmethod
    def forward(self, arguments: Arguments) -> Array:
        """The output; several outputs are one vector."""

    @abstractmethod
    def backward(self, dout: Array) -> dict[str, object]:
        """What backward gives for each tensor, as it gives it; without the names that it gives nothing for."""

    def output_sizes(self) -> list[int]:
        """The size of each output, where there are several."""
        return []

    def cached(self) -> dict[str, Array]:
        """Arrays of floats that forward kept, by the text that names them."""
        return {}

    def kink_sides(self) -> list[Array]:
        """The sides of declared kinks that the last forward took."""
        return []


@dataclass(frozen=True)
class Implementation:
    """A pair of functions, a class or a component, with example arguments by sizes and seed."""

    name: str
    session: Callable[[], Session]
    example: Callable[[Sizes, int], Example]
    # False where the user gave the arrays: they are checked at no other size.
    resizable: bool = True
    # Whether all sessions have one state, because it is kept in the module.
    shares_state: bool = False
    # Whether the first tensor alone must have a gradient: a function that returns (loss, dW) for W, X and y.
    first_only: bool = False
    # What forward takes, where other arguments are fixed in an object; None: all.
    inputs: tuple[str, ...] | None = None
    # nnlab's own components declare their kinks and are held to a stricter tolerance.
    component: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """One forward and backward: the arguments before it, and which of them it changed in place."""

    example: Example
    output: Array
    dout: Array
    gradients: dict[str, object]
    changed: dict[str, str] = field(default_factory=dict)
    output_sizes: tuple[int, ...] = ()
    cached: Arguments = field(default_factory=dict)

    @property
    def samples(self) -> int | None:
        """N: of a loss the number of labels or rows of x, of a layer the length that x and its output share."""
        arrays = {name: value for name, value in self.example.arguments.items() if np.ndim(value)}
        labels = [value for value in arrays.values() if isinstance(value, np.ndarray) and value.dtype.kind in "iu"]
        rows = [value for name, value in arrays.items() if name.lower() in {"x", "scores"}]
        first = np.shape(self.example.arguments[self.example.tensors[0]])
        if self.output.ndim:
            return first[0] if first[:1] == self.output.shape[:1] and first else None
        counted = [*labels, *rows]
        return len(counted[0]) if counted else first[0] if first else None


def copied(arguments: Arguments) -> Arguments:
    """Arguments that the code under test may modify."""
    return {key: value.copy() if isinstance(value, np.ndarray) else deepcopy(value) for key, value in arguments.items()}


def forward_of(session: Session, arguments: Arguments) -> Array:
    """The output of a fresh copy of the arguments."""
    with isolated():
        return session.forward(copied(arguments))


def direction_of(output: Array, seed: int) -> Array:
    """The gradient that backward receives: 1 for a loss, else a fixed random one of the output's shape."""
    if output.ndim == 0:
        return np.ones(())
    return np.asarray(np.random.default_rng(seed + 1).standard_normal(output.shape))


def run(session: Session, example: Example, seed: int) -> Run:
    """Call forward and backward once."""
    arguments = copied(example.arguments)
    with isolated():
        output = session.forward(arguments)
        kept = np.array(output)
    changed = dict.fromkeys(_changed(arguments, example.arguments), "forward")
    cached = copied(session.cached())
    dout = direction_of(kept, seed)
    given = dout.copy()
    with isolated(BACKWARD):
        gradients = session.backward(given)
    gradients = {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in gradients.items()}
    for name in _changed(arguments, example.arguments):
        changed.setdefault(name, "backward")
    if not np.array_equal(given, dout):
        changed["dout"] = "backward"
    return Run(example, kept, dout, gradients, changed, tuple(session.output_sizes()), cached)


def _changed(after: Arguments, before: Arguments) -> list[str]:
    return [
        name
        for name, value in before.items()
        if isinstance(value, np.ndarray) and not np.array_equal(value, after[name], equal_nan=value.dtype.kind == "f")
    ]


def subject_of(implementation: Implementation, example: Example, dout: Array) -> Subject:
    """f = Σ dout · forward(arguments), as a function of the tensors; its gradients are not asked for."""
    last: list[Session] = []

    def value(at: Tensors) -> complex:
        session = implementation.session()
        last[:] = [session]
        return complex((forward_of(session, example.arguments | at) * dout).sum())

    def gradients(at: Tensors) -> Tensors:
        raise NotImplementedError

    tensors = {name: example.arguments[name] for name in example.tensors}
    return Subject(implementation.name, tensors, value, gradients, lambda at: last[0].kink_sides())


def jacobian_of(implementation: Implementation, example: Example, name: str, shape: Shape) -> Array:
    """∂output/∂tensor by plain central differences, shape (output..., tensor...)."""
    tensor: Array = example.arguments[name]
    columns = np.empty((*shape, tensor.size))
    for index in range(tensor.size):
        moved = [tensor.copy(), tensor.copy()]
        for copy, step in zip(moved, (JACOBIAN_STEP, -JACOBIAN_STEP), strict=True):
            copy.reshape(-1)[index] += step
        right, left = (forward_of(implementation.session(), example.arguments | {name: copy}) for copy in moved)
        columns[..., index] = (right - left) / (2 * JACOBIAN_STEP)
    return columns.reshape(*shape, *tensor.shape)
