"""Guesses at gradients that are not numbers, zero, or the right ones times something."""

from itertools import combinations
from math import isclose

import numpy as np

from nnlab.core.arrays import Array
from nnlab.gradcheck.diagnosis_shape import factor
from nnlab.gradcheck.evidence import SAME, Diagnosis, Evidence, Kind, distance, scalars_of
from nnlab.gradcheck.implementation import Sizes

# Another N, to tell a factor of N from one that only has the same value.
OTHER = Sizes(samples=6)


def not_numbers(e: Evidence) -> Diagnosis | None:
    """NaN, infinite or zero everywhere."""
    finite = np.isfinite(e.analytic)
    if not finite.all():
        count = f"{np.count_nonzero(~finite)} of {finite.size} numbers are NaN or infinite"
        text = f"{count}: is there a division by 0, a logarithm of 0, or an array of np.empty that is not filled?"
        return Diagnosis("not finite", text)
    right = float(np.linalg.norm(e.numerical[e.known]))
    if not e.analytic.any():
        text = (
            f"all {e.analytic.size} numbers are 0, where the norm should be {right:.3g}: the gradient is never written"
        )
        return Diagnosis("not written", text)
    if e.scale > 1e100 or 0 < np.abs(e.analytic).max() < 1e-100:
        text = f"numbers such as {e.analytic.flat[0]:.3g} are what np.empty leaves: the gradient is never written"
        return Diagnosis("not written", text)
    return None


def constant_factor(e: Evidence) -> Diagnosis | None:
    """c · the right gradient: −1, N, 1/N, 2, 1/2, a setting, or another number."""
    c = factor(e.analytic, e)
    if c is None:
        return _factor_beside_penalty(e)

    residual = e.residual(c * e.numerical)
    other = _factor_at_other_size(e)
    sign = " and the sign is wrong" if c < 0 else ""
    size = abs(c)
    if isclose(c, -1, rel_tol=SAME):
        return Diagnosis("sign", f"every number of {e.name}'s gradient has the wrong sign", residual)
    N = e.samples
    if (
        N
        and N > 1
        and isclose(size, N, rel_tol=SAME)
        and (other is None or isclose(abs(other), OTHER.samples, rel_tol=SAME))
    ):
        text = f"N = {N} times too large{_confirmed(other)}{sign}: the mean over the batch is missing, divide by N"
        return Diagnosis("factor N", text, residual)
    if (
        N
        and N > 1
        and isclose(size, 1 / N, rel_tol=SAME)
        and (other is None or isclose(abs(other), 1 / OTHER.samples, rel_tol=SAME))
    ):
        text = f"1/N = 1/{N} of what it should be{_confirmed(other)}{sign}: it is divided by N once too often"
        text += " (a layer sums over the batch; the loss alone takes the mean)" if e.output.ndim else ""
        return Diagnosis("factor 1/N", text, residual)
    source = _source_of(size, e)
    if isclose(size, 2, rel_tol=SAME) and not source:
        text = f"twice as large as it should be{sign}: a factor 1/2 is missing (d/dx x² = 2x), or a term is added twice"
        return Diagnosis("factor 2", text, residual)
    if isclose(size, 0.5, rel_tol=SAME) and not source:
        text = f"half of what it should be{sign}: a factor 2 is missing (d/dx x² = 2x)"
        return Diagnosis("factor 1/2", text, residual)
    text = f"{size:.6g} times what it should be, everywhere{sign}{f': {source}' if source else ''}"
    return Diagnosis("constant factor", text, residual)


def _factor_beside_penalty(e: Evidence) -> Diagnosis | None:
    """N times the gradient of the data, beside the right one of an L2 penalty: A = N · G − (N − 1) · λ · W."""
    if not e.samples or e.samples < 2 or e.output.ndim or e.tensor.shape != e.numerical.shape or e.tensor.size < 6:
        return None
    use = e.known
    matrix = np.stack([e.numerical[use], e.tensor[use]], axis=1)
    weights, *_ = np.linalg.lstsq(matrix, e.analytic[use], rcond=None)
    c = float(weights[0])
    residual = distance(matrix @ weights, e.analytic[use])
    if residual >= SAME:
        return None
    text = "without the term of the penalty, the gradient is "
    if isclose(c, e.samples, rel_tol=SAME):
        return Diagnosis("factor N", f"{text}N = {e.samples} times too large: divide it by N", residual)
    if isclose(c, 1 / e.samples, rel_tol=SAME):
        return Diagnosis("factor 1/N", f"{text}1/N of what it should be: it is divided by N once too often", residual)
    return None


def _factor_at_other_size(e: Evidence) -> float | None:
    found = e.at(OTHER)
    if found is None or found[0].shape != found[1].shape:
        return None
    A, G = (array[np.isfinite(found[1])] for array in found)
    squares = float(G @ G)
    return float(A @ G) / squares if squares else None


