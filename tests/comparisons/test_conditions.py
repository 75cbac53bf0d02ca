"""Conditions: parsed from text, resolved to keys and metrics, met by runs."""

import operator
from math import nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.comparisons.conditions import Condition, Facts, full_keys, meeting, parse_conditions
from nnlab.config.yaml_parser import parse_yaml
from nnlab.config.yaml_writer import dump_yaml
from nnlab.errors import UsageError

ADAM = Facts(
    {"name": "a", "optimizer.name": "adam", "optimizer.lr": 0.01, "model.hidden": [40, 20], "model.activation": "relu"},
    {"test_accuracy": 0.9, "lr": 0.001, "status": "completed"},
)
SGD = Facts(
    {
        "name": "b",
        "optimizer.name": "sgd",
        "optimizer.lr": 1,
        "optimizer.momentum": True,
        "model.activation.name": "elu",
    },
    {"test_accuracy": nan, "lr": 1.0, "status": "diverged"},
)


def met(*texts: str) -> list[bool]:
    return meeting([ADAM, SGD], parse_conditions(texts))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("optimizer.name=adam", [True, False]),
        ("optimizer=adam", [True, False]),
        ("optimizer==adam", [True, False]),
        (" optimizer = 'adam' ", [True, False]),
        ("optimizer!=adam", [False, True]),
        ("optimizer.lr=1.0", [False, True]),
        ("optimizer.lr<1", [True, False]),
        ("optimizer.lr<=1", [True, True]),
        ("optimizer.lr>1e-2", [False, True]),
        ("optimizer.lr>=0.01", [True, True]),
        ("test_accuracy>0.5", [True, False]),
        ("test_accuracy<=0.9", [True, False]),
        ("test_accuracy=.nan", [False, True]),
        ("status=diverged", [False, True]),
        ("hidden=[40, 20]", [True, False]),
        ("hidden=[40.0,20]", [True, False]),
        ("hidden!=[40]", [True, True]),
        ("momentum=true", [False, True]),
        ("momentum=1", [False, False]),
        ("momentum!=true", [True, False]),
        ("momentum>0", [False, False]),
        ("activation=relu", [True, False]),
        ("activation.name=elu", [False, True]),
        ("model.activation!=relu", [False, True]),
        ("name=b", [False, True]),
        ("optimizer.lr=null", [False, False]),
    ],
)
def test_conditions_are_met_by_settings_and_metrics(text: str, expected: list[bool]) -> None:
    assert met(text) == expected


def test_all_conditions_must_be_met() -> None:
    assert met("optimizer.lr<=1", "test_accuracy>0.5") == [True, False]
    assert met() == [True, True]
    assert meeting([], parse_conditions(["x=1"])) == []


def test_a_setting_comes_before_a_column_of_that_name() -> None:
    assert met("lr=0.001") == [False, False]
    assert met("lr=0.01") == [True, False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("optimizer", "must be KEY=VALUE"),
        ("=1", "must be KEY=VALUE"),
        ("", "must be KEY=VALUE"),
        ("optimizer.lr<adam", "< compares numbers, got 'adam'"),
        ("optimizer.lr>", "> compares numbers, got null"),
        ("optimizer.lr>=true", ">= compares numbers, got true"),
        ("optimizer.lr=[1", "not valid YAML"),
        ("optimizer.lr=*a", "--where 'optimizer.lr=\\*a': "),
    ],
)
def test_texts_that_are_no_condition_are_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_conditions([text])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("optimiser=adam", "no run has this; nnlab's name is 'optimizer'|did you mean"),
        ("test_acuracy>1", "did you mean 'test_accuracy'"),
        ("xyz=1", "no run has this; use a metric or a key of the spec"),
    ],
)
def test_keys_that_no_run_has_are_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        met(text)


def test_ending_of_several_keys_is_refused() -> None:
    facts = Facts({"train.x.size": 1, "model.size": 2}, {})
    with pytest.raises(UsageError, match=r"is the ending of 'train\.x\.size', 'model\.size'; use one of them"):
        meeting([facts], parse_conditions(["size=1"]))


def test_full_keys_are_those_that_end_so() -> None:
    keys = ["optimizer.name", "optimizer.lr", "x.lr", "lr"]
    assert full_keys("optimizer", keys) == ["optimizer.name"]
    assert full_keys("lr", keys) == ["lr"]
    assert full_keys("lr", keys[:3]) == ["optimizer.lr", "x.lr"]
    assert full_keys("r", keys) == []


VALUES = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text("ab=<>! .1-", max_size=6)


@given(st.text("abc._", min_size=1, max_size=8), st.sampled_from(["=", "!="]), VALUES | st.lists(VALUES, max_size=3))
def test_condition_reads_back_what_yaml_can_say(key: str, symbol: str, value: Any) -> None:
    text = dump_yaml(value).removesuffix("\n").removesuffix("\n...")
    if "\n" in text or text.startswith("="):  # a block takes lines; one sign of == belongs to the operator
        return
    (found,) = parse_conditions([f"{key}{symbol}{text}"])
    assert found == Condition(key, symbol, parse_yaml(text, "value").value)


@given(st.text(max_size=30))
def test_any_text_is_a_condition_or_a_usage_error(text: str) -> None:
    try:
        conditions = parse_conditions([text])
        meeting([ADAM, SGD], conditions)
    except UsageError:
        pass


NUMBERS = st.integers(-5, 5) | st.floats(-5, 5)


@given(NUMBERS, NUMBERS)
def test_orders_are_those_of_numbers(one: float, other: float) -> None:
    orders = {
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
        "=": operator.eq,
        "!=": operator.ne,
    }
    for symbol, holds in orders.items():
        assert Condition("key", symbol, other).holds(one) is holds(one, other)
