"""Guesses at gradients that lack a term or have one too many: what the difference is proportional to."""

from collections.abc import Iterator
from itertools import combinations
from math import isclose

import numpy as np

from nnlab.core.arrays import Array
from nnlab.gradcheck.evidence import SAME, Diagnosis, Evidence

# A fit explains a difference only with this many entries for each coefficient.
ENTRIES = 1.9


def missing_term(e: Evidence) -> Diagnosis | None:
    """The difference analytic − numerical as c · a known array, or with one coefficient for each row or column."""
    if not e.known.all() or e.numerical.size < 3 or not np.isfinite(e.analytic).all():
        return None
    difference = e.analytic - e.numerical
    for text, basis in _bases(e):
        c, residual = _fit(difference.reshape(1, -1), [basis.reshape(1, -1)])
        if residual < SAME:
            return _proportional(e, text, float(c[0, 0]), residual)
    for name, batch in _batchings(e):
        rows = _rows(difference, batch)
        for texts, bases in _combinations(e):
            if rows.shape[1] < ENTRIES * len(bases):
                continue
            _, residual = _fit(rows, [_rows(basis, batch) for basis in bases])
            if residual < SAME:
                return _per_group(name, batch, texts, residual, e)
    return None


def _proportional(e: Evidence, text: str, c: float, residual: float) -> Diagnosis:
    if text == e.name:
        size = "large" if c > 0 else "small"
        sentence = f"the difference is {c:.6g} · {e.name}: the term of an L2 penalty is too {size} by that"
        sentence += " (λ/2 · ΣW² has the gradient λW, λ · ΣW² has 2λW)"
    elif text == "1":
        sentence = (
            f"the difference is the same number everywhere ({c:.6g}): a constant is {'added' if c > 0 else 'missing'}"
        )
    else:
        term = text if isclose(abs(c), 1, rel_tol=SAME) else f"{abs(c):.6g} · {text}"
        sentence = f"the term {'−' if c > 0 else '+'} {term} is missing"
    return Diagnosis("extra term" if text == e.name and c > 0 else "missing term", sentence, residual)


def _per_group(name: str, batch: tuple[int, ...], texts: list[str], residual: float, e: Evidence) -> Diagnosis:
    over_batch = 0 in batch
    what = " and ".join("constant" if text == "1" else f"proportional to {text}" for text in texts)
    sentence = f"the difference is {what} {name}: "
    through = "the batch" if over_batch else "the row"
    if texts == ["1"]:
        sentence += f"the term that goes through the mean over {through} is missing (every x is in the mean)"
    elif len(texts) == 1 and texts[0] == "y" and not over_batch:
        sentence += (
            "the sum over the row, Σ dout·y, is missing: each output of a softmax depends on every input of its row"
        )
    elif len(texts) == 1:
        sentence += f"the term that goes through the variance of {through} is missing or wrong"
    else:
        sentence += f"the terms that go through the mean and the variance of {through} are missing or wrong"
    return Diagnosis("missing term", sentence, residual)


def _bases(e: Evidence) -> Iterator[tuple[str, Array]]:
    """Arrays of the tensor's shape; the tensor itself and labels first."""
    yield "1", np.ones(e.numerical.shape)
    yield e.name, e.tensor
    for text, quantity in e.quantities.items():
        if quantity.shape == e.numerical.shape and text != e.name and np.any(quantity):
            yield text, quantity
    if e.dout.shape == e.numerical.shape:
        for text, quantity in e.quantities.items():
            if quantity.shape == e.dout.shape and text != "dout":
                yield f"dout * {text}", e.dout * quantity
        same = [(text, q) for text, q in e.quantities.items() if q.shape == e.dout.shape and text != "dout"]
        for (text, one), (other, two) in combinations(same, 2):
            yield f"dout * {text} * {other}", e.dout * one * two


def _combinations(e: Evidence) -> Iterator[tuple[list[str], list[Array]]]:
    """One array, then pairs, for fits with a coefficient in each group."""
    ones = np.ones(e.numerical.shape)
    candidates = {"1": ones}
    if e.tensor.shape == e.numerical.shape:
        candidates[e.name] = e.tensor
        for axes in ((0,), (1,), (0, 2, 3), (1, 2, 3)):
            if e.tensor.ndim > max(axes):
                mean = e.tensor.mean(axes, keepdims=True)
                candidates[f"{e.name} − mean over axis {axes[0] if len(axes) == 1 else axes}"] = e.tensor - mean
    if e.output.shape == e.numerical.shape:
        candidates["y"] = e.output
    for text, basis in candidates.items():
        yield [text], [basis]
    if e.name in candidates:
        yield [e.name, "1"], [e.tensor, ones]
        if e.dout.shape == e.numerical.shape:
            yield [e.name, "dout", "1"], [e.tensor, e.dout, ones]


def _batchings(e: Evidence) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Axes over which a coefficient is the same."""
    if e.numerical.ndim >= 2:
        yield "in each column (over the samples)", (0,)
        yield "in each row (over the features)", (e.numerical.ndim - 1,)
    if e.numerical.ndim == 4:
        yield "in each channel", (0, 2, 3)
        yield "in each sample", (1, 2, 3)
    if e.numerical.ndim == 3:
        yield "in each column (over the samples)", (0, 1)


def _rows(array: Array, batch: tuple[int, ...]) -> Array:
    """The array as (groups, entries of a group)."""
    groups = tuple(axis for axis in range(array.ndim) if axis not in batch)
    moved = np.transpose(array, (*groups, *batch))
    return moved.reshape(int(np.prod([array.shape[axis] for axis in groups])), -1)


def _fit(rows: Array, bases: list[Array]) -> tuple[Array, float]:
    """Least-squares coefficients of each row and the relative error that remains."""
    coefficients, squares = [], 0.0
    for index, row in enumerate(rows):
        matrix = np.stack([basis[index] for basis in bases], axis=1)
        found, *_ = np.linalg.lstsq(matrix, row, rcond=None)
        coefficients.append(found)
        squares += float(((matrix @ found - row) ** 2).sum())
    norm = float(np.linalg.norm(rows))
    return np.array(coefficients), squares**0.5 / norm if norm else float("inf")
