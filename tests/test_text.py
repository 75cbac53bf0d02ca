"""Text for messages: quoting, escaping, near names."""

import unicodedata
from textwrap import wrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.registry import optimizers
from nnlab.text import (
    NO_BREAK_SPACE,
    breaking_after_commas,
    escape_control,
    name_in_cell,
    near_name,
    near_or_known,
    one_line,
    quote,
    with_article,
)

UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (1, "1"),
        (1.5, "1.5"),
        (1e-7, "1e-07"),
        (float("inf"), ".inf"),
        (float("-inf"), "-.inf"),
        (float("nan"), ".nan"),
        ("adam", "'adam'"),
        ("", "''"),
        ("None", "'None'"),
        ([], "[]"),
        ([None, True, "a", 1.5], "[null, true, 'a', 1.5]"),
        ({"name": "mlp", "hidden": [1, 2], "batch_norm": {}}, "{name: 'mlp', hidden: [1, 2], batch_norm: {}}"),
        ("two\nlines\tand\rmore", "'two\\nlines\\tand\\rmore'"),
        ("\x1b[31mred\x1b[0m", "'\\x1b[31mred\\x1b[0m'"),
        ("\u202eevil", "'\\u202eevil'"),
        ("\u2066a\u2069", "'\\u2066a\\u2069'"),
        ("\ufeff", "'\\ufeff'"),
        ("a\u2028b\x85c", "'a\\u2028b\\x85c'"),
        ("\ud800", "'\\ud800'"),
        (["\x1b[2J"], "['\\x1b[2J']"),
        ({"\x1b[2J": "\x07"}, "{\\x1b[2J: '\\x07'}"),
        ("学習率 λ é 🎉", "'学習率 λ é 🎉'"),
    ],
)
def test_quote(value: object, text: str) -> None:
    assert quote(value) == text


@pytest.mark.parametrize(
    ("name", "text"), [("a b", "a b"), (" ", "' '"), ("", "''"), ("a ", "'a '"), ("\n", "'\\n'"), ("x" * 9, "xxxx…")]
)
def test_names_in_cells_are_visible(name: str, text: str) -> None:
    assert name_in_cell(name, 5) == text


def test_long_values_are_truncated() -> None:
    assert quote("x" * 61) == "'" + "x" * 59 + "…'"
    assert quote("x" * 60) == "'" + "x" * 60 + "'"
    assert quote(list(range(1000)), 10) == "[0, 1, 2,…"
    assert quote(10**400) == "1" + "0" * 58 + "…"
    assert one_line("\x00" * 5, 8) == "\\x00\\x0…"


@given(st.text(st.characters(codec=None), max_size=90), st.integers(5, 100))
def test_one_line_escapes_control_characters_and_line_breaks(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert not {unicodedata.category(character) for character in line} & UNSAFE
    assert line.splitlines() in ([line], [])
    assert quote(text, limit) == f"'{line}'"


@given(text=st.text())
def test_escape_control_keeps_lines_and_escapes_the_rest(text: str) -> None:
    cleaned = escape_control(text)
    assert cleaned.count("\n") == text.count("\n")
    assert not {unicodedata.category(c) for c in cleaned if c != "\n"} & UNSAFE
    assert escape_control(cleaned) == cleaned


def test_escape_control_keeps_printable_text() -> None:
    text = "a\nλ 学習率 é → –\n"
    assert escape_control(text) == text


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("adma", "adam"),
        ("ADAM", "adam"),
        ("adamw ", "adamw"),
        ("optimiser", None),
        ("", None),
        ("rms_prop", "rmsprop"),
        ("x" * 100_000, None),
    ],
)
def test_near_name(word: str, near: str | None) -> None:
    assert near_name(word, optimizers.names()) == near


def test_near_name_keeps_the_case_of_the_known_name() -> None:
    assert near_name("full", ["FULL", "NONE"]) == "FULL"
    assert near_name("a", []) is None


@pytest.mark.parametrize(
    ("word", "hint"), [("adma", "did you mean 'adam'?"), ("zzz", "the rules are 'adam, sgd'"), ("", "the rules are")]
)
def test_near_or_known(word: str, hint: str) -> None:
    assert near_or_known(word, ["adam", "sgd"], "rules").startswith(hint)


def test_with_article() -> None:
    assert [with_article(noun) for noun in ("layer", "optimizer")] == ["a layer", "an optimizer"]


def test_text_that_breaks_after_commas_only() -> None:
    text = breaking_after_commas("lr 0.1, hidden [20, 10], batch norm")
    lines = [line.replace(NO_BREAK_SPACE, " ") for line in wrap(text, 14)]
    assert lines == ["lr 0.1,", "hidden [20,", "10],", "batch norm"]
    assert text.replace(NO_BREAK_SPACE, " ") == "lr 0.1, hidden [20, 10], batch norm"
