"""What a diagnosis starts from: a wrong gradient, the numerical one, and the run that they belong to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from nnlab.core.arrays import Array
from nnlab.gradcheck.implementation import Arguments, Sizes

Kind = Literal[
    "factor N",
    "factor 1/N",
    "factor 2",
    "factor 1/2",
    "constant factor",
    "sign",
    "missing factor",
    "extra factor",
    "missing term",
    "extra term",
    "transposed",
    "flipped",
    "wrong order",
    "wrong axis",
    "not summed over the batch",
    "summed too often",
    "part of the outputs",
    "mask",
    "some entries",
    "wrong formula",
    "accumulates",
    "stale cache",
    "shared cache",
    "changes an argument",
    "not written",
    "not finite",
    "wrong shape",
    "wrong dtype",
    "random forward",
    "undeclared kink",
    "only for a batch",
    "only for one sample",
    "only for non-square shapes",
    "unknown",
]

# Two gradients this close in relative L2 norm are the same for a diagnosis.
SAME = 1e-5


@dataclass(frozen=True)
class Diagnosis:
    """A guess at a mistake: its kind, a sentence, and the relative L2 error that is left when it is mended."""

    kind: Kind
    sentence: str
    residual: float | None = None

    def __str__(self) -> str:
        rest = "" if self.residual is None else f" (relative error {self.residual:.1e} with that correction)"
        return f"{self.kind}: {self.sentence}{rest}"


@dataclass(frozen=True, eq=False)
class Evidence:
    """One tensor whose gradient is wrong; ``analytic`` is as the code gave it, ``numerical`` NaN at kinks."""

    name: str
    analytic: Array
    numerical: Array
    arguments: Arguments
    output: Array
    dout: Array
    samples: int | None
    output_sizes: tuple[int, ...] = ()
    # What forward kept for backward.
    cached: Arguments = field(default_factory=dict)
    # Analytic and numerical gradient at other sizes; None where they cannot be computed.
    at: Callable[[Sizes], tuple[Array, Array] | None] = lambda sizes: None
    # The numerical gradient with dout set to 0 outside a mask.
    from_outputs: Callable[[Array], Array] | None = None

    @property
    def tensor(self) -> Array:
        """The value of the tensor."""
        value: Array = self.arguments[self.name]
        return value

    @cached_property
    def known(self) -> Array:
        """Where the numerical gradient is known."""
        return np.isfinite(self.numerical)

    @cached_property
    def scale(self) -> float:
        """The largest number of either gradient."""
        return float(max(np.abs(self.numerical[self.known]).max(initial=0), np.abs(self.analytic).max(initial=0)))

    def residual(self, candidate: Array, against: Array | None = None) -> float:
        """The relative L2 distance of a candidate from the analytic gradient (or another); inf for another shape."""
        against = self.analytic if against is None else against
        if np.shape(candidate) != against.shape:
            return float("inf")
        known = self.known if against.shape == self.known.shape else np.ones(against.shape, bool)
        return distance(np.asarray(candidate)[known], against[known])

    @cached_property
    def quantities(self) -> dict[str, Array]:
        """Arrays that formulas are made of, by the text a learner would write."""
        return dict(_quantities(self))


def distance(a: Array, b: Array) -> float:
    """‖a − b‖ / the larger norm; 0 where both are 0, inf where either is not finite."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("inf")
    larger = max(float(np.linalg.norm(a)), float(np.linalg.norm(b)))
    return float(np.linalg.norm(a - b)) / larger if larger else 0.0


def _quantities(e: Evidence) -> Iterator[tuple[str, Array]]:
    """Functions of the arguments, the output and dout, each entered under one text."""
    y = e.output
    for name, value in e.arguments.items():
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
            continue
        yield name, value
        if (value.ndim >= 2 and value.shape == y.shape) or (y.ndim == 0 and value.ndim == 2):
            with np.errstate(all="ignore"):
                exponential = np.exp(value)
                yield f"exp({name})", exponential
                yield f"sigmoid({name})", 1 / (1 + np.exp(-value))
                yield f"(1 - sigmoid({name}))", 1 / (1 + exponential)
                yield f"(1 - {name})", 1 - value
                yield f"(1 - {name} ** 2)", 1 - value**2
                yield f"{name} ** 2", value**2
            yield f"({name} > 0)", (value > 0).astype(float)
            for axes, label in ((0, "axis=0"), (-1, "axis=1"), ((0, 2, 3), "axis=(0, 2, 3)")):
                if isinstance(axes, tuple) and value.ndim != 4:
                    continue
                centred = value - value.mean(axes, keepdims=True)
                std = np.sqrt((centred**2).mean(axes, keepdims=True) + 1e-7)
                yield f"({name} - mean, {label})", centred
                yield f"normalised {name} ({label})", centred / std
                yield f"std({name}, {label})", std
                yield f"var({name}, {label})", std**2
    if y.ndim:
        # An argument may have the same name.
        name = "out" if "y" in e.arguments else "y"
        yield name, y
        yield from _slopes(name, y)
        yield f"(1 + {name})", 1 + y
        yield f"{name} ** 2", y**2
        yield f"({name} != 0)", (y != 0).astype(float)
        yield "dout", e.dout
        for text, kept in e.cached.items():
            if kept.shape == y.shape and not any(np.array_equal(kept, known) for known in (y, *e.arguments.values())):
                yield text, kept
                yield from _slopes(text, kept)
    for name, value in e.arguments.items():
        if isinstance(value, np.ndarray) and value.dtype.kind in "iu" and value.ndim == 1:
            first = next(iter(e.arguments.values()))
            if isinstance(first, np.ndarray) and first.ndim == 2 and value.max(initial=0) < first.shape[1]:
                yield f"one_hot({name})", np.eye(first.shape[1])[value]


def scalars_of(arguments: Arguments) -> dict[str, float]:
    """The numbers among the arguments, those in dictionaries too, that a factor could come from."""
    found: dict[str, float] = {}
    for name, value in arguments.items():
        for key, number in value.items() if isinstance(value, dict) else [(name, value)]:
            if isinstance(number, int | float) and not isinstance(number, bool):
                found[f"{name}['{key}']" if isinstance(value, dict) else key] = float(number)
    return found


def _slopes(name: str, y: Array) -> Iterator[tuple[str, Array]]:
    """The derivatives of sigmoid, tanh and ReLU by their output."""
    yield f"(1 - {name})", 1 - y
    yield f"{name} * (1 - {name})", y * (1 - y)
    yield f"(1 - {name} ** 2)", 1 - y**2
    yield f"({name} > 0)", (y > 0).astype(float)
