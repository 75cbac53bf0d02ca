import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nnlab.data.dataset import Dataset, Split
from nnlab.data.input_format import Column, InputFormat, Scaling


def format_of_a_table() -> InputFormat:
    scaling = Scaling(np.array([1.0, 0.0, 0.0]), np.array([2.0, 1.0, 1.0]))
    columns = (Column("age", missing=3.0), Column("colour", ("blue", "red")))
    inputs = scaling.apply(np.array([[0.0, 1, 0], [4.0, 0, 1]]))
    split = Split(inputs, np.array([0, 1]))
    return Dataset(split, None, ("no", "yes"), columns=columns, scaling=scaling).inputs


def test_range_of_raw_features() -> None:
    inputs = format_of_a_table()
    assert inputs.low.tolist() == [0, 0, 0]
    assert inputs.high.tolist() == [4, 1, 1]
    assert inputs.feature_names == ("age", "colour=blue", "colour=red")


def test_images_have_one_range() -> None:
    labels = np.array([0, 1])
    pixels = Dataset(Split(np.full((2, 1, 2, 2), 7, np.uint8), labels), None, ("0", "1")).inputs
    assert (pixels.pixels, pixels.low, pixels.high, pixels.shape) == (True, 0, 255, (1, 2, 2))
    numbers = Dataset(Split(np.linspace(-1, 2, 8).reshape(2, 1, 2, 2), labels), None, ("0", "1")).inputs
    assert (numbers.pixels, numbers.low, numbers.high) == (False, -1, 2)


@pytest.mark.parametrize("scaled", [True, False])
def test_input_format_json_round_trip(scaled: bool) -> None:
    inputs = format_of_a_table() if scaled else replace(format_of_a_table(), scaling=None, columns=())
    again = InputFormat.from_plain(json.loads(json.dumps(inputs.as_plain())))
    assert again.as_plain() == inputs.as_plain()
    assert (again.shape, again.class_names, again.columns) == (inputs.shape, inputs.class_names, inputs.columns)
    if scaled:
        x = np.array([[5.0, 1, 0]])
        assert again.scaling is not None
        assert again.scaling.apply(x).tolist() == [[2, 1, 0]]
        assert again.scaling.undo(again.scaling.apply(x)).tolist() == x.tolist()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("shape", [0]),
        ("shape", [True]),
        ("shape", []),
        ("shape", 3),
        ("classes", [1, 2]),
        ("classes", None),
        ("pixels", 1),
        ("columns", [{"name": "age", "categories": [], "missing": None}]),
        ("columns", [{"name": 5, "categories": ["a", "b", "c"], "missing": None}]),
        ("columns", ["age"]),
        ("scaling", {"centre": [0, 0, 0], "spread": [1, 0, 1]}),
        ("scaling", {"centre": [0, 0], "spread": [1, 1]}),
        ("scaling", {"centre": [0, 0, float("nan")], "spread": [1, 1, 1]}),
        ("low", [1, 2]),
        ("high", "wide"),
    ],
)
def test_invalid_input_format_is_value_error(key: str, value: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the kinds of damage have words of their own
        InputFormat.from_plain({**format_of_a_table().as_plain(), key: value})