def _confirmed(other: float | None) -> str:
    return "" if other is None else f", and by {abs(other):.4g} with N = {OTHER.samples}"


def _source_of(c: float, e: Evidence) -> str:
    """A setting that gives the factor, or a product of sizes."""
    scalars = scalars_of(e.arguments)
    products = {f"{a} * {b}": scalars[a] * scalars[b] for a, b in combinations(scalars, 2)}
    for name, value in {**scalars, **products}.items():
        odds = value / (1 - value) if value != 1 else 0.0
        for text, number in ((name, value), (f"1 - {name}", 1 - value), (f"{name} / (1 - {name})", odds)):
            if number and abs(abs(number) - 1) > 1e-3:
                if isclose(c, abs(number), rel_tol=SAME):
                    return f"the factor is {text}: divide by it once, or leave it out"
                if isclose(c, 1 / abs(number), rel_tol=SAME):
                    return f"the factor is 1 / ({text}): multiply by {text}"
    sizes = {
        f"{name}.shape[{axis}]": size
        for name, value in e.arguments.items()
        for axis, size in enumerate(np.shape(value))
    }
    sizes |= {f"dout.shape[{axis}]": size for axis, size in enumerate(e.output.shape)}
    sizes |= {"dout.size": e.output.size} if e.output.ndim else {f"{e.name}.size": e.tensor.size}
    for text, number in sizes.items():
        if number > 2 and isclose(c, number, rel_tol=SAME):
            return f"the factor is {text}: divide by it once"
        if number > 2 and isclose(c, 1 / number, rel_tol=SAME):
            return f"the factor is 1 / {text}: it is divided by that once too often"
    return ""


def factor_of_arrays(e: Evidence) -> Diagnosis | None:
    """A known array as a factor: y, 1 − y, gamma, the standard deviation, ..."""
    if e.analytic.size < 4 and not e.tensor.ndim:
        return None
    use = e.known & (np.abs(e.numerical) > 1e-6 * e.scale) & (np.abs(e.analytic) > 1e-6 * e.scale)
    if np.count_nonzero(use) < 3 or np.count_nonzero(use) < 0.3 * e.numerical.size:
        return None
    found: list[tuple[float, Kind, str, float]] = []
    for text, quantity in e.quantities.items():
        shaped = _shaped(quantity, e)
        if shaped is None or np.ptp(shaped[use]) <= 1e-9 * np.abs(shaped[use]).max():
            continue
        tried: list[tuple[Kind, str, Array, Array]] = [
            ("missing factor", text, e.analytic * shaped, e.numerical),
            ("extra factor", text, e.analytic, e.numerical * shaped),
        ]
        for kind, label, left, right in tried:
            a, b = left[use], right[use]
            squares = float(a @ a)
            if not squares or not np.isfinite(a).all() or not np.isfinite(b).all():
                continue
            c = float(a @ b) / squares
            rest = distance(c * a, b)
            plain = (
                isclose(abs(c), 1, rel_tol=1e-4)
                or isclose(abs(c), e.samples or 1, rel_tol=1e-4)
                or isclose(abs(c), 1 / (e.samples or 1), rel_tol=1e-4)
            )
            if rest < SAME and (plain or np.count_nonzero(use) > 5):
                found.append((rest + (0 if plain else SAME), kind, label, c))
    if not found:
        return None
    rest, kind, text, c = min(found)
    if kind == "missing factor":
        sentence = f"the factor {text} is missing: multiply by it"
    elif text.startswith("std(") or text.startswith("var("):
        kind, sentence = "missing factor", f"1 / {text} is missing: divide by it"
    else:
        sentence = f"there is a factor {text} that does not belong there"
    if not isclose(c, 1, rel_tol=1e-4):
        sentence += (
            f", and the rest is wrong by a factor {1 / c:.4g}"
            if c > 0 or abs(c + 1) > 1e-4
            else ", and the sign is wrong"
        )
    return Diagnosis(kind, sentence, rest % SAME if rest >= SAME else rest)


def _shaped(quantity: Array, e: Evidence) -> Array | None:
    """The quantity in the shape of the tensor, where it broadcasts to it (a vector of channels to images too)."""
    if quantity.ndim == 1 and e.numerical.ndim == 4 and quantity.shape[0] == e.numerical.shape[1]:
        quantity = quantity.reshape(1, -1, 1, 1)
    if e.numerical.ndim == 1 and quantity.ndim == 2 and quantity.shape == (1, e.numerical.shape[0]):
        quantity = quantity[0]
    if not quantity.ndim:
        return None
    try:
        return np.broadcast_to(quantity, e.numerical.shape)
    except ValueError:
        return None
