"""``nnlab explain``: formula, hyper-parameters, a step by hand, code and source of a component."""

import json as as_json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.arguments import Lang
from nnlab.cli.completion import complete_explained
from nnlab.cli.console import echo, results
from nnlab.text import escape_control

if TYPE_CHECKING:
    from nnlab.insight.explain.naming import NamedComponent


def explain_command(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A component, such as batch_norm or adam; KIND/NAME where two kinds have the name; a key of a "
            "spec, such as train.clip_norm; or a diagnosis of nnlab doctor.",
            show_default=False,
            autocompletion=complete_explained,
        ),
    ],
    latex: Annotated[bool, typer.Option("--latex", help="Print the formulas only, in LaTeX (amsmath).")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the explanation as JSON.")] = False,
    language: Lang = "en",
) -> None:
    """Explain a component: formulas, hyper-parameters, one step by hand with small numbers, textbook code, source.

    Example: nnlab explain batch_norm
    """
    from nnlab.cli.explanation_text import explanation_lines, key_lines_by_owner, latex_lines, rule_lines, separated
    from nnlab.errors import UsageError
    from nnlab.insight.doctor.rules import Rule
    from nnlab.insight.explain.explanation import explanation_of, explanations_of_key
    from nnlab.insight.explain.naming import NamedKey, find

    found = find(name)
    width = results().width
    if latex and not isinstance(found, list):
        raise UsageError(f"{name} is no component, so it has no formula; leave out --latex")
    if isinstance(found, Rule):
        lines = rule_lines(found, width)
        plain = [{"name": found.name, "why": found.why, "page": found.page, "source": found.source}]
    elif isinstance(found, NamedKey):
        keys = explanations_of_key(found)
        lines = key_lines_by_owner(keys, width)
        plain = [key.as_json() for key in keys]
    else:
        explanations = [explanation_of(each.kind, each.name) for each in found]
        if latex:
            explanations = [each for each in explanations if each.formulas]
            if not explanations:
                raise UsageError(f"{found[0].kind} {found[0].name} has no formula")
            lines = (line for each in explanations for line in latex_lines(each))
        else:
            lines = separated([explanation_lines(each, width) for each in explanations])
        plain = [explanation.as_json() for explanation in explanations]
        for note in notes_on(name, found):
            echo(note, err=True)
    if json:
        echo(json_text(plain))
        return
    for line in lines:
        echo(line)


def json_text(value: object) -> str:
    """JSON with letters of every language as they are; what could steer a terminal is escaped as JSON has it."""
    text = as_json.dumps(value, indent=2, ensure_ascii=False)
    return "".join(each if each == "\n" or escape_control(each) == each else as_json.dumps(each)[1:-1] for each in text)


def notes_on(asked: str, found: "Sequence[NamedComponent]") -> list[str]:
    """That a name is another library's, and that several kinds have it."""
    places = [f"{each.kind}/{each.name}" for each in found]
    notes = [f"{asked} of other libraries is {places[0]} here"] if found[0].alias else []
    if len(places) > 1:
        notes.append(f"{len(places)} kinds have this name; one of them alone: nnlab explain {places[0]}")
    return notes
