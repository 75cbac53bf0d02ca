"""Overrides that the shell split, and options mistaken for overrides."""

from pathlib import Path

import pytest

from nnlab.cli.arguments import check_split, option_hint
from nnlab.errors import UsageError


@pytest.mark.parametrize(
    ("arguments", "whole"),
    [
        (["train", "a.yaml", "-s", "model.hidden=[40,", "20]"], "model.hidden=[40, 20]"),
        (["train", "-s", "model.hidden=[40,", "20]", "a.yaml"], "model.hidden=[40, 20]"),
        (["train", "--set", "a=[1,", "2,", "3]", "-q"], "a=[1, 2, 3]"),
        (["train", "--set=a=[1,", "2]"], "a=[1, 2]"),
        (["train", "-sa=[1,", "2]"], "a=[1, 2]"),
        (["show", "a.yaml", "-s", "model={name:", "mlp,", "hidden:", "[4]}"], "model={name: mlp, hidden: [4]}"),
    ],
)
def test_value_split_by_the_shell_is_refused_with_the_quoted_form(arguments: list[str], whole: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_split(arguments)
    assert str(caught.value).endswith(f"put it in quotes: -s '{whole}'")


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "a.yaml", "-s", "model.hidden=[40, 20]"],
        ["train", "-s", "a=[1", "b.yaml"],  # not closed by anything that follows
        ["train", "-s", "a=[1,", "-s", "b=[2]"],
        ["train", "a=[1,", "2]"],
        ["train", "--", "-s", "a=[1,", "2]"],
        ["train", "-s"],
        ["train", "-s", "name=x[1", "2]"],
    ],
)
def test_arguments_that_were_not_split_are_unchanged(arguments: list[str]) -> None:
    check_split(arguments)


@pytest.mark.parametrize(
    ("option", "key"),
    [
        ("--lr", "optimizer.lr"),
        ("--learning-rate", "optimizer.lr"),
        ("--epochs", "train.epochs"),
        ("--batch-size", "train.batch_size"),
        ("--hidden", "model.hidden"),
        ("--weight_init_std", "model.init"),
    ],
)
def test_an_option_named_like_a_spec_key_suggests_the_override(nnlab, spec: Path, option: str, key: str) -> None:
    assert option_hint(option) == f"set this key of the spec with -s {key}=VALUE"
    answer = nnlab("train", spec, option, "1")
    assert answer.code == 2
    assert f"-s {key}=VALUE" in " ".join(answer.stderr.replace("│", "").split())


@pytest.mark.parametrize("option", ["--nonsense", "--", "--" + "x" * 100_000, "--a.b"])
def test_other_unknown_options_suggest_no_override(option: str) -> None:
    assert option_hint(option) == ""


def test_the_error_names_the_split_value(nnlab, spec: Path) -> None:
    answer = nnlab("train", spec, "-s", "model.hidden=[40,", "20]")
    assert answer.code == 2
    assert answer.stderr == (
        "nnlab: -s model.hidden=[40, 20]: was split at its spaces by the shell; put it in quotes: "
        "-s 'model.hidden=[40, 20]'\n"
    )


def test_a_near_option_is_still_suggested(nnlab, spec: Path) -> None:
    assert "--dry-run" in nnlab("train", spec, "--dryrun").stderr
    assert "-s" not in nnlab("runs", "ls", "--lr").stderr
