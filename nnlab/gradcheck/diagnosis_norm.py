"""Guesses at the backward pass of a normalisation: which mean is taken over which axis, and what is missing."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from nnlab.core.arrays import Array
from nnlab.gradcheck.evidence import SAME, Diagnosis, Evidence

Axes = tuple[int, ...]


def wrong_normalisation(e: Evidence) -> Diagnosis | None:
    """dx = (dx̂ − mean(dx̂) − x̂ · mean(dx̂ · x̂)) / std with both means over the axes of the forward pass."""
    x = e.tensor
    if x.shape != e.dout.shape or x.ndim not in {2, 4} or not e.known.all():
        return None
    choices: list[Axes] = [(0,), (1,)] if x.ndim == 2 else [(0, 2, 3), (1, 2, 3), (2, 3)]
    for own in choices:
        for scaled in (e.dout, *_scaled(e)):
            epsilon = _epsilon(e, own, scaled)
            if epsilon is None:
                continue
            found = _found(e, own, scaled, epsilon, choices)
            if found is not None:
                return found
    return None


def _epsilon(e: Evidence, own: Axes, scaled: Array) -> float | None:
    """The ε for which the formula is the numerical gradient, where there is one."""
    for epsilon in (1e-5, 1e-7, 1e-8, 0.0, 1e-3, 1e-6):
        if e.residual(_backward(e.tensor, scaled, own, own, own, epsilon), e.numerical) < SAME:
            return epsilon
    return None


def _found(e: Evidence, own: Axes, scaled: Array, epsilon: float, choices: list[Axes]) -> Diagnosis | None:
    options: list[Axes | None] = [*choices, None]
    for mean, variance in product(options, options):
        residual = e.residual(_backward(e.tensor, scaled, own, mean, variance, epsilon))
        if residual < SAME:
            return _worded(own, mean, variance, e)
    return None


def _worded(own: Axes, mean: Axes | None, variance: Axes | None, e: Evidence) -> Diagnosis | None:
    right = _axis(own)
    missing = [text for text, axes in (("mean(dx̂)", mean), ("x̂ · mean(dx̂ · x̂)", variance)) if axes is None]
    moved = [(text, axes) for text, axes in (("mean(dx̂)", mean), ("mean(dx̂ · x̂)", variance)) if axes not in {None, own}]
    if missing:
        through = {1: "the mean" if mean is None else "the variance", 2: "the mean and the variance"}[len(missing)]
        sentence = f"dx = (dx̂ − mean(dx̂) − x̂ · mean(dx̂ · x̂)) / std lacks {' and '.join(missing)}, {right}: "
        return Diagnosis("missing term", f"{sentence}every x acts on {through} too")
    if moved:
        wrong = ", ".join(f"{text} is taken over {_axis(axes)}" for text, axes in moved if axes is not None)
        return Diagnosis("wrong axis", f"{wrong}; forward normalises over {right}")
    return None


def _axis(axes: Axes) -> str:
    return f"axis={axes[0]}" if len(axes) == 1 else f"axis={axes}"


def _backward(x: Array, scaled: Array, own: Axes, mean: Axes | None, variance: Axes | None, epsilon: float) -> Array:
    centred = x - x.mean(own, keepdims=True)
    std = np.sqrt((centred**2).mean(own, keepdims=True) + epsilon)
    normalised = centred / (std + (std == 0))
    result = scaled.copy()
    if mean is not None:
        result = result - scaled.mean(mean, keepdims=True)
    if variance is not None:
        result = result - normalised * (scaled * normalised).mean(variance, keepdims=True)
    return np.asarray(result / (std + (std == 0)))


def _scaled(e: Evidence) -> Iterator[Array]:
    """Dout times a vector of scales."""
    for value in e.arguments.values():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size in e.dout.shape:
            for shape in ((1, -1, 1, 1), value.shape) if e.dout.ndim == 4 else (value.shape,):
                try:
                    scaled = e.dout * value.reshape(shape)
                except ValueError:
                    continue
                if scaled.shape == e.dout.shape:
                    yield scaled
