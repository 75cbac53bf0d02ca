"""The confusion matrix as a record."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from measured import counted, scores_of
from sklearn.metrics import confusion_matrix

from nnlab.metrics.confusion import Confusion

SAMPLES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30)


@given(SAMPLES, st.lists(st.integers(1, 29), max_size=3))
def test_lines_are_the_cells_of_scikit_learns_matrix_that_are_not_0(
    pairs: list[tuple[int, int]], cuts: list[int]
) -> None:
    labels, predicted = np.array(pairs).T
    record = Confusion()
    record.bind(["a", "b", "c", "d"])
    matrix = confusion_matrix(labels, predicted, labels=range(4))
    cells = [("abcd"[i], "abcd"[j], matrix[i, j]) for i, j in np.argwhere(matrix)]
    assert list(counted(record, scores_of(predicted, 4), labels.astype(np.uint8), cuts).lines()) == cells


def test_ten_thousand_classes_take_no_matrix() -> None:
    names = [str(number) for number in range(10_000)]
    record = Confusion()
    record.bind(names)
    scores = np.zeros((2, 10_000), np.float32)
    scores[:, 9_999] = 1
    found = counted(record, scores, np.array([9_998, 9_999], np.uint16))
    assert list(found.lines()) == [("9998", "9999", 1), ("9999", "9999", 1)]
