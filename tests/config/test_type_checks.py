"""Type checks of spec values and their messages."""

from math import inf, nan
from typing import Annotated, Any, Literal, get_args

import pytest
from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen, Predicate
from hypothesis import given
from hypothesis import strategies as st

from nnlab.config.experiment import Experiment, TrainSettings
from nnlab.config.type_checks import check, describe_accepted, describe_type, only_words, options
from nnlab.data.sources.cifar10 import Cifar10
from nnlab.data.sources.table import Table
from nnlab.layers.concat import Concat
from nnlab.models.mlp import MLP
from nnlab.models.sequential import Sequential
from nnlab.registry import Doc, hyperparameters
from nnlab.text import quote

Rate = Annotated[float, Gt(0), Le(1), Doc("a rate")]
Count = Annotated[int, Ge(1), Le(9)]
Size = Annotated[Count | Literal["full"], Doc("a size")]
Maybe = Annotated[int | None, Ge(1), Le(9)]
Name = Annotated[str, Predicate(str.isprintable), MinLen(1), MaxLen(5)]
Units = Annotated[list[Count], MaxLen(3)]


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (int, "a whole number"),
        (float, "a number"),
        (bool, "true or false"),
        (str, "text"),
        (str | None, "text or null"),
        (Rate, "a number above 0 and at most 1"),
        (Annotated[float, Ge(0), Lt(1)], "a number of at least 0 and below 1"),
        (Annotated[float, Ge(0)], "a number of at least 0"),
        (Annotated[float, Lt(1)], "a number below 1"),
        (Count, "a whole number from 1 to 9"),
        (Size, "a whole number from 1 to 9 or 'full'"),
        (Maybe, "a whole number from 1 to 9 or null"),
        (Name, "printable text of 1 to 5 characters"),
        (Annotated[str, MinLen(2)], "text of at least 2 characters"),
        (list[str], "a list, each text"),
        (Units, "a list of at most 3 items, each a whole number from 1 to 9"),
        (Annotated[list[str], MinLen(2), MaxLen(2)], "a list of 2 items, each text"),
        (list[str] | None, "null or a list, each text"),
        (Literal["none", "standard", "minmax"], "'none' or 'standard' or 'minmax'"),
    ],
)
def test_describe_type(annotation: Any, words: str) -> None:
    assert describe_type(annotation) == words


@pytest.mark.parametrize(
    ("annotation", "value", "result"),
    [
        (Rate, 1, 1.0),
        (Rate, 0.5, 0.5),
        (Rate, 5e-324, 5e-324),
        (Count, 9, 9),
        (Size, "full", "full"),
        (Size, 3, 3),
        (Maybe, None, None),
        (Maybe, 1, 1),
        (bool, True, True),
        (Name, "λ b", "λ b"),
        (Units, [1, 2], [1, 2]),
        (Units, [], []),
        (list[str] | None, ["a"], ["a"]),
    ],
)
def test_valid_values(annotation: Any, value: object, result: object) -> None:
    checked, wrong = check(annotation, value)
    assert (checked, type(checked), wrong) == (result, type(result), [])


@pytest.mark.parametrize(
    ("annotation", "value", "message"),
    [
        (Rate, 0, "must be above 0, got 0"),
        (Rate, 1.5, "must be at most 1, got 1.5"),
        (Rate, 2**70, "must be at most 1, got 1180591620717411303424"),
        (Rate, True, "must be a number above 0 and at most 1, got true"),
        (Rate, "0.1", "must be a number above 0 and at most 1, got '0.1'"),
        (Rate, None, "must be a number above 0 and at most 1, got null"),
        (Rate, [], "must be a number above 0 and at most 1, got []"),
        (Rate, nan, "must be a finite number, got .nan"),
        (Rate, inf, "must be a finite number, got .inf"),
        (Rate, -inf, "must be a finite number, got -.inf"),
        (Annotated[float, Ge(0), Lt(1)], 1, "must be below 1, got 1"),
        (Count, 0, "must be at least 1, got 0"),
        (Count, True, "must be a whole number from 1 to 9, got true"),
        (Count, 2.0, "must be a whole number from 1 to 9, got 2.0"),
        (Count, "2", "must be a whole number from 1 to 9, got '2'"),
        (Count, inf, "must be a whole number from 1 to 9, got .inf"),
        (Size, 0, "must be a whole number from 1 to 9 or 'full', got 0"),
        (Size, "ful", "must be a whole number from 1 to 9 or 'full', got 'ful'; did you mean 'full'?"),
        (Size, True, "must be a whole number from 1 to 9 or 'full', got true"),
        (Maybe, 0, "must be a whole number from 1 to 9 or null, got 0"),
        (bool, 1, "must be true or false, got 1"),
        (bool, "yes", "must be true or false, got 'yes'"),
        (bool, "Ture", "must be true or false, got 'Ture'; did you mean 'true'?"),
        (str, 5, "must be text, got 5"),
        (Name, "", "must be printable text of 1 to 5 characters, got ''"),
        (Name, "a\n", "must be printable text of 1 to 5 characters, got 'a\\n'"),
        (Name, "abcdef", "must be printable text of 1 to 5 characters, got 'abcdef'"),
        (Units, 5, "must be a list of at most 3 items, each a whole number from 1 to 9, got 5"),
        (Units, [1] * 4, "must be a list of at most 3 items, each a whole number from 1 to 9, got [1, 1, 1, 1]"),
        (Literal["relu"], "rely", "must be 'relu', got 'rely'; did you mean 'relu'?"),
        (list[str] | None, [1], "must be null or a list, each text, got [1]"),
    ],
)
def test_invalid_values(annotation: Any, value: object, message: str) -> None:
    assert check(annotation, value) == (None, [((), message)])


