"""Which numbers of a tensor are shown, and with which indices."""

import numpy as np
import pytest

from nnlab.insight.trace.tensors import Statistics, Tensor, panels


def test_every_number_of_a_small_tensor_is_shown_once_with_its_indices() -> None:
    values = np.arange(12.0).reshape(2, 3, 2)
    shown = list(panels(Tensor("y", "", values, ("N", "T", "D"), batch=True), 12))
    assert [(panel.place, panel.part) for panel in shown] == [("n=0", ""), ("n=1", "")]
    for number, panel in enumerate(shown):
        assert np.array_equal(panel.values, values[number])
        assert (list(panel.rows), list(panel.columns)) == ([0, 1, 2], [0, 1])
        assert (panel.row_axis, panel.column_axis) == ("T", "D")


def test_a_larger_tensor_is_a_corner_that_says_so() -> None:
    (panel,) = panels(Tensor("W", "", np.arange(70.0).reshape(7, 10), ("D_in", "D_out")), 69)
    assert panel.part == "corner 5x5 of 7x10"
    assert np.array_equal(panel.values[1], [10, 11, 12, 13, 14])


def test_of_an_image_the_middle_is_shown() -> None:
    values = np.arange(2 * 3 * 9 * 11.0).reshape(2, 3, 9, 11)
    (panel,) = panels(Tensor("x", "", values, ("N", "C", "H", "W"), batch=True), 50)
    assert (panel.place, panel.part) == ("n=0, c=0", "middle 5x5 of 2x3x9x11")
    assert (list(panel.rows), list(panel.columns)) == ([2, 3, 4, 5, 6], [3, 4, 5, 6, 7])
    assert np.array_equal(panel.values, values[0, 0, 2:7, 3:8])


def test_a_sample_keeps_its_row_of_the_batch() -> None:
    tensor = Tensor("y", "", np.arange(8.0).reshape(4, 2), ("N", "D"), batch=True)
    (panel,) = panels(tensor.of_sample(3), 50)
    assert (list(panel.rows), panel.values.tolist()) == ([3], [[6, 7]])
    weights = Tensor("W", "", np.ones((4, 2)))
    assert weights.of_sample(3) is weights


def test_what_was_shown_before_is_not_shown_again_unless_it_is_small() -> None:
    tensor = Tensor("x", "", np.ones((4, 5)), ("N", "D"), batch=True, repeated=True)
    assert list(panels(tensor, 10)) == []
    assert len(list(panels(tensor, 20))) == 1
    assert list(panels(tensor, 0)) == []


def test_statistics() -> None:
    found = Statistics.of(np.array([[0.0, 3.0], [-4.0, 0.0]], np.float32))
    assert (found.min, found.mean, found.max, found.zeros, found.norm) == (-4, -0.25, 3, 0.5, 5)
    assert found.std == pytest.approx(np.std([0, 3, -4, 0]))


@pytest.mark.parametrize(
    ("shape", "axes", "text"),
    [((), (), "()"), ((3,), ("N",), "(N=3)"), ((3,), (), "(3,)"), ((2, 4), ("N", "D"), "(N=2, D=4)")],
)
def test_shape_with_letters(shape: tuple[int, ...], axes: tuple[str, ...], text: str) -> None:
    assert Tensor("a", "", np.zeros(shape), axes).shape_text == text
