"""Numerical derivatives against what ``backward`` writes."""

from nnlab.gradcheck.check import (
    POINTS,
    TOLERANCES,
    AtKinkError,
    Method,
    Result,
    central_derivative,
    check,
    check_components,
    complex_derivative,
    component_subjects,
)
from nnlab.gradcheck.evidence import Diagnosis
from nnlab.gradcheck.gradient_check import GradientCheck
from nnlab.gradcheck.inspection import TensorCheck
from nnlab.gradcheck.subjects import (
    Subject,
    layer_subject,
    loss_subject,
    model_samples,
    model_subject,
    regularizer_subject,
    trained_subject,
)
from nnlab.gradcheck.sweep import Sweep, sweep
from nnlab.gradcheck.values import Entry, gradient_entries

__all__ = [
    "POINTS",
    "TOLERANCES",
    "AtKinkError",
    "Diagnosis",
    "Entry",
    "GradientCheck",
    "Method",
    "Result",
    "Subject",
    "Sweep",
    "TensorCheck",
    "central_derivative",
    "check",
    "check_components",
    "complex_derivative",
    "component_subjects",
    "gradient_entries",
    "layer_subject",
    "loss_subject",
    "model_samples",
    "model_subject",
    "regularizer_subject",
    "sweep",
    "trained_subject",
]
