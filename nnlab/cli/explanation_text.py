"""An explanation as text."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from nnlab.cli.explanation_values import equation_lines, value_lines
from nnlab.cli.wrapping import wrapped
from nnlab.docstrings import is_gradient
from nnlab.language import (
    accepted_in_own_words,
    formula_in_own_words,
    in_own_words,
    notes_in_own_words,
    source_in_own_words,
    tr,
)

if TYPE_CHECKING:
    from nnlab.insight.doctor.rules import Rule
    from nnlab.insight.explain.explanation import Explanation, KeyExplanation, KeyMeaning
    from nnlab.insight.explain.worked_example import Step, WorkedExample

WIDEST = 100
INDENT = "  "


def explanation_lines(explanation: "Explanation", width: int) -> Iterator[str]:
    """What an explanation says, in lines of at most ``width`` cells where code and formulas permit."""
    width = min(width, WIDEST)
    yield f"{explanation.name} ({in_own_words(explanation.kind)})"
    if explanation.sentence:
        yield from wrapped(in_own_words(explanation.sentence), width)
    if explanation.formulas:
        yield from _heading(tr("Formulas"))
        yield from _indented(line for each in explanation.formulas for line in _formula_lines(each, width))
        if any(is_gradient(each, "=←") for each in explanation.formulas):
            convention = in_own_words("dx is ∂L/∂x, the gradient of the loss L with respect to x; so are dy, dW, ...")
            yield from _indented(["", *wrapped(convention, width - len(INDENT))])
    for note in notes_in_own_words(explanation.kind, explanation.name, explanation.notes):
        yield ""
        yield from wrapped(note, width)
    if explanation.keys:
        yield from _heading(tr("Hyper-parameters"))
        for key in explanation.keys:
            yield from _indented(key_lines(key, width - len(INDENT)))
    if explanation.example:
        yield ""
        yield from hanging("", f"{tr('By hand')}: {explanation.example.settings}", width, 4)
        yield from _indented(example_lines(explanation.example, width - len(INDENT)))
    if explanation.code:
        yield from _heading(tr("Code ({file})", file=explanation.code.file))
        yield from _indented(explanation.code.text.splitlines())
    if explanation.source:
        yield from _heading(tr("Source"))
        yield from _indented(wrapped(source_in_own_words(explanation.source), width - len(INDENT)))


def separated(parts: Sequence[Iterable[str]]) -> Iterator[str]:
    """The lines of all parts, with an empty line between two."""
    for number, part in enumerate(parts):
        if number:
            yield ""
        yield from part


def latex_lines(explanation: "Explanation") -> Iterator[str]:
    """The formulas of a component as a LaTeX environment, after a comment with its name."""
    from nnlab.insight.explain.latex import aligned

    yield f"% {explanation.name} ({in_own_words(explanation.kind)})"
    yield from aligned(explanation.formulas)


def key_lines_by_owner(keys: "Sequence[KeyExplanation]", width: int) -> Iterator[str]:
    """A key with the components or sections that have it."""
    width = min(width, WIDEST)
    yield from separated([[*key_lines(each.key, width), *_owner_lines(each, width)] for each in keys])


def _owner_lines(explanation: "KeyExplanation", width: int) -> list[str]:
    return hanging("    ", tr("key of {owners}", owners=", ".join(explanation.owners)), width, 6)


def rule_lines(rule: "Rule", width: int) -> Iterator[str]:
    """What a diagnosis of the doctor means, where it is described, and its source."""
    width = min(width, WIDEST)
    yield f"{rule.name} ({tr('diagnosis')})"
    yield from wrapped(rule.why, width)
    yield from _heading(tr("Source"))
    yield from _indented(wrapped(f"{rule.source}; {rule.page}", width - len(INDENT)))


def _heading(text: str) -> Iterator[str]:
    yield ""
    yield text


def _indented(lines: Iterable[str]) -> Iterator[str]:
    yield from (INDENT + line if line else "" for line in lines)


def _formula_lines(formula: str, width: int) -> list[str]:
    """A formula, continued on further lines where it is too wide."""
    return hanging("", formula_in_own_words(formula), width - len(INDENT), 4)


def hanging(start: str, text: str, width: int, indent: int) -> list[str]:
    """A text after ``start``, whose further lines are indented."""
    first, *rest = wrapped(start + text, width) or [start]
    if not rest:
        return [first]
    remainder = (start + text)[len(first) :].strip()
    return [first, *(" " * indent + line for line in wrapped(remainder, width - indent))]


def key_lines(key: "KeyMeaning", width: int) -> Iterator[str]:
    """A hyper-parameter: default and bounds, meaning, and what other values do."""
    default = tr("required") if key.default is None else tr("default {value}", value=key.default or "''")
    yield from hanging(f"{key.name}: ", f"{default}; {accepted_in_own_words(key.accepts)}", width, 4)
    yield from ("    " + line for line in wrapped(in_own_words(key.meaning), width - 4))
    for label, effect in ((tr("higher: "), key.higher), (tr("lower: "), key.lower)):
        if effect:
            yield from ("    " + line for line in hanging(label, in_own_words(effect), width - 4, 2))


def example_lines(example: "WorkedExample", width: int) -> Iterator[str]:
    """What is given, and the stages with their results."""
    for step in example.given:
        yield from _step_lines(step, width)
    for stage in example.stages:
        if stage.title:
            yield ""
            yield formula_in_own_words(in_own_words(stage.title))  # of a schedule its formula
        elif example.given:
            yield ""
        for step in stage.steps:
            yield from _step_lines(step, width)


def _step_lines(step: "Step", width: int) -> Iterator[str]:
    """``formula`` and below it ``= value``, or ``name = value`` on one line."""
    if step.formula:
        yield from _formula_lines(step.formula, width)
        left = re.split(" [=←∼] ", step.formula)[0]
        indent = " " * (cell_len(left) + 1)
        value = value_lines(step.value, width - len(indent) - 2)
        yield from (f"{indent}{'=' if number == 0 else ' '} {line}" for number, line in enumerate(value))
        return
    name = in_own_words(step.name)
    if not name:
        yield from value_lines(step.value, width)
        return
    content = in_own_words(step.value) if isinstance(step.value, str) else step.value
    value = value_lines(content, width - cell_len(name) - 3)
    if len(value) > 1 and isinstance(content, str):
        yield from [f"{name}:", *("    " + line for line in wrapped(content, width - 4))]
        return
    if isinstance(content, str):
        yield f"{name}{': ' if ' ' in content else ' = '}{value[0]}"
    else:
        yield from equation_lines(name, value)
