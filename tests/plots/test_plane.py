"""Which part of the plane the pictures of descents show, and how far they follow a path."""

import numpy as np
import pytest

from nnlab.functions.named import Sphere, Valley
from nnlab.plots.plane import FOLLOWED, Drawing, inside, seen


def drawing(*points: tuple[float, float], diverged: bool = False) -> Drawing:
    positions = np.array(points)
    return Drawing("sgd", positions, (positions**2).sum(axis=1), diverged)


def test_default_view_of_the_function_is_kept_if_paths_stay_inside() -> None:
    assert seen(Valley(), [drawing((-7, 2), (1, 0))]) == Valley.view


def test_view_grows_with_paths_up_to_a_limit() -> None:
    left, right, bottom, top = seen(Sphere(), [drawing((-3, 4), (9, 0))])
    assert (left, bottom) == (-4, -4)
    assert 9 < right < 10
    assert top == 4
    left, right, bottom, top = seen(Sphere(), [drawing((-3, 3), (1e6, 0))])
    assert FOLLOWED * 4 < right < 1.1 * FOLLOWED * 4


def test_a_path_that_diverged_does_not_stretch_the_view_but_its_start_is_in_it() -> None:
    view = seen(Sphere(), [drawing((-3, 3), (1e6, 0), diverged=True)])
    assert view == Sphere.view
    left, _, _, top = seen(Sphere(), [drawing((-50, 60), (1e6, 0), diverged=True)])
    assert left < -50
    assert top > 60


def test_view_of_the_spec_is_used() -> None:
    assert seen(Sphere(), [drawing((-3, 3), (1e6, 0))], [0, 1, 2, 3]) == (0, 1, 2, 3)


def test_a_path_is_followed_to_its_first_point_far_away_in_the_right_direction() -> None:
    view = (-4.0, 4.0, -4.0, 4.0)
    near = np.array([[1.0, 1.0], [2.0, 3.0]])
    np.testing.assert_array_equal(inside(near, view), near)
    cut = inside(np.array([[1.0, 1.0], [1.0 + 3e9, 1.0 - 4e9], [0.0, 0.0]]), view)
    assert cut.shape == (2, 2)
    direction = cut[1] - cut[0]
    assert direction[1] / direction[0] == pytest.approx(-4 / 3, rel=1e-6)
    assert 50 < np.abs(cut[1]).max() < 100
    assert len(inside(np.array([[1.0, 1.0], [np.inf, 0.0], [0.0, 0.0]]), view)) == 1
