"""Names on the command line: components of one kind or several, aliases, keys, and errors with the nearest name."""

import pytest

from nnlab.errors import UsageError
from nnlab.insight.doctor.table import RULES
from nnlab.insight.explain.naming import NamedComponent, NamedKey, completions, find


def test_a_name_is_that_of_a_component() -> None:
    assert find("batch_norm") == [NamedComponent("layer", "batch_norm")]
    assert find("relu") == [NamedComponent("activation", "relu")]


def test_a_name_of_several_kinds_means_all_of_them() -> None:
    assert find("softmax") == [NamedComponent("model", "softmax"), NamedComponent("layer", "softmax")]
    assert find("layer/softmax") == [NamedComponent("layer", "softmax")]


def test_names_of_other_libraries() -> None:
    assert find("BatchNorm1d") == [NamedComponent("layer", "batch_norm", "BatchNorm1d")]
    assert find("kaiming_normal") == [NamedComponent("initialiser", "he", "kaiming_normal")]


def test_keys_with_the_components_that_have_them() -> None:
    found = find("train.clip_norm")
    assert isinstance(found, NamedKey)
    assert [(kind, name) for kind, name, _ in found.owners] == [("spec", "train")]
    found = find("optimizer.beta1")
    assert isinstance(found, NamedKey)
    assert ("optimizer", "adam", "beta1") in [(kind, name, key.name) for kind, name, key in found.owners]
    assert isinstance(found := find("learning_rate"), NamedKey)
    assert found.key == "lr"


def test_diagnoses_of_the_doctor() -> None:
    assert [find(rule.name) for rule in RULES] == list(RULES)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bach_norm", "did you mean 'batch_norm'"),
        ("layers/relu", "no kind is called 'layers'; did you mean 'layer'"),
        ("optimizer/adma", "did you mean 'adam'"),
        ("", "no component, key or diagnosis is called ''"),
        ("\x1b[31m", r"\\x1b"),
        ("x" * 10_000, "no component, key or diagnosis is called"),
        ("../../etc/passwd", "no kind is called '../../etc'"),
    ],
)
def test_unknown_names(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        find(name)


def test_completions_can_all_be_found() -> None:
    names = completions()
    assert {"adam", "layer/softmax", "train.clip_norm"} <= set(names)
    for name in names:
        assert find(name)
