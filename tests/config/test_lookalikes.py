"""Look-alike characters in YAML are reported at their position."""

from pathlib import Path

import pytest

from nnlab.config.loading import load_experiment
from nnlab.config.lookalikes import likely_typo
from nnlab.config.yaml_parser import parse_yaml
from nnlab.errors import SpecError

DATA = "data: {name: spiral, points: 20}\nmodel: {name: mlp, hidden: [8]}\n"
TRAIN = "train: {iterations: 2, batch_size: 16}\n"


def complaints(folder: Path, text: str, *overrides: str) -> list[str]:
    path = folder / "a.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_experiment(path, overrides)
    return str(caught.value).replace(f"{folder}/", "").splitlines()


@pytest.mark.parametrize(
    ("rest", "place", "advice"),
    [
        ("\uff1a {name: sgd, lr: 0.1}\n", "3:10", "replace '\uff1a' (U+FF1A, fullwidth colon) with ':'"),
        (":\u3000{name: sgd, lr: 0.1}\n", "3:11", "U+3000 (ideographic space) with a plain space"),
        (":\u00a0{name: sgd, lr: 0.1}\n", "3:11", "replace U+00A0 (no-break space) with a plain space"),
        (": {name: sgd\u3001lr: 0.1}\n", "3:22", "replace '\u3001' (U+3001, ideographic comma) with ','"),
        (":\n  name: sgd\n  lr\uff1a0.1\n", "5:5", "replace '\uff1a'"),
        (":\n  name: sgd\n  lr:\u30000.1\n", "5:6", "replace U+3000"),
        (": {name: sgd, lr: \uff10.\uff11}\n", "3:28: optimizer.lr", "(U+FF10, fullwidth digit zero) with '0'"),
        (": {name: sgd, lr: \u22120.1}\n", "3:28: optimizer.lr", "'\u2212' (U+2212, minus sign) with '-'"),
        (": {name: \u201csgd\u201d, lr: 1}\n", "3:19: optimizer.name", "(U+201C, left double quotation mark)"),
        (":\n  name: sgd\u3000\n  lr: 0.1\n", "4:12: optimizer.name", "replace U+3000"),
        (":\n  name: sgd\u200b\n  lr: 0.1\n", "4:12: optimizer.name", "delete U+200B (zero width space)"),
        (":\n  name: sgd\n  lr: 0.1\u3000# \u7387\n", "5:10: optimizer.lr", "replace U+3000"),
        (": {name\uff1asgd, lr: 1}\n", "3:17: optimizer", "replace '\uff1a'"),
        (":\n  name:sgd\n", "4:7: optimizer", "write 'name: sgd' with a space after the colon"),
        (":\n\tname: sgd\n", "4:1", "a tab; indent with spaces"),
    ],
)  # fmt: skip
def test_lookalike_character(tmp_path: Path, rest: str, place: str, advice: str) -> None:
    lines = complaints(tmp_path, f"{DATA}optimizer{rest}{TRAIN}")
    assert any(line.startswith(f"a.yaml:{place}") and advice in line for line in lines)


def test_missing_space_in_flow_mapping(tmp_path: Path) -> None:
    lines = complaints(tmp_path, f"{DATA}optimizer: {{name: sgd, lr:0.1}}\n{TRAIN}")
    advice = "write 'lr: 0.1' with a space after the colon"
    assert lines == [
        f"a.yaml:3:26: optimizer.lr:0.1: {advice}: unknown key; sgd has lr",
        f"a.yaml:3:26: optimizer: {advice}: needs the key lr (learning rate η)",
    ]


def test_override_with_lookalike(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, f"{DATA}optimizer: adam\n{TRAIN}", "optimizer.lr=\uff10.1")
    assert line.startswith("-s optimizer.lr=\uff10.1: optimizer.lr: replace '\uff10'")


def test_lookalikes_are_allowed_in_comments_quotes_and_names(tmp_path: Path) -> None:
    path, name = tmp_path / "a.yaml", "\u5b9f\u9a13\uff08\uff11\uff09"
    path.write_text(
        f"# \uff1a\u3000\nname: {name}\n{DATA}optimizer: adam  # \u3001\n{TRAIN}",
        encoding="utf-8",
    )
    assert load_experiment(path).name == name


def test_quoted_or_distant_lookalikes_are_ignored() -> None:
    for text in (
        "a: '\uff1a'\nb: [1\n",
        "# \uff1a\nb: [1\n",
        "a: \uff11\nb: [1\n",
        "a: \uff1a\n" + "b: 1\n" * 6 + "c: ]\n",
    ):
        with pytest.raises(SpecError) as caught:
            parse_yaml(text, "a.yaml")
        assert "replace" not in str(caught.value)


@pytest.mark.parametrize("path", ["C:\\\\data", "C:/data", "http://x", "a", "a: 1", "1:2"])
def test_paths_and_times_are_no_typos(path: str) -> None:
    assert likely_typo(path) is None


@pytest.mark.parametrize("text", [r'a: "C:\data"', r'a: "C:\Users\me"'])
def test_backslash_in_double_quotes(text: str) -> None:
    with pytest.raises(SpecError, match="put a path in single quotes, or write / for"):
        parse_yaml(text, "a.yaml")


def test_carriage_returns_and_ctrl_z() -> None:
    assert parse_yaml("a: 1\rb: 2\r", "a.yaml").value == {"a": 1, "b": 2}
    with pytest.raises(SpecError) as caught:
        parse_yaml("a: 1\rb: 2\r\n\x1a", "a.yaml")
    assert str(caught.value).startswith("a.yaml:3:1: the character U+001A is not allowed; it is Ctrl-Z")
