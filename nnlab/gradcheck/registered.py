"""Registered components of a user's own: the check of every component, and a diagnosis where it fails."""

from collections.abc import Callable, Sequence

from nnlab.core.arrays import Shape
from nnlab.gradcheck.calling import isolated
from nnlab.gradcheck.check import Method, Result, check, component_subjects
from nnlab.gradcheck.component_implementations import implementation_of_subject
from nnlab.gradcheck.evidence import Diagnosis
from nnlab.gradcheck.inspection import TensorCheck, inspect_gradients
from nnlab.gradcheck.subjects import Subject


def check_registered(names: Sequence[str], method: Method, seed: int) -> list[TensorCheck]:
    """Check registered layers, activations, losses and penalties by name, as ``nnlab gradcheck --only`` does.

    Raises UsageError with file and line for an exception in their code.
    """
    return [found for _, make in component_subjects(names) for found in _check(make, method, seed)]


def _check(make: Callable[[int], Subject], method: Method, seed: int) -> list[TensorCheck]:
    implementation = implementation_of_subject(make)
    inspected = inspect_gradients(implementation, seed) if implementation else []
    if any(not found.passed for found in inspected):
        return inspected
    with isolated():
        results = check(make, method, seed)
    shapes = {found.tensor: found.shape for found in inspected}
    return [_row(result, shapes.get(result.tensor, (result.size,)), method, bool(implementation)) for result in results]


def _row(result: Result, shape: Shape, method: Method, diagnosed: bool) -> TensorCheck:
    """A result as a row; where only this check fails, the reason is what sets it apart."""
    diagnosis = None
    if not result.passed and method == "complex":
        text = "right by central differences: for complex numbers forward must take the same way (compare x.real only)"
        diagnosis = Diagnosis("unknown", text)
    elif not result.passed and diagnosed:
        text = "right where no kink is near: forward has a kink that kink_sides does not return"
        diagnosis = Diagnosis("undeclared kink", text)
    elif not result.passed:
        text = f"wrong in this setting only ({result.component}), right for a batch in training"
        diagnosis = Diagnosis("unknown", text)
    return TensorCheck(
        result.component,
        result.tensor,
        shape,
        result.checked,
        result.norm,
        result.error,
        result.passed,
        (),
        diagnosis,
    )
