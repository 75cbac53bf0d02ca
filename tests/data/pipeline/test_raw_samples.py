"""Raw samples are encoded and scaled as in training, or rejected."""

from typing import Any

import numpy as np
import pytest

from nnlab.core.arrays import Array, Shape
from nnlab.data.input_format import Column, InputFormat, Scaling
from nnlab.data.pipeline.raw_samples import network_inputs
from nnlab.data.pipeline.training_range import out_of_range
from nnlab.errors import UsageError

AGES = Scaling(np.array([40.0, 0.0, 0.0]), np.array([10.0, 1.0, 1.0]))
TABLE = InputFormat(
    (3,),
    ("no", "yes"),
    False,
    np.array([20.0, 0.0, 0.0]),
    np.array([60.0, 1.0, 1.0]),
    (Column("age", missing=40.0), Column("colour", ("blue", "red"))),
    AGES,
)
NUMBERS = InputFormat((2,), ("0", "1"), False, np.array([0.0, 100.0]), np.array([1.0, 200.0]))
NAMED = InputFormat(
    (2,), ("0", "1"), False, NUMBERS.low, NUMBERS.high, (Column("rate"), Column("income")),
    Scaling(np.array([0.5, 150.0]), np.array([0.1, 20.0])),
)  # fmt: skip


def images(shape: Shape, pixels: bool = True) -> InputFormat:
    return InputFormat(shape, ("0", "1"), pixels, np.array(0.0), np.array(255.0 if pixels else 1.0))


EXPECTED = [[-1.0, 0, 1], [0.0, 1, 0]]


@pytest.mark.parametrize(
    "raw",
    [
        {"colour": ["red", "blue"], "age": [30, None], "name": ["a", "b"]},
        {"colour": np.array(["red ", "blue"]), "age": np.array(["30", ""])},
        {"colour": ["red", "blue"], "age": ["30", "NA"]},
        [[30, "red"], ["", "blue"]],
        np.array([(30.0, "red"), (np.nan, "blue")], dtype=[("age", float), ("colour", "U4")]),
    ],
)
def test_columns_are_ordered_encoded_imputed_and_scaled(raw: Any) -> None:
    assert network_inputs(raw, TABLE).tolist() == EXPECTED


def test_data_frame() -> None:
    class Frame:
        columns = ("colour", "age")

        def __getitem__(self, name: str) -> list[Any]:
            return {"colour": ["red", "blue"], "age": [30.0, float("nan")]}[name]

    assert network_inputs(Frame(), TABLE).tolist() == EXPECTED


def test_array_of_numbers_in_training_order() -> None:
    np.testing.assert_allclose(network_inputs([[0.6, 170]], NAMED), [[1, 1]])
    np.testing.assert_allclose(network_inputs([0.6, 170], NAMED), [[1, 1]])
    assert network_inputs(np.array([[0, 170]]), NUMBERS).tolist() == [[0, 170]]


@pytest.mark.parametrize(
    ("raw", "inputs", "message"),
    [
        ({"colour": ["red"]}, TABLE, r"missing column 'age'; found colour"),
        ({"colour": ["red"], "agee": [3]}, TABLE, r"missing column 'age'.*did you mean 'agee'"),
        ({"colour": ["green"], "age": [30]}, TABLE, r"sample 0 .* 'colour': 'green' is not a category .*\(blue, red\)"),
        ({"colour": ["red"], "age": ["old"]}, TABLE, "sample 0 .* 'age': expected a number, found 'old'"),
        ({"colour": ["red"], "age": [1, 2]}, TABLE, r"equal length, at least 1, found \[1, 2\]"),
        ({"colour": [["red"]], "age": [[3]]}, TABLE, "a list of values for each column, found lists of lists"),
        ([[1.0, 2], [3.0]], NUMBERS, "expected samples of equal length, found lists of unequal length"),
        ({"a": [1.0]}, NUMBERS, "had no column names"),
        ([[1.0, 2, 3]], NAMED, r"expected 2 columns \(rate, income\), found float64 of shape \(1, 3\)"),
        ([[1.0, 2, 3]], NUMBERS, r"expected 2 numbers a sample, found float64 of shape \(1, 3\)"),
        (np.zeros((0, 2)), NUMBERS, r"found float64 of shape \(0, 2\)"),
        ([[0.5, float("nan")]], NUMBERS, r"sample 0 \(from 0\): expected finite numbers"),
        ([[150, 0.5], [160, 0.4]], NAMED, r"rate is about 155 \(in training 0 to 1\).*in the order rate, income"),
        ([[0.3, -0.4], [-0.5, 0.2]], NAMED, "the features look already scaled: expected raw features"),
        (
            np.array([[[-1.0, 1.0]]]),
            images((1, 1, 2), pixels=False),
            "range from -1 to 1, in training from 0 to 1",
        ),
        (np.zeros((2, 27, 28)), images((1, 28, 28)), r"1x28x28 numbers \(N, C, H, W\), found shape \(2, 27, 28\)"),
        (np.full((1, 2, 2), 256), images((1, 2, 2)), "expected pixels from 0 to 255, found 256 to 256"),
        (np.full((1, 2, 2), 254.0), images((1, 2, 2)), "floats from 0 to 1, or uint8 from 0 to 255, found 254.0"),
        (np.ones((1, 2, 2), np.uint8), images((1, 2, 2)), "found only 0 and 1"),
        (np.full((1, 2, 2), 255.0), images((1, 2, 2), pixels=False), "range from 255 to 255, in training from 0"),
    ],
)
def test_mismatched_samples_are_rejected(raw: Any, inputs: InputFormat, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        network_inputs(raw, inputs)


def test_range_check_is_optional() -> None:
    assert network_inputs([[150, 0.5]], NAMED, check_range=False).shape == (1, 2)


COLOUR = np.arange(24, dtype=np.uint8).reshape(2, 3, 2, 2)
GREY = np.arange(12, dtype=np.uint8).reshape(2, 1, 2, 3)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (COLOUR, COLOUR),
        (COLOUR.transpose(0, 2, 3, 1), COLOUR),
        (COLOUR[0], COLOUR[:1]),
        (COLOUR[0].transpose(1, 2, 0), COLOUR[:1]),
        (COLOUR.reshape(2, -1), COLOUR),
        (COLOUR.astype(np.int64), COLOUR),
        (GREY, GREY),
        (GREY[:, 0], GREY),
        (GREY[0, 0], GREY[:1]),
    ],
)
def test_image_layouts(raw: Array, expected: Array) -> None:
    found = network_inputs(raw, images(expected.shape[1:]))
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, expected)


