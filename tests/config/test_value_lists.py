"""Several values in the text of ``-s``: commas, whole numbers, ranges."""

import json
from typing import Any

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from nnlab.config.positions import Position
from nnlab.config.swept_values import NotSweptError, from_text
from nnlab.config.value_lists import several_hint, split_values
from nnlab.core.plain_values import canonical
from nnlab.search.space import Range

TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126) | st.sampled_from("あé"), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6, allow_nan=False) | TEXT
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=5
)


def values(text: str) -> list[Any]:
    found = from_text("key", Position(1, 1, ""), text)
    assert found.range is None
    return [tree.value for tree in found.values]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("0.1", ["0.1"]),
        ("0.1,0.01", ["0.1", "0.01"]),
        ("", [""]),
        (",", ["", ""]),
        ("[50],[50,50]", ["[50]", "[50,50]"]),
        ("{name: sgd, lr: 0.1},{name: adam}", ["{name: sgd, lr: 0.1}", "{name: adam}"]),
        ("[[1,2],{a: [3,4]}],5", ["[[1,2],{a: [3,4]}]", "5"]),
        ("'a,b',c", ["'a,b'", "c"]),
        ("'it''s, a',b", ["'it''s, a'", "b"]),
        (r'"a\",b",c', [r'"a\",b"', "c"]),
        ("it's,5", ["it's", "5"]),
        ("{a: 'x,}', b: it's},2", ["{a: 'x,}', b: it's}", "2"]),
        ("x # a, b", ["x # a, b"]),
        ("[1,2", ["[1,2"]),
        ("'a,b", ["'a,b"]),
        ("a],b", ["a]", "b"]),
        ("|\n one, two\n", ["|\n one, two\n"]),
        ("１,２", ["１", "２"]),
    ],
)
def test_commas_outside_brackets_and_quotes_separate_values(text: str, parts: list[str]) -> None:
    assert split_values(text) == parts


@given(st.lists(VALUES, min_size=2, max_size=5, unique_by=canonical), st.sampled_from([",", ", ", " ,"]))
@examples(200)
def test_joined_values_are_split_again(given_values: list[Any], comma: str) -> None:
    text = comma.join(json.dumps(value, ensure_ascii=False) for value in given_values)
    assert [canonical(value) for value in values(text)] == [canonical(value) for value in given_values]


@given(st.text(st.sampled_from("[]{},'\"\\ #:.a0\n"), max_size=30))
@examples(300)
def test_parts_are_the_text_without_its_commas(text: str) -> None:
    assert ",".join(split_values(text)) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1,1e-3", [0.1, 0.001]),
        ("sgd", ["sgd"]),
        ("he, xavier ,0.01", ["he", "xavier", 0.01]),
        ("true,false,null", [True, False, None]),
        ("0..4", [0, 1, 2, 3, 4]),
        ("-2..1", [-2, -1, 0, 1]),
        ("3..3", [3]),
        ("0..2,7", [0, 1, 2, 7]),
        ("1,true", [1, True]),
        ("no,yes", ["no", "yes"]),
        ("010,0o10", [10, 8]),
        ("../a.csv", ["../a.csv"]),
        ("../a.csv,../b.csv", ["../a.csv", "../b.csv"]),
        ("'0..4'", ["0..4"]),
        ("a..", ["a.."]),
        ("", [None]),
    ],
)
def test_values(text: str, expected: list[Any]) -> None:
    assert [canonical(value) for value in values(text)] == [canonical(value) for value in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("log:1e-6..1e-2", Range("log", 1e-6, 1e-2)),
        ("uniform:0..0.5", Range("uniform", 0, 0.5)),
        ("uniform:-1..+1", Range("uniform", -1, 1)),
        ("int:1..10", Range("int", 1, 10)),
        ("int: -3 .. 3", Range("int", -3, 3)),
    ],
)
def test_ranges(text: str, expected: Range) -> None:
    assert from_text("key", Position(1, 1, ""), text).range == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.1,", "an empty value; remove the comma, or write null"),
        ("0.1,,1", "an empty value; remove the comma, or write null"),
        ("0.1,0.10", "0.1 is given twice; keep one"),
        ("1,1.0", "1.0 is given twice; keep one"),
        ("[1],[1.0]", "[1.0] is given twice; keep one"),
        ("4..0", "4..0: counts up; write 0..4"),
        ("0..999999999", "0..999999999: more than 100,000 values in all; a range is drawn from: int:A..B"),
        ("0..1" + "0" * 400, "more than 100,000 values in all; a range is drawn from: int:A..B"),
        ("a..b", "a..b: A..B counts whole numbers, such as 0..4; text goes in quotes"),
        ("0..n", "0..n: A..B counts whole numbers, such as 0..4; text goes in quotes"),
        ("0.1..0.5", "A..B counts whole numbers, such as 0..4; a range is uniform:0.1..0.5 or log:0.1..0.5"),
        ("0..8..2", "0..8..2: A..B counts whole numbers, such as 0..4; text goes in quotes"),
        ("lg:1..2", "lg:1..2: ranges are log:A..B, uniform:A..B and int:A..B; did you mean 'log'?"),
        ("abc:1..2", "abc:1..2: ranges are log:A..B, uniform:A..B and int:A..B; text goes in quotes"),
        ("0.1,log:1..2", "log:1..2: a range stands alone, without further values"),
        ("log:5", "log: needs two numbers, such as log:1..10; got '5'"),
        ("log:a..b", "log: needs two numbers, got 'a'"),
        ("log:1..", "log: needs two numbers, got null"),
        ("log:0..1", "log: bounds must be above 0, got 0"),
        ("log:-1..1", "log: bounds must be above 0, got -1"),
        ("log:2..1", "log: the first bound must be below the second, got 2 and 1"),
        ("uniform:1..1", "uniform: the first bound must be below the second, got 1 and 1"),
        ("uniform:0...inf", "uniform: needs two finite numbers, got .inf"),
        ("uniform:0..1" + "0" * 400, "uniform: needs two finite numbers, got 1"),
        ("int:1..2.5", "int: needs two whole numbers, got 2.5"),
        ("int:0..9007199254740993", "int: must be within ±9,007,199,254,740,992, got 9007199254740993"),
        ("int:true..5", "int: needs two numbers, got true"),
        ("[1,2", "not valid YAML"),
        ("{a: 1},{b: 1", "not valid YAML"),
        ("*x,1", "aliases (*name) are not allowed"),
    ],
)
def test_what_is_no_list_of_values(text: str, message: str) -> None:
    with pytest.raises(NotSweptError) as caught:
        from_text("key", Position(1, 1, ""), text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.text(st.sampled_from("[]{},'\"\\ #:.ae0-9logint\n"), max_size=30))
@examples(300)
def test_every_text_is_swept_or_refused(text: str) -> None:
    try:
        found = from_text("key", Position(1, 1, ""), text)
    except NotSweptError:
        return
    assert bool(found.values) is not bool(found.range)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("0.1", ""),
        ("[1,2]", ""),
        ("a,", ""),
        (",", ""),
        ("../x", ""),
        ("0.1,0.01", "two values; nnlab sweep trains one run for each"),
        ("[1],[2],[3]", "3 values; nnlab sweep trains one run for each"),
        ("0..4", "several values; nnlab sweep trains one run for each"),
        ("log:1..2", "a range; nnlab sweep draws the values of its runs from it"),
        ("log:1", ""),
    ],
)
def test_hint_for_commands_that_train_once(text: str, hint: str) -> None:
    assert several_hint(text) == hint
