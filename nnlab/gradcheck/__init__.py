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
from nnlab.gradcheck.subjects import Subject, layer_subject, loss_subject, model_subject, penalty_subject
from nnlab.gradcheck.sweep import Sweep, sweep

__all__ = [
    "POINTS",
    "TOLERANCES",
    "AtKinkError",
    "Method",
    "Result",
    "Subject",
    "Sweep",
    "central_derivative",
    "check",
    "check_components",
    "complex_derivative",
    "component_subjects",
    "layer_subject",
    "loss_subject",
    "model_subject",
    "penalty_subject",
    "sweep",
]
