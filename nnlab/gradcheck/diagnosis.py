"""From a wrong gradient to a guess at the mistake: hypotheses in order, the first that explains it counts."""

from collections.abc import Callable

import numpy as np

from nnlab.core.arrays import Array
from nnlab.gradcheck.diagnosis_factor import constant_factor, factor_of_arrays, not_numbers
from nnlab.gradcheck.diagnosis_formula import only_found, wrong_formula
from nnlab.gradcheck.diagnosis_norm import wrong_normalisation
from nnlab.gradcheck.diagnosis_order import (
    overlapping_windows,
    part_of_outputs,
    repeated_indices,
    summed_too_often,
    wrong_order,
)
from nnlab.gradcheck.diagnosis_region import factor_by_side, forgotten_mask, wrong_entries, wrong_region
from nnlab.gradcheck.diagnosis_row import product_rule, wrong_row_sum
from nnlab.gradcheck.diagnosis_shape import diagnose_shape
from nnlab.gradcheck.diagnosis_term import missing_term
from nnlab.gradcheck.evidence import SAME, Diagnosis, Evidence
from nnlab.gradcheck.implementation import Sizes

Hypothesis = Callable[[Evidence], Diagnosis | None]

HYPOTHESES: tuple[Hypothesis, ...] = (
    not_numbers,
    constant_factor,
    wrong_order,
    summed_too_often,
    repeated_indices,
    part_of_outputs,
    overlapping_windows,
    forgotten_mask,
    wrong_region,
    factor_by_side,
    factor_of_arrays,
    wrong_formula,
    wrong_normalisation,
    product_rule,
    wrong_row_sum,
    missing_term,
    only_found,
    wrong_entries,
)


def diagnose(e: Evidence) -> Diagnosis:
    """The first hypothesis that explains the gradient, or where else it is right."""
    if e.analytic.shape != e.numerical.shape:
        return diagnose_shape(e)
    for hypothesis in HYPOTHESES:
        if found := hypothesis(e):
            return found
    return _elsewhere(e)


def unusable(name: str, returned: object, tensor: Array) -> Diagnosis | None:
    """Why what backward gave for a tensor is no array of real numbers."""
    if returned is None:
        text = f"backward gives no gradient for {name}: return it, or assign it to the attribute it is read from"
        return Diagnosis("not written", text)
    try:
        array = np.asarray(returned)
    except ValueError:
        return Diagnosis("wrong shape", f"the gradient of {name} is a list of rows of unequal length")
    if array.dtype.kind == "c":
        return Diagnosis("wrong dtype", f"the gradient of {name} is complex; it must be real")
    if array.dtype.kind not in "fiub":
        kind = type(returned).__name__
        return Diagnosis("wrong dtype", f"the gradient of {name} is a {kind}; it must be an array of floats")
    if array.dtype.kind in "iub" and tensor.dtype.kind == "f" and array.any():
        text = f"the gradient of {name} has dtype {array.dtype}, which cuts off decimals: make it an array of floats"
        return Diagnosis("wrong dtype", text)
    return None


def _elsewhere(e: Evidence) -> Diagnosis:
    """Sizes for which the gradient is right say what the mistake depends on."""
    if (one := e.at(Sizes(samples=1))) is not None and _right(one):
        text = f"the gradient is right for one sample and wrong for {e.samples or 'more'}"
        text += ": is a sum or mean over the batch missing, or taken over the wrong axis?"
        return Diagnosis("only for a batch", text)
    if (square := e.at(Sizes(square=True))) is not None and _right(square):
        text = (
            "the gradient is right where sizes are equal and wrong for these: is a shape transposed or assumed square?"
        )
        return Diagnosis("only for non-square shapes", text)
    A, G = e.analytic[e.known], e.numerical[e.known]
    cosine = float(A @ G) / max(float(np.linalg.norm(A) * np.linalg.norm(G)), 1e-300)
    ratio = float(np.linalg.norm(A)) / max(float(np.linalg.norm(G)), 1e-300)
    text = f"cosine with the right gradient {cosine:.3f}, norm {ratio:.3g} times its norm"
    return Diagnosis("unknown", f"no known mistake explains it ({text})")


def _right(pair: tuple[Array, Array]) -> bool:
    analytic, numerical = pair
    if analytic.shape != numerical.shape:
        return False
    known = np.isfinite(numerical)
    norm = max(float(np.linalg.norm(numerical[known])), 1e-6)
    return bool(np.linalg.norm(analytic[known] - numerical[known]) <= SAME * norm)
