"""YAML 1.2 scalars."""

from math import inf, isnan

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nnlab.config.scalars import MAX_DIGITS, scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("Null", None),
        ("NULL", None),
        ("true", True),
        ("True", True),
        ("TRUE", True),
        ("false", False),
        ("False", False),
        ("FALSE", False),
        ("0", 0),
        ("-0", 0),
        ("+12", 12),
        ("-7", -7),
        ("010", 10),
        ("0123456789", 123456789),
        ("0o10", 8),
        ("0o777", 511),
        ("0x1F", 31),
        ("0xff", 255),
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        ("1e+3", 1000.0),
        ("-1e3", -1000.0),
        ("1.", 1.0),
        (".5", 0.5),
        ("-.5", -0.5),
        ("+1.5", 1.5),
        ("0.1", 0.1),
        ("6.02e23", 6.02e23),
        ("1e999", inf),
        ("-1e999", -inf),
        ("1e-999", 0.0),
        (".inf", inf),
        ("+.inf", inf),
        ("-.inf", -inf),
        (".Inf", inf),
        (".INF", inf),
    ],
)
def test_null_booleans_and_numbers(text: str, value: object) -> None:
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_not_a_number(text: str) -> None:
    number = scalar(text)
    assert isinstance(number, float)
    assert isnan(number)


@pytest.mark.parametrize(
    "text",
    [
        *("yes", "no", "on", "off", "y", "n", "Yes", "NO", "On", "OFF", "tRUE", "nULL", "None", "nil"),
        *("1_000", "0b11", "0o8", "0O7", "0xg", "0X1f", "-0x1f", "-0o7", "+", "-", ".", "e5", "1e", "1e+", "1.5.2"),
        *("190:20:30", "12:30", "2024-01-31", "2024-01-31T10:00:00Z", "1 000", "1,5", "½", "٣", "१", "\uff11"),
        *(".iNf", "inf", "nan", "-.nan", "+.nan", "infinity", "<<", "=", "full", "1e-3\n", "1\n"),
    ],
)
def test_text(text: str) -> None:
    assert scalar(text) == text


@pytest.mark.parametrize("digits", ["1" * MAX_DIGITS, "0o" + "7" * (MAX_DIGITS - 2), "0x" + "f" * (MAX_DIGITS - 2)])
def test_longest_integers_can_be_printed(digits: str) -> None:
    number = scalar(digits)
    assert isinstance(number, int)
    assert len(str(number)) <= 640


@pytest.mark.parametrize("digits", ["1" * 100_000, "0o" + "7" * 100_000, "0x" + "f" * 100_000, "1" * 100_000 + ".5"])
def test_longer_integers_are_infinite(digits: str) -> None:
    assert scalar(digits) == inf


def test_long_negative_integer_is_negative_infinity() -> None:
    assert scalar("-" + "9" * 5000) == -inf


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_repr_round_trips(number: float) -> None:
    assert scalar(repr(number)) == number
    assert type(scalar(repr(number))) is type(number)


@given(st.from_regex(r"[-+.0-9eExo_:a-f]{1,6}", fullmatch=True))
def test_fuzzed_scalar(text: str) -> None:
    assert type(scalar(text)) in (str, int, float)


def test_differs_from_pyyaml() -> None:
    theirs = yaml.safe_load("[1e-3, no, 010, 1_000, 12:30]")
    assert theirs != [scalar(text) for text in ("1e-3", "no", "010", "1_000", "12:30")]
