"""Guesses at gradients whose numbers are right and in the wrong place, or come from a part of the output."""

from collections.abc import Callable, Iterator
from itertools import combinations, permutations

import numpy as np

from nnlab.core.arrays import Array
from nnlab.gradcheck.evidence import SAME, Diagnosis, Evidence


def wrong_order(e: Evidence) -> Diagnosis | None:
    """Transposed, flipped, or in another order."""
    if not e.known.all() or e.numerical.size < 3:
        return None
    for order in permutations(range(e.numerical.ndim)):
        if order != tuple(range(e.numerical.ndim)) and e.numerical.transpose(order).shape == e.numerical.shape:
            residual = e.residual(e.analytic.transpose(order), e.numerical)
            if residual < SAME:
                how = ".T" if e.numerical.ndim == 2 else f".transpose{order}"
                return Diagnosis("transposed", f"the gradient is transposed: take {how}", residual)
    for count in range(1, e.numerical.ndim + 1):
        for axes in combinations(range(e.numerical.ndim), count):
            residual = e.residual(np.flip(e.analytic, axes), e.numerical)
            if residual < SAME:
                text = f"the gradient is flipped along axis {', '.join(map(str, axes))}"
                return Diagnosis("flipped", text, residual)
    residual = e.residual(np.sort(e.analytic, axis=None), np.sort(e.numerical, axis=None))
    if residual < SAME:
        text = "the numbers are right, but in other places: look at reshape and transpose, or at an index"
        return Diagnosis("wrong order", text, residual)
    return None


def part_of_outputs(e: Evidence) -> Diagnosis | None:
    """The gradient of one sample, or of one position of the output: an ``=`` in a loop where ``+=`` belongs."""
    if e.from_outputs is None:
        return None
    if e.output_sizes:
        return _some_outputs(e, e.from_outputs)
    if e.output.ndim < 2 or e.tensor.shape[:1] == e.output.shape[:1]:
        return None

    for text, mask in _parts(e.output):
        residual = e.residual(e.from_outputs(mask))
        if residual < SAME:
            sentence = f"only {text} is in it: a loop overwrites the gradient with = where += belongs"
            return Diagnosis("part of the outputs", sentence, residual)
    N = e.output.shape[0]
    if N > 1:
        parts = np.stack([e.from_outputs(_only(e.output, (n,))).ravel() for n in range(N)], axis=1)
        use = e.known.ravel()
        if use.sum() > 2 * N:
            weights, *_ = np.linalg.lstsq(parts[use], e.analytic.ravel()[use], rcond=None)
            residual = e.residual((parts @ weights).reshape(e.analytic.shape))
            if residual < SAME and np.ptp(weights) > 1e-3:
                used = ", ".join(f"{weight:.3g}" for weight in weights)
                text = f"the samples have the weights {used} in the sum over the batch, where each should have 1"
                return Diagnosis("part of the outputs", text, residual)
    return None


def _some_outputs(e: Evidence, from_outputs: Callable[[Array], Array]) -> Diagnosis | None:
    """Backward ignores the gradient of one of several outputs."""
    ends = np.cumsum(e.output_sizes)
    for number, end in enumerate(ends.tolist()):
        mask = np.ones(e.output.shape)
        mask[end - e.output_sizes[number] : end] = 0
        residual = e.residual(from_outputs(mask))
        if residual < SAME:
            text = f"the gradient of output {number + 1} of {len(ends)} is not in it: add its part"
            return Diagnosis("part of the outputs", text, residual)
    return None


def repeated_indices(e: Evidence) -> Diagnosis | None:
    """Rows of a table that are looked up more than once, and keep the gradient of the last time only."""
    for name, indices in e.arguments.items():
        if not isinstance(indices, np.ndarray) or indices.dtype.kind not in "iu" or e.output.ndim != indices.ndim + 1:
            continue
        if (indices.size and indices.max() >= len(e.numerical)) or e.dout.shape[-1:] != e.numerical.shape[1:]:
            continue
        last = np.zeros(e.numerical.shape)
        last[indices] = e.dout
        residual = e.residual(last)
        if residual < SAME:
            text = f"an index that occurs twice in {name} counts once: W[{name}] += dout keeps the last of them only"
            return Diagnosis("part of the outputs", f"{text}; np.add.at adds them all", residual)
    return None


def summed_too_often(e: Evidence) -> Diagnosis | None:
    """The sum of the right gradient over an axis, written to every place along it."""
    if not e.known.all() or e.numerical.size < 2:
        return None
    for count in range(e.numerical.ndim, 0, -1):
        for axes in combinations(range(e.numerical.ndim), count):
            total = np.broadcast_to(e.numerical.sum(axes, keepdims=True), e.numerical.shape)
            residual = e.residual(total)
            if residual < SAME:
                where = (
                    "every axis" if count == e.numerical.ndim else f"axis {', '.join(map(str, axes))} of {e.name} too"
                )
                text = f"the same number stands everywhere: the sum goes over {where}"
                return Diagnosis("summed too often", text, residual)
    return None


def _parts(y: Array) -> Iterator[tuple[str, Array]]:
    yield "the last sample", _only(y, (-1,))
    yield "the first sample", _only(y, (0,))
    if y.ndim == 4:
        yield "the last position of the last sample", _only(y, (-1, slice(None), -1, -1))
        yield "the last position of each sample", _only(y, (slice(None), slice(None), -1, -1))
        yield "the last row of positions", _only(y, (slice(None), slice(None), -1))
        yield "the last column of positions", _only(y, (slice(None), slice(None), slice(None), -1))
        yield "the last row and column of the last sample", _only(y, (-1, slice(None), -1))
    if y.ndim == 3:
        yield "the last step", _only(y, (slice(None), -1))
        yield "the first step", _only(y, (slice(None), 0))
    if y.ndim >= 2:
        yield "the last output", _only(y, (slice(None), -1))


def _only(y: Array, index: tuple[int | slice, ...]) -> Array:
    mask = np.zeros(y.shape)
    mask[index] = 1
    return mask


def overlapping_windows(e: Evidence) -> Diagnosis | None:
    """Entries of dx that come from one output position only (overlapping windows that overwrite each other)."""
    if e.from_outputs is None or e.output.ndim != 4 or e.tensor.ndim != 4 or e.tensor.shape[0] != e.output.shape[0]:
        return None
    for channels, what in ((slice(None), ""), (-1, " and the last filter")):
        residual = e.residual(_overwritten(e, channels))
        if residual < SAME:
            text = f"where windows overlap, only the last one{what} counts: add with +=, do not assign with ="
            return Diagnosis("part of the outputs", text, residual)
    return None


def _overwritten(e: Evidence, channels: int | slice) -> Array:
    """The gradient where each window replaces what earlier ones gave."""
    assert e.from_outputs is not None
    overwritten = np.zeros(e.analytic.shape)
    for row in range(e.output.shape[2]):
        for column in range(e.output.shape[3]):
            part = e.from_outputs(_only(e.output, (slice(None), channels, row, column)))
            touched = np.abs(part) > 1e-9 * e.scale
            rows, columns = np.where(touched.any((0, 1)))
            if rows.size:
                window = (
                    slice(None),
                    slice(None),
                    slice(rows.min(), rows.max() + 1),
                    slice(columns.min(), columns.max() + 1),
                )
                overwritten[window] = part[window]
    return overwritten
