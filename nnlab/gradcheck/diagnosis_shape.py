"""Guesses at gradients of the wrong shape."""

from itertools import combinations, permutations

import numpy as np

from nnlab.core.arrays import Array
from nnlab.gradcheck.evidence import SAME, Diagnosis, Evidence
from nnlab.gradcheck.implementation import Sizes


def diagnose_shape(e: Evidence) -> Diagnosis:
    """What is behind a gradient whose shape is not that of its tensor."""
    found, wanted = e.analytic.shape, e.numerical.shape
    shapes = f"has shape {found}, {e.name} has {wanted}"
    return _batch_axis(e, shapes) or _axes_kept(e, shapes) or _reordered(e, shapes) or _summed(e, shapes)


def _batch_axis(e: Evidence, shapes: str) -> Diagnosis | None:
    extra = e.analytic.ndim - e.numerical.ndim
    if (
        extra > 0
        and 1 not in e.analytic.shape[:extra]
        and e.analytic.shape[extra:] == e.numerical.shape
        and e.analytic.size > e.numerical.size
    ):
        axes = tuple(range(extra))
        residual = e.residual(e.analytic.sum(axes), e.numerical)
        where = "axis=0" if extra == 1 else f"axis={axes}"
        if residual < SAME:
            text = f"the gradient {shapes}: every sample uses {e.name}, so sum over them: .sum({where})"
            return Diagnosis("not summed over the batch", text, residual)
        mean = e.residual(e.analytic.mean(axes), e.numerical)
        if mean < SAME:
            text = f"the gradient {shapes}: every row of it is the sum over the samples already, keep one of them"
            return Diagnosis("not summed over the batch", text, mean)
    for count in range(1, e.analytic.ndim):
        for over in combinations(range(e.analytic.ndim), count):
            if all(e.analytic.shape[axis] > 1 for axis in over):
                residual = e.residual(e.analytic.sum(over), e.numerical)
                if residual < SAME:
                    where = f"axis={over[0] if count == 1 else over}"
                    text = f"the gradient {shapes}: sum over the other axes too, .sum({where})"
                    return Diagnosis("not summed over the batch", text, residual)
    return None


def _axes_kept(e: Evidence, shapes: str) -> Diagnosis | None:
    if e.analytic.size != e.numerical.size:
        return None
    residual = e.residual(e.analytic.reshape(e.numerical.shape), e.numerical)
    if residual < SAME:
        ones = 1 in e.analytic.shape and tuple(s for s in e.analytic.shape if s != 1) == e.numerical.shape
        hint = "leave out keepdims=True" if ones else f"reshape it to {e.name}.shape"
        return Diagnosis("wrong shape", f"the gradient {shapes}; the numbers are right: {hint}", residual)
    return None


def _reordered(e: Evidence, shapes: str) -> Diagnosis | None:
    for order in permutations(range(e.analytic.ndim)):
        if e.analytic.ndim <= 4 and order != tuple(range(e.analytic.ndim)):
            residual = e.residual(e.analytic.transpose(order), e.numerical)
            if residual < SAME:
                how = ".T" if e.analytic.ndim == 2 else f".transpose{order}"
                return Diagnosis("transposed", f"the gradient {shapes}; it is the transpose: take {how}", residual)
    if e.analytic.ndim == 2 and e.analytic.T.shape == e.numerical.shape:
        c = factor(e.analytic.T, e)
        if c is not None:
            text = f"the gradient {shapes}; it is the transpose, and {c:.6g} times too large as well"
            return Diagnosis("transposed", text)
    return None


def _summed(e: Evidence, shapes: str) -> Diagnosis:
    """A sum over any axes leaves the sum of all numbers as it is."""
    total, right = float(e.analytic.sum()), float(e.numerical[e.known].sum())
    if e.known.all() and abs(total - right) <= SAME * max(abs(total), abs(right)) and e.scale:
        if e.analytic.size < e.numerical.size and e.analytic.size == 1:
            text = f"the gradient {shapes}: it is summed over every axis; each number of {e.name} has one of its own"
            return Diagnosis("summed too often", text)
        text = f"the gradient {shapes}; its numbers have the right sum ({total:.6g}): the sum goes over the wrong axis"
        return Diagnosis("wrong axis", text)
    if e.analytic.shape == e.dout.shape and e.analytic.ndim and np.array_equal(e.analytic, e.dout):
        return Diagnosis("wrong shape", f"the gradient {shapes}: it is dout, unchanged")
    if (cropped := _cropped(e)) is not None:
        text = f"the gradient {shapes}: cut the padding off, {e.name} is in the middle of it"
        return Diagnosis("wrong shape", text, cropped)
    if e.analytic.shape == e.output.shape and e.output.ndim:
        return Diagnosis("wrong shape", f"the gradient {shapes}: that is the shape of the output")
    same = [name for name, value in e.arguments.items() if name != e.name and np.shape(value) == e.analytic.shape]
    if same and e.analytic.ndim:
        text = f"the gradient {shapes}, which is that of {same[0]}: are the gradients returned in the order of forward?"
        return Diagnosis("wrong shape", text)
    square = e.at(Sizes(square=True))
    if square is not None and e.residual(*square) < SAME:
        text = f"the gradient {shapes}: it is right where the sizes are equal; are two of them or two axes exchanged?"
        return Diagnosis("only for non-square shapes", text)
    return Diagnosis("wrong shape", f"the gradient {shapes}; it must be that of {e.name}")


def _cropped(e: Evidence) -> float | None:
    """How far the middle of a padded gradient is from the right one."""
    if e.analytic.ndim != e.numerical.ndim or any(
        a < b for a, b in zip(e.analytic.shape, e.numerical.shape, strict=True)
    ):
        return None
    edges = [(a - b) // 2 for a, b in zip(e.analytic.shape, e.numerical.shape, strict=True)]
    middle = tuple(slice(edge, edge + size) for edge, size in zip(edges, e.numerical.shape, strict=True))
    residual = e.residual(e.analytic[middle], e.numerical)
    return residual if residual < SAME else None


def factor(candidate: Array, e: Evidence) -> float | None:
    """The c for which candidate = c · numerical, where there is one."""
    if candidate.shape != e.numerical.shape:
        return None
    right, found = e.numerical[e.known], candidate[e.known]
    squares = float(right @ right)
    if not squares or not np.isfinite(found).all():
        return None
    c = float(found @ right) / squares
    norm = float(np.linalg.norm(found))
    return c if norm and float(np.linalg.norm(found - c * right)) <= SAME * norm else None
