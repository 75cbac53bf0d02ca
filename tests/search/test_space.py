import pytest

from nnlab.search.space import Axis, Range, Space


def test_grid_last_axis_changes_fastest() -> None:
    space = Space((Axis(("a",), ((1,), (2,))), Axis(("b", "c"), (("x", [1, 2]), ("y", [3])))))
    assert len(space) == space.points == 4
    assert space.grid() == [
        {"a": 1, "b": "x", "c": [1, 2]},
        {"a": 1, "b": "y", "c": [3]},
        {"a": 2, "b": "x", "c": [1, 2]},
        {"a": 2, "b": "y", "c": [3]},
    ]


def test_points_count_int_ranges_but_no_real_ones() -> None:
    rows, numbers, rates = Axis(("a",), ((1,), (2,))), Axis(("b",), range=Range("int", 3, 6)), Range("log", 1e-3, 1)
    assert Space((rows, numbers)).points == 8
    assert Space((rows, numbers, Axis(("c",), range=rates))).points is None


@pytest.mark.parametrize(
    ("drawn", "fractions", "numbers"),
    [
        (Range("uniform", -1, 3), (0, 0.25, 0.5, 1 - 2**-53), (-1, 0, 1, 3)),
        (Range("log", 1e-6, 1e-2), (0, 0.25, 0.5, 1 - 2**-53), (1e-6, 1e-5, 1e-4, 1e-2)),
        (Range("int", 1, 4), (0, 0.25, 0.5, 1 - 2**-53), (1, 2, 3, 4)),
        (Range("uniform", -1.5e308, 1.5e308), (0, 0.5, 1 - 2**-53), (-1.5e308, 0, 1.5e308)),
    ],
)
def test_quantiles_of_ranges(drawn: Range, fractions: tuple[float, ...], numbers: tuple[float, ...]) -> None:
    assert tuple(map(drawn.at, fractions)) == numbers
    assert {type(drawn.at(fraction)) for fraction in fractions} == {int if drawn.scale == "int" else float}


def test_drawn_numbers_have_six_digits_within_the_range() -> None:
    assert Range("log", 1e-6, 1).at(0.3) == 6.30957e-05
    assert Range("uniform", 1000, 1001).at(1 / 3) == 1000.33333
    assert Range("log", 1, 1.0001).at(1 / 3) == 1.000033332
    assert Range("uniform", 0.12345612, 0.2).at(0.0) == 0.12345612
    assert Range("uniform", 0.1, 0.12345678).at(1 - 2**-53) == 0.12345678
    assert Range("uniform", 0, 0).at(0.5) == 0
