"""Docstrings of components have one form: a sentence, formulas, notes and a source."""

import re
from dataclasses import dataclass

import pytest

from nnlab.docstrings import Docstring, docstring_of, is_gradient
from nnlab.registry import REGISTRIES

COMPONENTS = {f"{kind}/{name}": cls for kind, registry in REGISTRIES.items() for name, cls in registry.items()}
WITH_FORMULAS = {"layer", "activation", "loss", "metric", "penalty", "optimizer", "schedule", "initialiser", "function"}
GIVEN_BY_THE_USER = {"function/expression"}


class Doubling:
    """Multiply each number by 2,
    which is even.

        y = 2 x
        dx = 2 dy

    A note on ``y``,
    see :class:`Doubling`.
    Equals ``textbook.Twice``; faster.
    Source: Gauss 1801,
    section 2.
    """


class OfAPlugin:
    """Y = x · σ(βx), with a trained β."""


class WithoutDocstring:
    pass


@dataclass
class OfDataclass:
    number: int


def test_the_parts_of_a_docstring() -> None:
    sentence, formulas = "Multiply each number by 2, which is even.", ("y = 2 x", "dx = 2 dy")
    notes = ("A note on y, see Doubling.",)
    assert docstring_of(Doubling) == Docstring(sentence, formulas, notes, "Gauss 1801, section 2", "Twice")


def test_a_docstring_of_another_form_is_a_sentence() -> None:
    assert docstring_of(OfAPlugin) == Docstring("Y = x · σ(βx), with a trained β.", (), (), "", "")
    assert docstring_of(WithoutDocstring) == docstring_of(OfDataclass) == Docstring("", (), (), "", "")


@pytest.mark.parametrize("place", COMPONENTS)
def test_every_component_has_a_sentence_formulas_and_a_source(place: str) -> None:
    doc = docstring_of(COMPONENTS[place])
    assert doc.sentence.endswith(".")
    assert "`" not in doc.sentence
    assert doc.source
    if place.partition("/")[0] in WITH_FORMULAS and place not in GIVEN_BY_THE_USER:
        assert doc.formulas
    assert all(re.search(" [=←∼] ", formula) for formula in doc.formulas)


@pytest.mark.parametrize(
    "place", [place for place in COMPONENTS if place.startswith(("layer/", "activation/", "loss/"))]
)
def test_layers_and_losses_have_forward_and_backward(place: str) -> None:
    formulas = docstring_of(COMPONENTS[place]).formulas
    backward = [formula for formula in formulas if re.match("d[a-zA-Z]", formula)]
    assert backward or place == "layer/embedding"
    assert 0 < len(backward) < len(formulas)


def test_formulas_of_gradients() -> None:
    formulas = ["y = x W + b", "dW = xᵀ dy", "dh_{t−1} = dh_t Wh", "dW ← dW + λ W", "θ ← θ − η g"]
    assert [is_gradient(formula) for formula in formulas] == [False, True, True, False, False]
    assert [is_gradient(formula, "=←") for formula in formulas] == [False, True, True, True, False]
