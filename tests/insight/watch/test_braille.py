"""Curves as characters."""

import numpy as np

from nnlab.insight.watch.braille import DotCanvas


def drawn(canvas: DotCanvas) -> list[str]:
    return ["".join(letters for letters, _ in row) for row in canvas.text()]


def test_a_diagonal_in_braille() -> None:
    canvas = DotCanvas(2, 1)
    canvas.line(np.arange(4.0), np.arange(4.0) / 3, 0)
    assert drawn(canvas) == ["⡠⠊"]


def test_steep_parts_are_connected() -> None:
    canvas = DotCanvas(1, 2)
    canvas.line(np.array([0.0, 1.0]), np.array([0.0, 1.0]), 0)
    assert drawn(canvas) == ["⢸", "⡸"]


def test_points_in_one_column_become_their_mean() -> None:
    canvas = DotCanvas(1, 1)
    canvas.line(np.array([0.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.5]), 0)
    assert drawn(canvas) == ["⠂"]  # half-way rounds to the second row of dots


def test_a_gap_breaks_the_line() -> None:
    canvas = DotCanvas(2, 1)
    canvas.line(np.arange(4.0), np.zeros(4), 0, gap=1)
    assert drawn(canvas) == ["⡀⡀"]


def test_ascii_where_braille_cannot_be_written() -> None:
    canvas = DotCanvas(4, 2, plain=True)
    canvas.line(np.arange(4.0), np.arange(4.0) / 3, 0)
    assert drawn(canvas) == ["  .'", ".'  "]


def test_single_values_are_behind_curves() -> None:
    canvas = DotCanvas(2, 1)
    canvas.points(np.array([0.0, 2.0, 3.0]), np.array([1.0, 1.0, 7.0]), 5)
    canvas.line(np.array([0.0, 1.0]), np.array([0.0, 0.0]), 0)
    assert canvas.text() == [[("⣀", 0), ("⠁", 5)]]


def test_nothing_is_drawn_of_nothing() -> None:
    canvas = DotCanvas(3, 1)
    canvas.line(np.zeros(0), np.zeros(0), 0)
    assert canvas.text() == [[("   ", -1)]]
