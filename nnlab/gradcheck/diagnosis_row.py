"""Guesses at layers whose outputs depend on a whole row: softmax, log-softmax, normalised rows; and at x · g(x)."""

from collections.abc import Iterator

import numpy as np

from nnlab.core.arrays import Array
from nnlab.gradcheck.evidence import SAME, Diagnosis, Evidence, distance

# At most this many arrays are combined: all combinations of three are tried.
MOST_ARRAYS = 14


def wrong_row_sum(e: Evidence) -> Diagnosis | None:
    """dx = p · dout − q · Σ dout · r over an axis: the sum is over the other axis, or missing."""
    if e.output.ndim != 2 or e.dout.shape != e.numerical.shape or not e.known.all():
        return None
    arrays = _arrays(e)
    outer = [(text, p * e.dout) for text, p in arrays.items()]
    sums = {axis: {r: (e.dout * array).sum(axis, keepdims=True) for r, array in arrays.items()} for axis in (0, 1)}
    for p, first in outer:
        for q, factor in arrays.items():
            for axis in (1, 0):
                for r, total in sums[axis].items():
                    if distance(first - factor * total, e.numerical) >= SAME:
                        continue
                    found = _compared(e, (p, q, r), axis, first, factor, sums[1 - axis][r])
                    if found is not None:
                        return found
    return None


def _compared(
    e: Evidence, texts: tuple[str, str, str], axis: int, first: Array, factor: Array, other: Array
) -> Diagnosis | None:
    p, q, r = texts
    right = f"{_product('dout', p)} - {_product(_sum(r, axis), q)}"
    residual = e.residual(first - factor * other)
    if residual < SAME:
        text = f"{right} is right; the sum is taken over axis={1 - axis}"
        return Diagnosis("wrong axis", text, residual)
    if e.residual(first) < SAME:
        return Diagnosis("missing term", f"{right} is right: the part with the sum over axis={axis} is missing")
    return None


def _sum(r: str, axis: int) -> str:
    inner = "dout" if r == "1" else f"({r} * dout)"
    return f"{inner}.sum(axis={axis}, keepdims=True)"


def _product(text: str, factor: str) -> str:
    return text if factor == "1" else f"{factor} * {text}"


def _arrays(e: Evidence) -> dict[str, Array]:
    """1 and known arrays in the shape of the tensor, without those that are equal to an earlier one."""
    found: dict[str, Array] = {"1": np.ones(e.numerical.shape)}
    for text, quantity in [*_outputs(e), *e.quantities.items()]:
        if text == "dout" or not np.isfinite(quantity).all():
            continue
        try:
            shaped = np.broadcast_to(quantity, e.numerical.shape)
        except ValueError:
            continue
        if len(found) < MOST_ARRAYS and not any(np.allclose(shaped, other) for other in found.values()):
            found[text] = shaped
    return found


def _outputs(e: Evidence) -> Iterator[tuple[str, Array]]:
    yield "y", e.output
    with np.errstate(all="ignore"):
        yield "exp(y)", np.exp(e.output)
        x = np.linalg.norm(e.tensor, axis=-1, keepdims=True)
        yield "1 / norm", 1 / x
        yield "y / norm", e.output / x


def product_rule(e: Evidence) -> Diagnosis | None:
    """Y = x · g(x) has the derivative g + x · g′; one of the two is missing."""
    if not e.dout.shape == e.output.shape == e.numerical.shape == e.tensor.shape or not np.all(e.tensor):
        return None
    without = e.dout * e.output / e.tensor
    residual = e.residual(without)
    if residual < SAME:
        text = f"backward gives dout * g for y = {e.name} * g({e.name}): the other term of the product rule is missing"
        return Diagnosis("missing term", f"{text}, dout * {e.name} * g'({e.name})", None)
    residual = e.residual(e.numerical - without)
    if residual < SAME:
        text = f"y = {e.name} * g({e.name}) has two terms by the product rule: dout * g({e.name}) is missing"
        return Diagnosis("missing term", text, residual)
    return None
