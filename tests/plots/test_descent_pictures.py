"""What the pictures of descents show, read back from the figures."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.quiver import Quiver

from nnlab.functions.base import Function
from nnlab.functions.expression import Expression
from nnlab.functions.named import Rosenbrock, Sphere
from nnlab.plots.descent import descent_pictures
from nnlab.plots.palette import STYLES, drawn_as
from nnlab.plots.plane import Drawing
from nnlab.plots.plot_style import PlotStyle, Style


def drawing(*points: tuple[float, float], diverged: bool = False) -> Drawing:
    positions = np.array(points)
    return Drawing("sgd", positions, (positions**2).sum(axis=1), diverged)


def draw(
    kinds: list[str],
    function: Function,
    drawings: list[Drawing],
    folder: Path,
    view: tuple[float, float, float, float] | None = None,
) -> None:
    pictures = descent_pictures(function, "own", drawings, view)
    for kind in kinds:
        pictures[kind](folder)


def quiver_of(figure: Figure) -> Quiver:
    (found,) = [child for child in figure.axes[0].get_children() if isinstance(child, Quiver)]
    return found


def test_arrows_point_along_the_negative_gradient_with_equal_length(figures: dict[str, Figure], tmp_path: Path) -> None:
    draw(["field", "paths"], Sphere(), [drawing((-3.0, 3.0), (0.0, 0.0))], tmp_path)
    arrows = quiver_of(figures["field.png"])
    directions = np.stack([arrows.U, arrows.V])
    lengths = np.hypot(*directions)
    np.testing.assert_allclose(lengths, lengths[0])
    places = np.stack([arrows.X, arrows.Y])
    np.testing.assert_allclose(directions / lengths, -places / np.hypot(*places), atol=1e-12)
    np.testing.assert_allclose(arrows.get_array(), 2 * np.hypot(*places))


def test_arrows_can_have_the_length_of_the_gradient(figures: dict[str, Figure], tmp_path: Path) -> None:
    """Without a path too; the longest is less than two cells long."""
    view = (-2.0, 2.0, -2.0, 2.0)
    pictures = descent_pictures(Sphere(), "own", [], view, "length")
    assert list(pictures) == ["field"]
    pictures["field"](tmp_path)
    arrows = quiver_of(figures["field.png"])
    directions, places = np.stack([arrows.U, arrows.V]), np.stack([arrows.X, arrows.Y])
    np.testing.assert_allclose(directions, -places * (directions[0, 0] / -places[0, 0]), atol=1e-12)
    cell = np.diff(np.unique(arrows.X))[0]
    assert cell < np.hypot(*directions).max() < 2 * cell
    flat = descent_pictures(Expression(text="1 + 0 * x1"), "own", [], view, "length")
    flat["field"](tmp_path)
    assert "no gradient to show" in [text.get_text() for text in figures["field.png"].axes[0].texts]


@pytest.mark.parametrize("view", [(-1e6, 1e6, -3.0, 3.0), (-1.0, 1.0, 0.0, 1e5)])
def test_arrows_stay_inside_a_view_of_any_shape(
    figures: dict[str, Figure], tmp_path: Path, view: tuple[float, float, float, float]
) -> None:
    draw(["field"], Rosenbrock(), [drawing((0.5, 0.5), (1.0, 1.0))], tmp_path, view)
    arrows = quiver_of(figures["field.png"])
    assert len(arrows.X) > 30
    assert ((view[0] < arrows.X) & (view[1] > arrows.X) & (view[2] < arrows.Y) & (view[3] > arrows.Y)).all()


@pytest.mark.slow
def test_no_arrows_where_the_function_is_undefined(figures: dict[str, Figure], tmp_path: Path) -> None:
    draw(["field", "paths"], Expression(text="log(x0) + x1"), [drawing((1.0, 1.0), (2.0, 1.0))], tmp_path)
    assert (quiver_of(figures["field.png"]).X > 0).all()
    draw(["field", "paths"], Expression(text="log(-1 - x0**2) + x1"), [drawing((1.0, 1.0))], tmp_path)
    assert "no gradient to show" in [text.get_text() for text in figures["field.png"].axes[0].texts]


def test_end_of_a_path_is_marked(figures: dict[str, Figure], tmp_path: Path) -> None:
    drawings = [drawing((-3.0, 3.0), (1.0, 0.5)), drawing((-3.0, 3.0), (2.0, 2.0), diverged=True)]
    draw(["field", "paths"], Sphere(), drawings, tmp_path)
    (axes,) = figures["paths.png"].axes
    ends = [line.get_xydata()[0].tolist() for line in axes.lines if len(line.get_xydata()) == 1]  # type: ignore[arg-type,index,union-attr]
    assert ends == [[-3.0, 3.0], [1.0, 0.5]]


def test_twelve_path_ends_are_distinguishable(figures: dict[str, Figure], tmp_path: Path) -> None:
    drawings = [drawing((-3.0, 3.0), (float(index), 0.0)) for index in range(12)]
    draw(["paths"], Sphere(), drawings, tmp_path)
    (axes,) = figures["paths.png"].axes
    ends = [line for line in axes.lines if len(line.get_xydata()) == 1][1:]  # type: ignore[arg-type]
    assert len({(line.get_color(), line.get_marker()) for line in ends}) == 12


def test_the_end_on_a_curve_is_marked(figures: dict[str, Figure], tmp_path: Path) -> None:
    path = Drawing("sgd", np.array([[3.0], [2.0], [0.5]]), np.array([9.0, 4.0, 0.25]), False)
    draw(["paths"], Expression(text="x0**2"), [path], tmp_path)
    (axes,) = figures["paths.png"].axes
    ends = [line.get_xydata()[0].tolist() for line in axes.lines if len(line.get_xydata()) == 1]  # type: ignore[arg-type,index,union-attr]
    assert ends == [[3.0, 9.0], [0.5, 0.25]]


@pytest.mark.parametrize(("variables", "kinds"), [(1, {"paths", "values"}), (3, {"values"})])
def test_available_descent_pictures_depend_on_the_number_of_variables(variables: int, kinds: set[str]) -> None:
    path = Drawing("sgd", np.ones((2, variables)), np.ones(2), False)
    assert descent_pictures(Expression(text="x0"), "own", [path]).keys() == kinds


@pytest.mark.parametrize("style", ["light", "dark"])
def test_contours_have_the_colours_of_the_style(figures: dict[str, Figure], tmp_path: Path, style: Style) -> None:
    with drawn_as(PlotStyle(style=style)):
        draw(["paths"], Sphere(), [drawing((-3.0, 3.0), (0.0, 0.0))], tmp_path)
    (axes,) = figures["paths.png"].axes
    cmap = axes.images[0].get_cmap()
    assert [to_hex(cmap(place)) for place in (0.0, 1.0)] == [STYLES[style].paper.lower(), STYLES[style].grid.lower()]
