"""A trace as plain values for JSON."""

from dataclasses import asdict
from math import isfinite
from typing import Any

import numpy as np

from nnlab.core.arrays import Array
from nnlab.insight.trace.sections import Section, Trace
from nnlab.insight.trace.tensors import CORNER, Statistics, Tensor


def as_json(trace: Trace, most: int) -> dict[str, Any]:
    """Every field; tensors of more than ``most`` numbers have a corner in place of their values.

    Numbers that are not finite are texts: nan, inf, -inf.
    """
    return {
        "name": trace.name,
        "source": trace.source,
        "step": trace.step,
        "iterations": trace.iterations,
        "sample": trace.sample,
        "dtype": trace.dtype,
        "parameters": trace.parameters,
        "objective": _plain(trace.objective),
        "recorded": _plain(trace.recorded),
        "textbook_difference": _plain(trace.agreement),
        "failure": trace.failure,
        "notes": list(trace.notes),
        "sections": [_section(section, most) for section in trace.sections],
    }


def _section(section: Section, most: int) -> dict[str, Any]:
    return {
        "phase": section.phase,
        "layer": section.layer,
        "kind": section.kind,
        "title": section.title,
        "about": section.about,
        "formulas": list(section.formulas),
        "code": [asdict(code) for code in section.code],
        "numbers": {name: _plain(value) for name, value in section.numbers},
        "notes": list(section.notes),
        "textbook_difference": _plain(section.agreement),
        "tensors": [_tensor(tensor, most) for tensor in section.tensors],
    }


def _tensor(tensor: Tensor, most: int) -> dict[str, Any]:
    values, found = tensor.values, {}
    if values.size:
        found = {name: _plain(value) for name, value in asdict(Statistics.of(values)).items()}
    plain = {
        "name": tensor.name,
        "about": tensor.about,
        "shape": list(values.shape),
        "axes": list(tensor.axes),
        "dtype": str(values.dtype),
        **found,
    }
    if tensor.first:
        plain["first_row"] = tensor.first
    if 0 < values.size <= most:
        return plain | {"values": _plain(values.tolist())}
    if most == 0:
        return plain
    return plain | {"corner": _plain(_corner(values).tolist())}


def _corner(values: Array) -> Array:
    """At most 5 along each of the last two axes, the first of every axis before."""
    return np.asarray(values[(0,) * max(values.ndim - 2, 0)][(slice(CORNER),) * min(values.ndim, 2)])


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, float) and not isfinite(value) else value
