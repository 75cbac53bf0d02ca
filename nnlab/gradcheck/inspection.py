"""The check of one implementation: each tensor's gradient, then how the code behaves from call to call."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from nnlab.core.arrays import Array
from nnlab.errors import UsageError
from nnlab.gradcheck.behaviour import behaviours, random_forward
from nnlab.gradcheck.calling import CodeRaised
from nnlab.gradcheck.check import TOLERANCES
from nnlab.gradcheck.diagnosis import diagnose, unusable
from nnlab.gradcheck.evidence import Diagnosis, Evidence
from nnlab.gradcheck.implementation import Implementation, Run, Sizes, jacobian_of, run, subject_of
from nnlab.gradcheck.undeclared_kinks import DOUBLE, SINGLE, NumericalGradient, numerical_gradient_of
from nnlab.gradcheck.values import Entry

# Own code may have an ε in its forward, as log(y + 1e-7) in the book, that backward leaves out.
TOLERANCE = 1e-4
# Differences of a forward in float32 are no better.
SINGLE_TOLERANCE = 5e-3
WORST = 5
# A gradient this much smaller than dout is rounding: batch normalisation of one sample.
NEGLIGIBLE = 1e-8
SAMPLED = 150
SAMPLED_OF_LARGE = 40
LARGEST = 2000
LARGEST_JACOBIAN = 1_000_000

# Guesses that say where and not why.
WEAK = {"unknown", "some entries", "wrong formula", "wrong order"}


@dataclass(frozen=True)
class TensorCheck:
    """The check of one tensor; ``worst`` are the entries with the largest differences where it failed."""

    component: str
    tensor: str
    shape: tuple[int, ...]
    checked: int
    norm: float
    error: float
    passed: bool
    worst: tuple[Entry, ...] = ()
    diagnosis: Diagnosis | None = None
    kinks: tuple[tuple[tuple[int, ...], float, float], ...] = ()


def inspect_gradients(implementation: Implementation, seed: int = 0) -> list[TensorCheck]:
    """Check all tensors of an implementation; raises UsageError where its code cannot be called."""
    example = implementation.example(Sizes(), seed)
    if not example.tensors:
        raise UsageError(
            f"{implementation.name}: no argument is an array of floats ({', '.join(example.arguments) or 'none'}); "
            "pass those to differentiate as floats, such as x=np.array([1.0, 2.0]), or as a shape, x=(4, 7)"
        )
    try:
        first = run(implementation.session(), example, seed)
    except CodeRaised as error:
        return _square_only(implementation, error, seed)
    if problem := _forward_problem(implementation, first):
        return [_failed(implementation.name, "forward", first.output.shape, problem)]
    found = list(_tensors(implementation, first, seed))
    behaviour = behaviours(implementation, first, seed)
    rest = {name: diagnosis for name, diagnosis in behaviour.items() if name not in {check.tensor for check in found}}
    found = [_with_behaviour(check, behaviour.get(check.tensor)) for check in found]
    found += [_failed(implementation.name, name, (), diagnosis) for name, diagnosis in rest.items()]
    if implementation.resizable and all(check.passed for check in found):
        found += _single_sample(implementation, seed)
    return found


def _forward_problem(implementation: Implementation, first: Run) -> Diagnosis | None:
    """What is wrong before any gradient: NaN, a dtype without digits, chance."""
    output = first.output
    if output.dtype.kind not in "fiu":
        return Diagnosis("wrong dtype", f"forward gives dtype {output.dtype}; its output must be an array of floats")
    if not np.isfinite(output).all():
        count = np.count_nonzero(~np.isfinite(output))
        text = f"forward gives NaN or infinity in {count} of {output.size} numbers for finite arguments"
        return Diagnosis("not finite", f"{text}: is there a division by 0 or a logarithm of a number ≤ 0?")
    if output.dtype.itemsize < 4 or output.dtype.kind != "f":
        text = f"forward gives dtype {output.dtype} for arguments in float64, too few digits for differences"
        return Diagnosis("wrong dtype", f"{text}: leave out astype and dtype=...")
    return random_forward(implementation, first)


def _tensors(implementation: Implementation, first: Run, seed: int) -> Iterator[TensorCheck]:
    subject = subject_of(implementation, first.example, first.dout)
    for name in first.example.tensors:
        tensor: Array = first.example.arguments[name]
        returned = first.gradients.get(name)
        if returned is None and implementation.first_only and name != first.example.tensors[0]:
            continue
        if problem := unusable(name, returned, tensor):
            yield _failed(implementation.name, name, tensor.shape, problem)
            continue
        analytic = np.asarray(returned, dtype=np.float64)
        precision = SINGLE if first.output.dtype.itemsize < 8 else DOUBLE
        chosen = None
        if tensor.size > SAMPLED:
            count = SAMPLED if tensor.size <= LARGEST else SAMPLED_OF_LARGE
            chosen = np.sort(np.random.default_rng(seed).choice(tensor.size, count, replace=False))
        numerical = numerical_gradient_of(subject, name, chosen, precision)
        check = _compare(implementation, name, analytic, numerical, single=precision is SINGLE)
        if not check.passed:
            if chosen is not None and tensor.size <= LARGEST:
                numerical = numerical_gradient_of(subject, name, None, precision)
            check = replace(check, diagnosis=_diagnosed(implementation, first, name, analytic, numerical, seed))
        yield check


def _compare(
    implementation: Implementation, name: str, A: Array, numerical: NumericalGradient, *, single: bool
) -> TensorCheck:
    G, known = numerical.values, numerical.known
    kinks = tuple(numerical.kinks)
    if A.shape != G.shape:
        norm = float(np.linalg.norm(G[known]))
        return TensorCheck(implementation.name, name, G.shape, int(known.sum()), norm, float("inf"), False, kinks=kinks)
    norm = max(float(np.linalg.norm(A[known])), float(np.linalg.norm(G[known])))
    tolerance = SINGLE_TOLERANCE if single else TOLERANCES["central"] if implementation.component else TOLERANCE
    floor = max(numerical.rounding / tolerance, NEGLIGIBLE / TOLERANCE)
    error = float(np.linalg.norm(A[known] - G[known])) / max(norm, floor)
    passed = bool(error <= tolerance)
    worst = () if passed else _worst(name, A, G, known)
    count = int(known.sum())
    return TensorCheck(implementation.name, name, G.shape, count, norm, error, passed, worst, None, kinks)


def _worst(name: str, A: Array, G: Array, known: Array) -> tuple[Entry, ...]:
    """The entries with the largest differences; NaN counts as the largest."""
    apart = np.where(known, np.nan_to_num(np.abs(A - G), nan=np.inf), -1).reshape(-1)
    order = np.argsort(-apart, kind="stable")[:WORST]
    return tuple(
        Entry(
            name,
            tuple(int(part) for part in np.unravel_index(index, G.shape)),
            float(A.flat[index]),
            float(G.flat[index]),
        )
        for index in order.tolist()
        if apart[index] > 0
    )


def _diagnosed(
    implementation: Implementation, first: Run, name: str, A: Array, numerical: NumericalGradient, seed: int
) -> Diagnosis:
    jacobian = cache(lambda: jacobian_of(implementation, first.example, name, first.output.shape))

    def from_outputs(mask: Array) -> Array:
        return np.tensordot(first.dout * mask, jacobian(), first.output.ndim)

    evidence = Evidence(
        name=name,
        analytic=A,
        numerical=numerical.values,
        arguments=first.example.arguments,
        output=first.output,
        dout=first.dout,
        samples=first.samples,
        output_sizes=first.output_sizes,
        cached=first.cached,
        at=lambda sizes: _pair_at(implementation, name, sizes, seed),
        from_outputs=from_outputs if A.size * first.output.size <= LARGEST_JACOBIAN else None,
    )
    return diagnose(evidence)


def _pair_at(implementation: Implementation, name: str, sizes: Sizes, seed: int) -> tuple[Array, Array] | None:
    """Analytic and numerical gradient of a tensor at other sizes, where the code accepts them."""
    if not implementation.resizable:
        return None
    try:
        example = implementation.example(sizes, seed)
        done = run(implementation.session(), example, seed)
        returned = done.gradients.get(name)
        if returned is None or unusable(name, returned, example.arguments[name]):
            return None
        numerical = numerical_gradient_of(subject_of(implementation, example, done.dout), name)
    except UsageError:
        return None
    return np.asarray(returned, dtype=np.float64), numerical.values


def _single_sample(implementation: Implementation, seed: int) -> list[TensorCheck]:
    """Failures with N = 1, where squeeze() and shapes by chance show."""
    name = f"{implementation.name} with N = 1"
    try:
        example = implementation.example(Sizes(samples=1), seed)
        first = run(implementation.session(), example, seed)
    except CodeRaised as error:
        text = f"works with several samples, but with one {error}"
        return [_failed(name, "forward", (), Diagnosis("only for one sample", text))]
    if first.output.dtype.kind != "f" or not np.isfinite(first.output).all():
        return []
    found = []
    for check in _tensors(replace(implementation, name=name, resizable=False), first, seed):
        if not check.passed:
            text = f"right with several samples, wrong with one; {check.diagnosis}"
            found.append(replace(check, diagnosis=Diagnosis("only for one sample", text)))
    return found


def _square_only(implementation: Implementation, error: CodeRaised, seed: int) -> list[TensorCheck]:
    """The check with equal sizes, where the code runs with those only; raises the error where it does not."""
    if not implementation.resizable:
        raise error
    try:
        first = run(implementation.session(), implementation.example(Sizes(square=True), seed), seed)
    except CodeRaised:
        raise error from None
    text = (
        f"runs where all sizes are equal, and else raises {error}: is an array transposed, or a shape assumed square?"
    )
    found = [_failed(implementation.name, "backward", (), Diagnosis("only for non-square shapes", text))]
    name = f"{implementation.name} with equal sizes"
    return [*found, *_tensors(replace(implementation, name=name, resizable=False), first, seed)]


def _with_behaviour(check: TensorCheck, behaviour: Diagnosis | None) -> TensorCheck:
    """A gradient that is right once and wrong in the next call is wrong; a good explanation is kept."""
    if behaviour is None or not (check.passed or check.diagnosis is None or check.diagnosis.kind in WEAK):
        return check
    return replace(check, passed=False, diagnosis=behaviour)


def _failed(component: str, tensor: str, shape: tuple[int, ...], diagnosis: Diagnosis) -> TensorCheck:
    return TensorCheck(component, tensor, shape, 0, float("nan"), float("nan"), False, (), diagnosis)
