"""Conditions on runs, such as ``optimizer.lr<0.1`` and ``test_accuracy>0.9``."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from nnlab.config.yaml_parser import parse_collecting_problems
from nnlab.errors import UsageError
from nnlab.metric_columns import metric_of
from nnlab.text import near_hint, quote

FORM = "must be KEY=VALUE or KEY with !=, <, <=, > or >=, such as optimizer.lr<0.1 or test_accuracy>0.9"
_CONDITION = re.compile(r"([^=!<>]+)(!=|<=|>=|==?|<|>)(.*)", re.DOTALL)
_ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Condition:
    """A key of the spec or a metric, an operator of ``= != < <= > >=``, and a value as YAML reads it."""

    key: str
    operator: str
    value: Any

    def holds(self, found: object, *, present: bool = True) -> bool:
        """Whether a value meets it; one that is not ``present`` differs from every other and has no order.

        A text has no order either, and neither has NaN, which equals NaN.
        """
        if self.operator in _ORDERED:
            return present and _is_number(found) and _ORDERED[self.operator](found, self.value)
        return (present and _equal(found, self.value)) is (self.operator == "=")


@dataclass(frozen=True)
class Facts:
    """What conditions are about: the settings of a run by dotted key, and its metrics and status by name."""

    settings: Mapping[str, Any]
    measures: Mapping[str, Any]


def parse_conditions(texts: Iterable[str]) -> list[Condition]:
    """The conditions in these texts; raises UsageError."""
    return [_parsed(text) for text in texts]


def meeting(facts: Sequence[Facts], conditions: Sequence[Condition]) -> list[bool]:
    """Whether each run meets all conditions.

    A key may be shortened to its ending where only one key of these runs has it. Raises UsageError for a key that none
    of them has.
    """
    settings = dict.fromkeys(key for fact in facts for key in fact.settings)
    measures = dict.fromkeys(name for fact in facts for name in fact.measures)
    met = [True] * len(facts)
    for condition in conditions if facts else ():
        names, is_setting = _names(condition.key, list(settings), list(measures))
        for index, fact in enumerate(facts):
            values = fact.settings if is_setting else fact.measures
            name = next((name for name in names if name in values), None)
            met[index] &= condition.holds(name and values[name], present=name is not None)
    return met


def full_keys(key: str, settings: Iterable[str]) -> list[str]:
    """The settings that a key names in full, or else by its ending; ``optimizer`` names ``optimizer.name``."""
    found = list(settings)
    if key in found:
        return [key]
    return [name for name in found if f".{name.removesuffix('.name')}".endswith(f".{key}")]


def _parsed(text: str) -> Condition:
    found = _CONDITION.fullmatch(text.strip())
    key, symbol, right = (part.strip() for part in found.groups()) if found else ("", "", "")
    if not key:
        raise UsageError(f"--where {quote(text, 100)}: {FORM}")
    tree = parse_collecting_problems(right, "value")
    if tree.problems:
        raise UsageError(f"--where {quote(text, 100)}: {tree.problems[0][2]}")
    if symbol in _ORDERED and not _is_number(tree.value):
        raise UsageError(f"--where {quote(text, 100)}: {symbol} compares numbers, got {quote(tree.value)}")
    return Condition(key, symbol.replace("==", "="), tree.value)


def _names(key: str, settings: Sequence[str], measures: Sequence[str]) -> tuple[list[str], bool]:
    """The names under which runs have a key, and whether they are settings.

    ``lr`` is the spec's ``optimizer.lr``, as in the table, and not the column of that name in the metrics. A component
    is under ``activation`` in one run and, where it has keys of its own, ``activation.name`` in another.
    """
    if key in measures and metric_of(key):
        return [key], False
    found = full_keys(key.removesuffix(".name"), settings) or full_keys(key, settings)
    components = dict.fromkeys(name.removesuffix(".name") for name in found)
    if len(components) == 1:
        (component,) = components
        return [f"{component}.name", component], True
    if key in measures:
        return [key], False
    if found:
        raise UsageError(f"--where {quote(key, 100)}: is the ending of {', '.join(map(quote, found))}; use one of them")
    hint = near_hint(key, [*measures, *settings])
    raise UsageError(f"--where {quote(key, 100)}: no run has this; {hint}use a metric or a key of the spec")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not isnan(value)


def _equal(one: object, other: object) -> bool:
    """Whether two plain values are equal; 1 equals 1.0, but not true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    both_nan = isinstance(one, float) and isinstance(other, float) and isnan(one) and isnan(other)
    return both_nan or one == other
