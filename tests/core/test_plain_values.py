"""Equal plain values have equal texts, others do not."""

from typing import Any

import pytest

from nnlab.core.plain_values import canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        ([1, (2.0, 3)], [1.0, [2, 3.0]]),
        ({"name": "sgd", "lr": 1}, {"lr": 1.0, "name": "sgd"}),
        ({"a": {"b": [0.5]}}, {"a": {"b": (0.5,)}}),
    ],
)
def test_equal_values_are_equal_texts(one: Any, other: Any) -> None:
    assert canonical(one) == canonical(other)


def test_different_values_are_different_texts() -> None:
    values = [1, True, "1", "true", None, "null", 1.5, [1], [[1]], {"1": 1}, {}, [], "", 0, False, float("inf"), "inf"]
    assert len({canonical(value) for value in values}) == len(values)
