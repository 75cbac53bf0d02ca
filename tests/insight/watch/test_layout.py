"""The grid of charts at the sizes of terminals."""

import pytest
from rich.text import Text

from nnlab.insight.watch.layout import beside, grid, widths


@pytest.mark.parametrize(
    ("charts", "width", "height", "expected"),
    [
        (4, 80, 16, (2, 2)),
        (3, 120, 32, (3, 2)),
        (4, 120, 32, (4, 2)),
        (4, 40, 8, (1, 1)),
        (2, 40, 30, (2, 1)),
        (4, 250, 20, (4, 4)),
        (1, 20, 3, (1, 1)),
        (0, 80, 20, (0, 1)),
    ],
)
def test_as_many_charts_as_are_readable(charts: int, width: int, height: int, expected: tuple[int, int]) -> None:
    assert grid(charts, width, height) == expected


def test_widths_fill_the_line() -> None:
    assert widths(1, 80) == [80]
    assert widths(2, 80) == [39, 39]
    assert widths(3, 80) == [26, 25, 25]


def test_blocks_of_unequal_height_beside_each_other() -> None:
    lines = beside([[Text("ab"), Text("cd")], [Text("x")]])
    assert [line.plain.rstrip() for line in lines] == ["ab  x", "cd"]
