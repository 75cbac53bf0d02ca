"""Guesses at gradients that are wrong in some entries only: a forgotten mask, a border, one side of a kink."""

from collections.abc import Iterator

import numpy as np

from nnlab.core.arrays import Array
from nnlab.gradcheck.evidence import SAME, Diagnosis, Evidence, distance


def forgotten_mask(e: Evidence) -> Diagnosis | None:
    """Right (or in proportion) where the gradient is not 0, and not 0 where it should be."""
    zero = e.known & (np.abs(e.numerical) <= 1e-9 * e.scale)
    rest = e.known & ~zero
    wrong = zero & (np.abs(e.analytic) > 1e-6 * e.scale)
    if not wrong.any() or not rest.any():
        return None
    right, found = e.numerical[rest], e.analytic[rest]
    c = float(found @ right) / float(right @ right)
    residual = distance(found, c * right)
    if residual > SAME or np.count_nonzero(rest) < 2:
        return None
    count = f"{np.count_nonzero(wrong)} of {np.count_nonzero(zero)} numbers that should be 0 are not"
    where = next((f", at {text}" for text, region in _regions(e) if np.array_equal(region & e.known, zero)), "")
    if abs(c) < SAME:
        text = f"{count}{where}, and the others are 0: the mask is that of the other side"
        return Diagnosis("mask", text)
    also = "" if abs(c - 1) < SAME else f"; the others are {c:.6g} times what they should be"
    text = f"{count}{where}; the others are right" if not also else f"{count}{where}{also}"
    return Diagnosis("mask", f"{text}: multiply by the mask of the forward pass", residual)


def wrong_region(e: Evidence) -> Diagnosis | None:
    """The wrong entries are exactly those of a condition on an array."""
    wrong, head, zeros = _wrong(e)
    for text, region in _regions(e) if head else ():
        if np.array_equal(region & e.known, wrong):
            right = e.numerical[wrong]
            c = float(e.analytic[wrong] @ right) / float(right @ right) if right.any() else 0.0
            same = right.size > 2 and distance(e.analytic[wrong], c * right) < SAME and not zeros
            times = f", {c:.6g} times what they should be" if same else ""
            return Diagnosis("some entries", f"{head}, exactly those where {text}{times}; the others are right")
    return None


def factor_by_side(e: Evidence) -> Diagnosis | None:
    """One constant factor where a condition holds, another where it does not: the sides of a kink exchanged."""
    if np.count_nonzero(e.known) < 6:
        return None
    for text, region in _regions(e):
        a, b = _factor(e, region & e.known), _factor(e, ~region & e.known)
        if a is None or b is None or abs(a - b) <= SAME:
            continue
        sides = f"the numbers are {a:.6g} times what they should be where {text}, {b:.6g} times elsewhere"
        if abs(a * b - 1) < SAME:
            return Diagnosis("mask", f"{sides}: the two sides are exchanged")
        return Diagnosis("some entries", sides)
    return None


def _factor(e: Evidence, where: Array) -> float | None:
    """The c for which analytic = c · numerical in at least three entries."""
    right, found = e.numerical[where], e.analytic[where]
    if right.size < 3 or not right.any():
        return None
    c = float(found @ right) / float(right @ right)
    return c if distance(found, c * right) < SAME else None


def wrong_entries(e: Evidence) -> Diagnosis | None:
    """Where the wrong entries are, when the others are right."""
    wrong, head, _ = _wrong(e)
    if not head:
        return None
    count, size = int(np.count_nonzero(wrong)), int(np.count_nonzero(e.known))
    for axis in range(wrong.ndim):
        hit = wrong.any(tuple(other for other in range(wrong.ndim) if other != axis))
        places = np.flatnonzero(hit)
        if len(places) <= hit.size / 2 and hit.size > 2:
            names = ", ".join(map(str, places.tolist()))
            sample = " (samples)" if axis == 0 and e.samples == hit.size else ""
            text = f"{head}, all with index {names} of {hit.size} on axis {axis}{sample}; the others are right"
            return Diagnosis("some entries", f"{text}: does a loop or slice end too early or miss an edge?")
        if len(places) == hit.size - 1 and hit.size > 2 and wrong.sum() > 0.5 * wrong.size:
            only = int(np.flatnonzero(~hit)[0])
            sample = "sample" if axis == 0 and e.samples == hit.size else f"index on axis {axis}"
            return Diagnosis("some entries", f"{head}: only {sample} {only} of {hit.size} is right")
    if count <= 0.75 * size and wrong.size > 4:
        return Diagnosis("some entries", f"{head}; the others are right")
    return None


def _wrong(e: Evidence) -> tuple[Array, str, bool]:
    """The wrong entries, how many they are (nothing where all or none are wrong), and whether they are all 0."""
    wrong = e.known & (np.abs(e.analytic - e.numerical) > SAME * e.scale)
    count, size = int(np.count_nonzero(wrong)), int(np.count_nonzero(e.known))
    zeros = not e.analytic[wrong].any()
    head = f"{count} of {size} numbers {'are 0' if zeros else 'are wrong'}" if 0 < count < size else ""
    return wrong, head, zeros


def _regions(e: Evidence) -> Iterator[tuple[str, Array]]:
    """Conditions on entries by their text, where the arrays have the tensor's shape."""
    tensors = {**e.arguments, "y": e.output}
    for name, value in tensors.items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.shape == e.numerical.shape:
            yield f"{name} < 0", value < 0
            yield f"{name} > 0", value > 0
            yield f"{name} = 0", value == 0
            yield f"{name} ≠ 0", value != 0
            if value.ndim >= 2:
                for edge in (1.0, 2.0, 0.5):
                    yield f"|{name}| < {edge:g}", np.abs(value) < edge
                    yield f"|{name}| > {edge:g}", np.abs(value) > edge
    for text, quantity in e.quantities.items():
        if text.startswith("one_hot") and quantity.shape == e.numerical.shape:
            yield f"{text} = 1 (the column of the label)", quantity == 1
            yield f"{text} = 0 (the columns that are not the label)", quantity == 0
    if e.numerical.ndim == 2 and e.numerical.shape[0] == e.numerical.shape[1]:
        yield "row and column are the same", np.eye(len(e.numerical), dtype=bool)
