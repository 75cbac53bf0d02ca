import numpy as np
import pytest
from trainings import make_network

from nnlab.errors import UsageError
from nnlab.insight.landscape.directions import filter_norms, principal_axes, random_direction, random_walk_shares
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.conv import Conv2D
from nnlab.layers.flatten import Flatten
from nnlab.layers.linear import Linear


def test_each_filter_of_a_random_direction_has_the_norm_of_the_networks_filter() -> None:
    layers = [Conv2D(filters=3, kernel=2), BatchNorm(), Flatten(), Linear(units=4, frozen=True), Linear(units=5)]
    network = make_network(layers, (2, 4, 4), 5)
    network.flat.values += 0.1  # biases too
    direction = random_direction(network, np.random.default_rng(0))
    for name, parameter in network.named_parameters():
        drawn = direction[parameter.slice].reshape(parameter.shape)
        if name in {"conv2d1.W", "linear2.W"}:
            assert filter_norms(drawn) == pytest.approx(filter_norms(parameter.value))
        else:
            assert not drawn.any(), name
    other = random_direction(network, np.random.default_rng(1))
    assert abs(direction @ other) < 0.5 * np.linalg.norm(direction) * np.linalg.norm(other)


def test_a_filter_is_what_computes_one_output() -> None:
    W = np.arange(6.0).reshape(2, 3)  # (in, out)
    assert filter_norms(W) == pytest.approx(np.sqrt([[0 + 9, 1 + 16, 4 + 25]]))
    kernels = np.arange(16.0).reshape(2, 2, 2, 2)
    assert filter_norms(kernels).ravel() == pytest.approx(np.linalg.norm(kernels.reshape(2, -1), axis=1))


def test_a_network_of_zeros_has_no_direction() -> None:
    network = make_network([Linear(units=2)], (3,), 2)
    network.flat.values[...] = 0
    with pytest.raises(UsageError, match="no weights"):
        random_direction(network, np.random.default_rng(0))


def test_principal_axes_are_those_of_numpys_svd() -> None:
    points = np.random.default_rng(0).standard_normal((12, 40)).cumsum(axis=0)
    found = principal_axes(points)
    centred = points - points.mean(axis=0)
    _, singular, rows = np.linalg.svd(centred, full_matrices=False)
    assert np.abs(found.axes @ rows[:2].T) == pytest.approx(np.eye(2), abs=1e-10)
    assert found.explained == pytest.approx(singular[:2] ** 2 / (singular**2).sum())
    path = found.project(points)
    assert path[-1] == pytest.approx([0, 0])
    assert (path[0] <= 0).all()
    residual = points - points[-1] - path @ found.axes
    assert found.off_plane(points) == pytest.approx(np.linalg.norm(residual, axis=1), abs=1e-6)


def test_points_on_a_line_have_no_plane() -> None:
    with pytest.raises(UsageError, match="use --directions line"):
        principal_axes(np.outer(np.arange(5.0), np.ones(7)))


def test_a_random_walk_has_the_shares_of_the_formula() -> None:
    walk = np.random.default_rng(0).standard_normal((30, 20_000)).cumsum(axis=0)
    values = np.linalg.svd(walk - walk.mean(axis=0), compute_uv=False) ** 2
    assert random_walk_shares(30)[:3] == pytest.approx((values / values.sum())[:3], rel=0.03)
    assert random_walk_shares(30).sum() == pytest.approx(1)