def test_float_images_in_unit_range_are_scaled_pixels() -> None:
    found = network_inputs(GREY / 255, images((1, 2, 3)))
    np.testing.assert_array_equal(found, GREY / 255)


def test_scaled_samples_are_checked_against_scaled_range() -> None:
    assert out_of_range(np.array([[0.0, 1.0]]), NAMED, scaled=True) == ""
    assert "expected scaled features" in out_of_range(np.array([[0.5, 150.0]]), NAMED, scaled=True)
    assert "range from 0 to 255" in out_of_range(np.array([[[[0.0, 255.0]]]]), images((1, 1, 2)), scaled=True)


@pytest.mark.parametrize("missing", [None, float("nan"), "", " "])
def test_missing_category_is_all_zeros(missing: object) -> None:
    columns = (Column("size", ("1", "2"), missing=0.0), Column("rate"))
    allowed = InputFormat((3,), ("0", "1"), False, np.zeros(3), np.ones(3), columns)
    samples = network_inputs({"size": [missing, "1.0", 2], "rate": [0.5, 0.5, 0.5]}, allowed)
    assert samples.tolist() == [[0, 0, 0.5], [1, 0, 0.5], [0, 1, 0.5]]
    with pytest.raises(UsageError, match="is not a category of the training samples"):
        network_inputs(
            {"size": [missing], "rate": [0.5]},
            InputFormat((3,), ("0", "1"), False, np.zeros(3), np.ones(3), (Column("size", ("1", "2")), Column("rate"))),
        )


def test_arrays_that_need_no_change_are_not_copied() -> None:
    pixels, shares = np.arange(2 * 784, dtype=np.uint8).reshape(2, 1, 28, 28), pixels_as_shares()
    unscaled = np.random.default_rng(0).uniform((0, 100), (1, 200), (5, 2))
    for raw, inputs in [(pixels, images((1, 28, 28))), (shares, images((1, 28, 28))), (unscaled, NUMBERS)]:
        assert np.shares_memory(network_inputs(raw, inputs), raw)


def pixels_as_shares() -> Array:
    return np.random.default_rng(0).random((2, 1, 28, 28), np.float32)


def test_float32_features_are_scaled_in_float64() -> None:
    raw = np.array([[0.3, 120.0], [0.7, 181.5]], np.float32)
    found = network_inputs(raw, NAMED)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, network_inputs(raw.astype(np.float64), NAMED))


def test_imputation_leaves_the_array_that_was_given_as_it_is() -> None:
    raw = np.array([[30.0, 1.0], [np.nan, 1.0]])
    columns = (Column("age", missing=40.0), Column("rate"))
    inputs = InputFormat((2,), ("0", "1"), False, np.array([20.0, 0.0]), np.array([60.0, 1.0]), columns)
    assert network_inputs(raw, inputs).tolist() == [[30.0, 1.0], [40.0, 1.0]]
    assert np.isnan(raw[1, 0])


def test_the_sample_of_a_number_that_is_not_finite_is_named() -> None:
    raw = np.full((2500, 2), (0.5, 150.0))
    raw[2300, 1] = np.inf
    with pytest.raises(UsageError, match=r"sample 2300 \(from 0\)"):
        network_inputs(raw, NUMBERS)
