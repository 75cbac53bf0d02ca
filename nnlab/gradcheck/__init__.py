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
)
from nnlab.gradcheck.subjects import Subject, layer_subject, loss_subject, model_subject, penalty_subject

__all__ = [
    "POINTS",
    "TOLERANCES",
    "AtKinkError",
    "Method",
    "Result",
    "Subject",
    "central_derivative",
    "check",
    "check_components",
    "complex_derivative",
    "layer_subject",
    "loss_subject",
    "model_subject",
    "penalty_subject",
]
