"""What ``nnlab explain`` says about a component."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import nnlab
from nnlab.config.default_texts import default_text
from nnlab.config.type_checks import describe_accepted
from nnlab.docstrings import docstring_of
from nnlab.insight.explain.effects import effect_of
from nnlab.insight.explain.examples import EXAMPLES
from nnlab.insight.explain.latex import latex_of
from nnlab.insight.explain.naming import NamedKey
from nnlab.insight.explain.source_code import SourceCode, source_code
from nnlab.insight.explain.worked_example import WorkedExample
from nnlab.registry import REGISTRIES, Hyperparameter, hyperparameters


@dataclass(frozen=True)
class KeyMeaning:
    """A hyper-parameter: what it is, what it accepts, and what a higher and a lower value do (empty: not a number)."""

    name: str
    meaning: str
    accepts: str
    default: str | None
    higher: str
    lower: str


@dataclass(frozen=True)
class Explanation:
    """A component explained; what there is nothing to say about is empty or None."""

    kind: str
    name: str
    sentence: str
    formulas: Sequence[str]
    notes: Sequence[str]
    keys: Sequence[KeyMeaning]
    source: str
    code: SourceCode | None
    example: WorkedExample | None

    def as_json(self) -> dict[str, Any]:
        """Its fields as plain values, with the formulas in LaTeX too."""
        return {
            **vars(self),
            "formulas": [{"unicode": formula, "latex": latex_of(formula)} for formula in self.formulas],
            "notes": [*self.notes],
            "keys": [vars(key) for key in self.keys],
            "code": vars(self.code) if self.code else None,
            "example": self.example.as_json() if self.example else None,
        }


def explanation_of(kind: str, name: str) -> Explanation:
    """The explanation of a registered component."""
    component = REGISTRIES[kind][name]
    doc = docstring_of(component)
    return Explanation(
        kind,
        name,
        doc.sentence,
        doc.formulas,
        doc.notes,
        [key_meaning(name, parameter) for parameter in hyperparameters(component)],
        doc.source,
        source_code(kind, name, component),
        _example(kind, name, component),
    )


def _example(kind: str, name: str, component: type) -> WorkedExample | None:
    """The worked example; None where a component of a plugin does not work with small numbers."""
    if component.__module__.partition(".")[0] == nnlab.__name__:
        return EXAMPLES[kind](name)
    try:
        return EXAMPLES[kind](name)
    except Exception:  # whatever the code of a user raises: gradcheck says it
        return None


@dataclass(frozen=True)
class KeyExplanation:
    """A key, and the components or sections that have it with this meaning."""

    owners: Sequence[str]
    key: KeyMeaning

    def as_json(self) -> dict[str, Any]:
        """Its fields as plain values."""
        return {"owners": [*self.owners], **vars(self.key)}


def explanations_of_key(named: NamedKey) -> list[KeyExplanation]:
    """What a key means, once for all owners for which it means the same."""
    owners: dict[KeyMeaning, list[str]] = {}
    for kind, name, parameter in named.owners:
        owners.setdefault(key_meaning(name, parameter), []).append(name if kind == "spec" else f"{kind}/{name}")
    return [KeyExplanation(names, meaning) for meaning, names in owners.items()]


def key_meaning(component: str, parameter: Hyperparameter) -> KeyMeaning:
    """What a key of a component, or of a section of the spec, means."""
    default = None if parameter.required else default_text(parameter)
    higher, lower = effect_of(component, parameter.name)
    return KeyMeaning(parameter.name, parameter.doc, describe_accepted(parameter), default, higher, lower)
