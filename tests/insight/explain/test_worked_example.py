"""Formulas are what they say: calculated from their text, they give the numbers that the examples show."""

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from nnlab.docstrings import docstring_of
from nnlab.insight.explain.examples.layers import layer_example
from nnlab.insight.explain.examples.optimizers import optimizer_example
from nnlab.insight.explain.examples.rates import RATE, UPDATES
from nnlab.insight.explain.worked_example import left_sides
from nnlab.registry import activations, hyperparameters, optimizers, schedules

FUNCTIONS = {
    "max": np.maximum,
    "sign": np.sign,
    "√": np.sqrt,
    "abs": np.abs,
    "ln": np.log,
    "tanh": np.tanh,
    "cos": np.cos,
    "erf": np.vectorize(math.erf),
}
RAISED = dict(zip("²³⁻⁺¹ᵗˣ", "23-+1tx", strict=True))
TOKEN = re.compile(
    rf"(?P<number>\d+(?:\.\d+)?)|(?P<name>√|Φ\(x\)|[A-Za-zα-ωΔ]+[\u0302\u0304]?[₀-₉]?(?:_t)?)|(?P<raised>[{''.join(RAISED)}]+)"
    r"|(?P<mark>[-+*/^(),·−])"
)


def calculated(expression: str, values: Mapping[str, Any]) -> Any:
    """The value of a right side in the notation of docstrings, with the meaning that docs/explain.md gives it."""
    if found := re.fullmatch(r"(.+) where (\w) > 0, else (.+)", expression):
        return np.where(values[found[2]] > 0, calculated(found[1], values), calculated(found[3], values))
    python, previous, opened = "", "", 0
    for token in TOKEN.finditer(re.sub(r"\|([^|]+)\|", r"abs(\1)", expression)):
        kind, text = token.lastgroup or "", token[0]
        if text == "(" or kind in ("number", "name"):
            python += " * " if previous == "value" else ""
        if kind == "raised":
            exponent = (
                " * ".join(RAISED[each] for each in text) if text == "" else "".join(RAISED[each] for each in text)
            )
            python += "**(" + re.sub("[tx]", lambda name: f"v['{name[0]}']", exponent) + ")"
            previous = "value"
        elif kind == "name":
            python += f"f['{text}']" if text in FUNCTIONS else f"v['{text}']"
            previous = "function" if text in FUNCTIONS else "value"
            if text == "√" and expression[token.end() : token.end() + 1] != "(":
                python += "("
                opened = 1
                continue
        else:
            python += {"·": "*", "−": "-", "^": "**"}.get(text, text)
            previous = "value" if kind == "number" or text == ")" else "mark"
        if opened:
            python += ")"
            opened = 0
    return eval(python, {"v": values, "f": FUNCTIONS})


def right_side(formula: str) -> str:
    return re.split(" [=←] ", unicodedata.normalize("NFC", formula), maxsplit=1)[1]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("a b / (a + b)", 1.2),
        ("−a √b / √(a + 2)", -math.sqrt(3)),
        ("2 a²", 8),
        ("max(a b, |c|)", 7),
        ("e⁻ˣ", math.exp(-1)),
    ],
)
def test_the_notation(expression: str, value: float) -> None:
    assert calculated(expression, {"a": 2, "b": 3, "c": -7, "x": 1, "e": math.e}) == pytest.approx(value)


@pytest.mark.parametrize("name", optimizers.names())
def test_the_formulas_of_an_update_rule_give_its_numbers(name: str) -> None:
    example = optimizer_example(name)
    values: dict[str, Any] = {step.name: step.value for step in example.given}
    for t, stage in enumerate(example.stages, start=1):
        shown = {step.name: step.value for step in stage.steps}
        values |= {"t": t, "g": shown["g = 2 θ"], "θ": stage.steps[0].value}
        for step in stage.steps:
            if step.formula:
                values.setdefault(step.name, 0.0)
                for state in "mvhsu":
                    values.setdefault(state, 0.0)
                assert calculated(right_side(step.formula), values) == pytest.approx(step.value, rel=1e-9, abs=1e-12), (
                    step.formula
                )
                values[step.name] = step.value
    assert {step.formula for step in example.stages[0].steps} >= set(docstring_of(optimizers[name]).formulas)


@pytest.mark.parametrize("name", activations.names())
def test_the_formulas_of_an_activation_give_its_numbers(name: str) -> None:
    example = layer_example(name)
    defaults = {key.name: key.default for key in hyperparameters(activations[name])}
    given = {step.name: step.value for step in example.given}
    shown = {step.name: step.value for stage in example.stages for step in stage.steps}
    values = {"e": math.e, "π": math.pi, **defaults, **given, **shown}
    formulas = [each for each in docstring_of(activations[name]).formulas if "Σ" not in each]
    assert len(formulas) >= 2
    for formula in formulas:
        expected = shown[left_sides(formula)[0]]
        np.testing.assert_allclose(calculated(right_side(formula), values), expected, rtol=1e-12, err_msg=formula)


@pytest.mark.parametrize("name", ["constant", "exponential", "cosine"])
def test_the_formula_of_a_schedule_gives_its_rates(name: str) -> None:
    schedule = schedules[name](**({"decay": 0.9} if name == "exponential" else {}))
    (formula,) = docstring_of(schedules[name]).formulas
    for s in range(4):
        values = {"η": RATE, "s": s, "S": UPDATES, "π": math.pi, "final": 0.0, "decay": 0.9}
        assert calculated(right_side(formula), values) == pytest.approx(RATE * schedule.scale(s, UPDATES))


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_the_gradient_of_a_state_follows_from_the_step_after_it(name: str) -> None:
    example = layer_example(name)
    given = {step.name: step.value for step in example.given}
    (Wh,), dy = given["Wh"], given["dy"].reshape(-1)
    z = next((str(step.value).split(",")[0] for step in example.stages[1].steps if step.name == "z, r"), "0")
    r = next((str(step.value).split(",")[1] for step in example.stages[1].steps if step.name == "z, r"), "1")
    last, first = ({step.name: step.value for step in stage.steps} for stage in example.stages[2:4])
    gates = {"rnn": ["da_t"], "lstm": ["da_f", "da_g", "da_i", "da_o"], "gru": ["da_z", "da_r", "da_n"]}[name]
    factors = [1.0] * (len(gates) - 1) + [float(r)]
    through = sum(last[gate].item() * weight * factor for gate, weight, factor in zip(gates, Wh, factors, strict=True))
    dh = (first["dh_t"] if "dh_t" in first else first["dh"]).item()
    assert dh == pytest.approx(dy[0] + through + float(z) * dy[1], rel=1e-5)
    if name != "rnn":
        assert last["dh_{t−1}"].item() == dh
