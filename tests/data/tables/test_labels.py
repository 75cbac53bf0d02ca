import pytest

from nnlab.data.tables.labels import MOST_CLASSES, classes_of, label_notes
from nnlab.errors import DataError


@pytest.mark.parametrize(
    ("labels", "numbers", "names"),
    [
        (["b", "a", "c"], [1, 0, 2], ("a", "b", "c")),
        (["10", "9", "-1"], [2, 1, 0], ("-1", "9", "10")),
        (["1", "1.0", "2", "3e0"], [0, 0, 1, 2], ("1", "2", "3")),
        (["10", "9", "x"], [0, 1, 2], ("10", "9", "x")),
        (["1_1", "11", "1_2"], [1, 0, 2], ("11", "1_1", "1_2")),
        (["\u0663", "3"], [1, 0], ("3", "\u0663")),
        (["True", "False"], [1, 0], ("False", "True")),
        (["0.5", "low"], [0, 1], ("0.5", "low")),
        (["9007199254740993", "9007199254740992"], [1, 0], ("9007199254740992", "9007199254740993")),
    ],
)
def test_classes_are_sorted_numerically_or_as_text(labels, numbers, names):
    assert classes_of(labels, "here") == (numbers, names)


@pytest.mark.parametrize("labels", [["1", "2.5"], ["1", "nan"], ["0.1", "0.2"], ["1", "inf"], ["1", "1e999"]])
def test_fractions_are_a_regression_target(labels):
    with pytest.raises(DataError, match=r"^here: .*found '.*regression target: data\.target .*predicts numbers"):
        classes_of(labels, "here")


@pytest.mark.parametrize("labels", [["a"], ["1", "1.0"], []])
def test_one_class_is_rejected(labels):
    with pytest.raises(DataError, match=rf"^here: expected 2 to {MOST_CLASSES} classes, found [01]$"):
        classes_of(labels, "here")


def test_too_many_classes_are_a_regression_target():
    labels = [str(number) for number in range(MOST_CLASSES + 1)]
    assert len(classes_of(labels[1:], "here")[1]) == MOST_CLASSES
    with pytest.raises(DataError, match=f"found {MOST_CLASSES + 1}: this looks like a regression target: data.target "):
        classes_of(labels, "here")


def test_leading_zeros_are_kept() -> None:
    assert classes_of(["007", "7", "1", "1.0"], "a.csv") == ([0, 2, 1, 1], ("007", "1", "7"))
    assert list(label_notes(["007", "7"], [0, 1], ["007", "7"])) == ["'007' and '7' are different classes"]