@pytest.mark.parametrize("annotation", [Rate, Count, Size, Maybe, bool, str, Name, Units, list[str]])
@pytest.mark.parametrize("value", [10**400, -(10**400), 10**308, {"a": 1}, [[[]]], [None], "x" * 10_000], ids=quote)
def test_extreme_values(annotation: Any, value: object) -> None:
    checked, wrong = check(annotation, value)
    assert (checked == value) if not wrong else all(len(message) < 200 for _, message in wrong)


def test_every_invalid_list_item_is_reported() -> None:
    assert check(Units, [0, 1, "x"]) == (
        None,
        [((0,), "must be at least 1, got 0"), ((2,), "must be a whole number from 1 to 9, got 'x'")],
    )


@pytest.mark.parametrize(
    ("annotation", "words", "nothing_else"),
    [
        (Literal["a", "b"], ["a", "b"], True),
        (Annotated[Literal["a", "b"], Doc("x")], ["a", "b"], True),
        (Size, ["full"], False),
        (bool, ["true", "false"], True),
        (bool | Literal["auto"], ["true", "false", "auto"], True),
        (int, [], False),
        (str | None, [], False),
        (list[str], [], False),
    ],
)
def test_options(annotation: Any, words: list[str], nothing_else: bool) -> None:
    assert options(annotation) == words
    assert only_words(annotation) is nothing_else


def test_describe_accepted() -> None:
    classes = (Experiment, MLP, Sequential, Concat, Table)
    words = {key.name: describe_accepted(key) for cls in classes for key in hyperparameters(cls)}
    assert words["optimizer"] == "an optimizer"
    assert words["model"] == "a model"
    assert words["activation"] == "an activation"
    assert words["batch_norm"] == "true, false or the keys of batch_norm"
    assert words["layers"] == "a list of layers"
    assert words["branches"] == "a list of lists of layers, or a mapping of names to such lists"
    assert words["path"] == "a path"
    (path,) = [key for key in hyperparameters(Cifar10) if key.name == "path"]
    assert describe_accepted(path) == "a path or null"


def test_every_key_has_a_description() -> None:
    steering = {
        "accumulate": "a whole number from 1 to 1000000",
        "ema": "a number above 0 and below 1 or null",
        "drop_last": "true or false",
        "sampling": "'shuffle' or 'replacement'",
        "schedule": "a schedule",
        "clip_value": "a number above 0 and at most 1e+06 or null",
        "clip_norm": "a number above 0 and at most 1e+06 or null",
        "early_stopping": "true, false or the keys of early_stopping",
        "diagnostics": "true or false",
        "snapshots": "a whole number from 2 to 1000 or 0",
        "pictures": "true or false",
        "tensorboard": "true or false",
    }
    for key in hyperparameters(TrainSettings):
        words = steering.get(key.name, "a whole number from 1 to 1000000000 or ")
        assert describe_accepted(key).startswith(words)


@given(st.integers(-20, 20) | st.floats(-20, 20) | st.booleans() | st.none() | st.text(max_size=2))
def test_bounded_integer(value: object) -> None:
    fits = type(value) is int and 1 <= value <= 9
    assert (check(Count, value)[1] == []) is fits
    assert (check(Maybe, value)[1] == []) is (fits or value is None)
    assert (check(Size, value)[1] == []) is (fits or value in get_args(Literal["full"]))
