"""A worked example: what is given, and each formula of a docstring with the number that it gives."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from typing import Any

import numpy as np

from nnlab.registry import hyperparameters, registered_name
from nnlab.text import format_value

Value = Any
"""A number, an array, or a text."""

Extra = tuple[str, Callable[[Mapping[str, Value]], Value]]
"""An intermediate result that no formula names: its expression, and how it follows from the values so far."""

_EQUATION = re.compile(r"^(?P<left>[^=←∼]+?) (?P<sign>[=←∼]) (?P<right>.+)$")


class Successive:
    """The values of a quantity that several formulas change, one after the other."""

    def __init__(self, *values: Value) -> None:
        self.values = list(values)


@dataclass(frozen=True)
class Step:
    """A quantity of an example; the first of ``formula`` and ``name`` that is not empty is what is printed."""

    name: str
    value: Value
    formula: str = ""

    def as_json(self) -> dict[str, object]:
        """Its fields as plain values."""
        value = self.value.tolist() if isinstance(self.value, np.ndarray | np.generic) else self.value
        return {"name": self.name, **({"formula": self.formula} if self.formula else {}), "value": value}


@dataclass(frozen=True)
class Stage:
    """A part of an example: backward, or the second update."""

    title: str
    steps: Sequence[Step]


@dataclass(frozen=True)
class WorkedExample:
    """One computation with small numbers: its settings as a spec writes them, what is given, and its stages."""

    settings: str
    given: Sequence[Step]
    stages: Sequence[Stage]

    def as_json(self) -> dict[str, object]:
        """Its fields as plain values."""
        return {
            "settings": self.settings,
            "given": [step.as_json() for step in self.given],
            "stages": [
                {"title": stage.title, "steps": [step.as_json() for step in stage.steps]} for stage in self.stages
            ],
        }


def left_sides(formula: str) -> tuple[str, str]:
    """The quantity that a formula computes, with and without its indices: ``y[n,f]`` and ``y`` of ``y[n,f] = ...``."""
    found = _EQUATION.match(unicodedata.normalize("NFC", formula))
    left = found["left"] if found else ""
    return left, re.sub(r"\[.*\]$|_(?:\w+|\{.*\})'?$", "", left)


def steps_of_formulas(
    formulas: Sequence[str], values: Mapping[str, Value], extras: Mapping[str, Sequence[Extra]]
) -> list[Step]:
    """The formulas with their values, as far as ``values`` has their left side, each after its extra results."""
    steps = []
    for formula in formulas:
        name = next((name for name in left_sides(formula) if name in values), None)
        if name is None:
            continue
        steps += [Step(expression, compute(values)) for expression, compute in extras.get(name, ())]
        value = values[name]
        steps.append(Step(name, value.values.pop(0) if isinstance(value, Successive) else value, formula))
    return steps


def sum_of_products(factors: np.ndarray, others: np.ndarray, bias: float | None = None) -> str:
    """``1·0.5 + 2·(-1) + 0.1 = -1.4``, with brackets around negative numbers."""
    pairs = zip(factors.reshape(-1), others.reshape(-1), strict=True)
    terms = [f"{bracketed(first)}·{bracketed(second)}" for first, second in pairs]
    total = float((factors * others).sum()) + (bias or 0.0)
    return f"{' + '.join([*terms, *([bracketed(bias)] if bias is not None else [])])} = {number_text(total)}"


def number_text(value: float) -> str:
    """A number with up to six significant digits, as a calculator shows it."""
    return f"{float(value):.6g}" if value != 0 else "0"


def bracketed(value: float) -> str:
    """A number, in brackets where it is negative."""
    return f"({number_text(value)})" if value < 0 else number_text(value)


def settings_text(name: str, settings: Mapping[str, Any]) -> str:
    """Settings as a spec writes them: ``{name: dropout, rate: 0.5}``."""
    return format_value({"name": name, **{key: _in_spec(value) for key, value in settings.items()}})


def _in_spec(value: Any) -> Any:
    """A setting as a spec writes it; a component inside another by its name and what differs from the defaults."""
    if isinstance(value, list):
        return [_in_spec(entry) for entry in value]
    if not is_dataclass(value):
        return value
    changed = {
        key.name: _in_spec(getattr(value, key.name))
        for key in hyperparameters(type(value))
        if key.required or getattr(value, key.name) != key.default
    }
    return {"name": registered_name(value), **changed}
