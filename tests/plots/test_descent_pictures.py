"""What the pictures of descents show, read back from the figures."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.quiver import Quiver

from nnlab.functions.expression import Expression
from nnlab.functions.named import Rosenbrock, Sphere
from nnlab.plots.descent import plot_descent
from nnlab.plots.plane import Drawing


def drawing(*points: tuple[float, float], diverged: bool = False) -> Drawing:
    positions = np.array(points)
    return Drawing("sgd", positions, (positions**2).sum(axis=1), diverged)


def quiver_of(figure: Figure) -> Quiver:
    (found,) = [child for child in figure.axes[0].get_children() if isinstance(child, Quiver)]
    return found


def test_arrows_point_straight_downhill_and_are_equally_long(figures: dict[str, Figure], tmp_path: Path) -> None:
    plot_descent(Sphere(), "own", [drawing((-3.0, 3.0), (0.0, 0.0))], tmp_path, animate=False)
    arrows = quiver_of(figures["field.png"])
    directions = np.stack([arrows.U, arrows.V])
    lengths = np.hypot(*directions)
    np.testing.assert_allclose(lengths, lengths[0])
    places = np.stack([arrows.X, arrows.Y])
    np.testing.assert_allclose(directions / lengths, -places / np.hypot(*places), atol=1e-12)
    np.testing.assert_allclose(arrows.get_array(), 2 * np.hypot(*places))


@pytest.mark.parametrize("view", [(-1e6, 1e6, -3.0, 3.0), (-1.0, 1.0, 0.0, 1e5)])
def test_a_view_of_any_shape_has_arrows_inside(
    figures: dict[str, Figure], tmp_path: Path, view: tuple[float, float, float, float]
) -> None:
    plot_descent(Rosenbrock(), "own", [drawing((0.5, 0.5), (1.0, 1.0))], tmp_path, view, animate=False)
    arrows = quiver_of(figures["field.png"])
    assert len(arrows.X) > 30
    assert ((view[0] < arrows.X) & (view[1] > arrows.X) & (view[2] < arrows.Y) & (view[3] > arrows.Y)).all()


def test_there_are_no_arrows_where_there_is_no_value(figures: dict[str, Figure], tmp_path: Path) -> None:
    plot_descent(Expression(text="log(x0) + x1"), "own", [drawing((1.0, 1.0), (2.0, 1.0))], tmp_path, animate=False)
    assert (quiver_of(figures["field.png"]).X > 0).all()
    plot_descent(Expression(text="log(-1 - x0**2) + x1"), "own", [drawing((1.0, 1.0))], tmp_path, animate=False)
    assert "no slope anywhere" in [text.get_text() for text in figures["field.png"].axes[0].texts]


def test_an_end_is_marked_where_a_path_has_one(figures: dict[str, Figure], tmp_path: Path) -> None:
    drawings = [drawing((-3.0, 3.0), (1.0, 0.5)), drawing((-3.0, 3.0), (2.0, 2.0), diverged=True)]
    plot_descent(Sphere(), "own", drawings, tmp_path, animate=False)
    (axes,) = figures["paths.png"].axes
    ends = [line.get_xydata()[0].tolist() for line in axes.lines if len(line.get_xydata()) == 1]  # type: ignore[arg-type,index,union-attr]
    assert ends == [[-3.0, 3.0], [1.0, 0.5]]
