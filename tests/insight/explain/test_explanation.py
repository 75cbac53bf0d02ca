"""Explanations: parts of every component, keys with their effects, and code."""

import inspect

import pytest

from nnlab import textbook
from nnlab.config.experiment import spec_sections
from nnlab.insight.explain.effects import EFFECTS, effect_of
from nnlab.insight.explain.explanation import explanation_of
from nnlab.insight.explain.source_code import source_code, textbook_version
from nnlab.models.textbook_twins import LOSSES
from nnlab.registry import REGISTRIES, hyperparameters, layers, losses

SECTIONS = [("spec", name, cls) for name, cls in spec_sections().items()]
COMPONENTS = [(kind, name, cls) for kind, registry in REGISTRIES.items() for name, cls in registry.items()]
# Numbers of which more is neither stronger nor weaker.
WITHOUT_EFFECT = {"seed", "fold", "class_name", "checkpoint_every", "missing"}


def test_numbers_have_an_effect_in_both_directions() -> None:
    without = {
        f"{name}.{parameter.name}"
        for _, name, cls in [*SECTIONS, *COMPONENTS]
        for parameter in hyperparameters(cls)
        if type(parameter.default) in (int, float) and not all(effect_of(name, parameter.name))
    }
    assert {each.rpartition(".")[2] for each in without} <= WITHOUT_EFFECT


def test_every_effect_is_of_a_key() -> None:
    keys = {(name, parameter.name) for _, name, cls in [*SECTIONS, *COMPONENTS] for parameter in hyperparameters(cls)}
    names = {key for _, key in keys} | {f"{name}.{key}" for name, key in keys}
    assert EFFECTS.keys() <= names


@pytest.mark.parametrize(("kind", "name"), [("layer", "batch_norm"), ("optimizer", "adamw"), ("initialiser", "he")])
def test_the_parts_of_an_explanation(kind: str, name: str) -> None:
    plain = explanation_of(kind, name).as_json()
    assert plain["name"] == name
    assert plain["formulas"][0].keys() == {"unicode", "latex"}
    assert plain["code"]["file"].startswith("nnlab/textbook/")
    assert plain["example"]["stages"][0]["steps"]


def test_code_comes_with_what_it_derives_from_and_calls() -> None:
    adamw = source_code("optimizer", "adamw", REGISTRIES["optimizer"]["adamw"])
    assert adamw is not None
    assert adamw.text.startswith("class AdamW(Adam):")
    assert "\nclass Adam:" in adamw.text
    conv2d = source_code("layer", "conv2d", layers["conv2d"])
    assert conv2d is not None
    assert "\ndef im2col(" in conv2d.text
    assert '"""' not in adamw.text + conv2d.text
    rnn = source_code("layer", "rnn", layers["rnn"])
    assert rnn is not None
    assert rnn.text.count("class Recurrent(") == 1  # a base that is also named


@pytest.mark.parametrize(
    ("kind", "name"), [*(("layer", name) for name in layers.names()), *(("loss", name) for name in losses.names())]
)
def test_docstrings_name_a_textbook_class(kind: str, name: str) -> None:
    twin = textbook_version(kind, name, REGISTRIES[kind][name])
    assert inspect.isclass(twin)
    assert hasattr(twin, "backward")


def test_losses_name_the_class_that_they_are_compared_with() -> None:
    for name in LOSSES:
        twin = textbook_version("loss", name, losses[name])
        assert type(LOSSES[name](losses[name](), None)) is twin  # type: ignore[arg-type]


def test_components_without_a_textbook_version_have_no_code() -> None:
    assert source_code("schedule", "cosine", REGISTRIES["schedule"]["cosine"]) is None
    assert not hasattr(textbook, "Cosine")
