"""Explanations in Japanese: every text about a component is translated, and nothing is translated that is not said."""

import re

import pytest

from nnlab.config.experiment import spec_sections
from nnlab.docstrings import docstring_of
from nnlab.insight.explain.effects import EFFECTS
from nnlab.insight.explain.explanation import explanation_of
from nnlab.language import accepted_in_own_words, formula_in_own_words, in_own_words, source_in_own_words, speaking
from nnlab.registry import REGISTRIES, hyperparameters
from nnlab.words import NOTES, effects, keys, keys_of_data, sentences, sentences_of_data

COMPONENTS = {
    f"{kind}/{name}": cls
    for kind, registry in REGISTRIES.items()
    for name, cls in registry.items()
    if not (kind == "layer" and name in REGISTRIES["activation"])
}
LETTERS = re.compile("[぀-ヿ一-鿿]")


def test_every_sentence_is_translated() -> None:
    said = {docstring_of(cls).sentence for cls in COMPONENTS.values()}
    assert said == sentences.SENTENCES.keys() | sentences_of_data.SENTENCES_OF_DATA.keys()


def test_every_key_is_translated() -> None:
    classes = [*COMPONENTS.values(), *spec_sections().values()]
    said = {parameter.doc for cls in classes for parameter in hyperparameters(cls)}
    assert said == keys.KEYS.keys() | keys_of_data.KEYS_OF_DATA.keys()


def test_every_effect_and_every_note_is_translated() -> None:
    assert {text for effect in EFFECTS.values() for text in effect} == effects.EFFECTS.keys()
    assert {place for place, cls in COMPONENTS.items() if docstring_of(cls).notes} == NOTES.keys()


@pytest.mark.parametrize("kind", [kind for kind in REGISTRIES if kind != "dataset"])
def test_parts_of_examples_are_translated(kind: str) -> None:
    """What is left in English are names, as a spec or the code writes them, and mathematics."""
    with speaking("ja"):
        for place in COMPONENTS:
            if not place.startswith(f"{kind}/"):
                continue
            explanation = explanation_of(kind, place.rpartition("/")[2])
            assert LETTERS.search(in_own_words(explanation.sentence))
            assert LETTERS.search(in_own_words(kind))
            for key in explanation.keys:
                assert not re.search(
                    r"\b(number|each|list|items?|from|above|below|least|most)\b", accepted_in_own_words(key.accepts)
                )
            assert explanation.example is not None
            for stage in explanation.example.stages:
                for step in (*explanation.example.given, *stage.steps):
                    assert not re.search(r"\b(the|of|is|and|waited|point)\b", in_own_words(step.name)), step.name


def test_books_in_sources() -> None:
    source = '"Deep Learning from Scratch", sections 4.2.2 and 5.6.3; Ioffe & Szegedy 2015'
    assert source_in_own_words(source) == source
    with speaking("ja"):
        assert source_in_own_words(source) == "『ゼロから作る Deep Learning』4.2.2 節、5.6.3 節; Ioffe & Szegedy 2015"


def test_words_in_formulas() -> None:
    with speaking("ja"):
        assert formula_in_own_words("dx = dy where x > 0, else 0") == "dx = dy（x > 0 のとき）、それ以外は 0"
        for cls in COMPONENTS.values():
            for formula in docstring_of(cls).formulas:
                assert not re.search(r"\b(where|else|with|probability)\b", formula_in_own_words(formula))


def test_what_keys_accept() -> None:
    with speaking("ja"):
        assert accepted_in_own_words("a number above 0 and at most 1") == "0 より大きく 1 以下の数"
        assert accepted_in_own_words("l1: a number or l2: a number") == "l1: 数 または l2: 数"
        assert accepted_in_own_words("printable text of 1 to 100 characters") == "1 から 100 文字の印字可能な文字列"
        assert (
            accepted_in_own_words("'auto' or a list of at most 9 items, each text")
            == "'auto' または リスト（9 個以下、文字列）"
        )


def test_a_text_without_translation_stays() -> None:
    with speaking("ja"):
        assert in_own_words("Y = x · σ(βx), with a trained β.") == "Y = x · σ(βx), with a trained β."
