from pathlib import Path

import numpy as np
import pytest
from trainings import make_setup_on

from nnlab.data.dataset import Dataset, Split
from nnlab.data.target_columns import TargetColumns
from nnlab.insight.landscape.directions import random_direction
from nnlab.insight.landscape.sampled_loss import SampledLoss, sample_of
from nnlab.insight.landscape.surface import Line, Plane, curvature, loss_on_line, loss_on_plane
from nnlab.layers.linear import Linear
from nnlab.losses import MeanSquaredError
from nnlab.models.sequential import Sequential
from nnlab.optim.sgd import SGD

N, D, K = 30, 4, 2


@pytest.fixture
def bowl() -> tuple[SampledLoss, np.ndarray, np.ndarray]:
    """A linear network with mean squared error, whose loss is a quadratic of its weights; inputs with a 1, targets."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((N, D)), rng.standard_normal((N, K))
    dataset = Dataset(Split(x, y), None, (), numbers=TargetColumns(("a", "b"), np.zeros(K), np.ones(K)))
    model = Sequential(layers=[Linear(units=K)])
    setup = make_setup_on(dataset, model, SGD(lr=0.1), loss=MeanSquaredError(), iterations=1)
    return SampledLoss(setup, dataset.train), np.column_stack([x, np.ones(N)]), y


def quadratic(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> float:
    """Σ (xW + b − y)² / (NK) for the flat vector of W (D, K) and b (K,)."""
    return float(np.mean((x @ theta.reshape(D + 1, K) - y) ** 2))


def test_the_loss_of_a_linear_network_is_the_quadratic_along_every_direction(bowl) -> None:
    loss, x, y = bowl
    origin = loss.values()
    axes = np.array([random_direction(loss.network, np.random.default_rng(seed)) for seed in range(2)])
    ticks = np.linspace(-2, 2, 5)
    plane = loss_on_plane(loss, origin, axes, ticks, ticks)
    expected = [[quadratic(x, y, origin + a * axes[0] + b * axes[1]) for a in ticks] for b in ticks]
    assert plane.loss == pytest.approx(np.array(expected), rel=1e-12)
    hessian = 2 * np.kron(x.T @ x, np.eye(K)) / (N * K)
    for axis, losses in zip(axes, plane.slices, strict=True):
        assert curvature(ticks, losses) == pytest.approx(axis @ hessian @ axis)


def test_the_line_ends_exactly_at_both_states_and_is_a_parabola(bowl) -> None:
    loss, x, y = bowl
    start = loss.values()
    end = start + np.random.default_rng(1).standard_normal(start.shape)
    alpha = np.array([-0.5, 0.0, 0.5, 1.0, 1.5])
    line = loss_on_line(loss, (start, {}), (end, {}), alpha)
    assert line.at(0) == pytest.approx(quadratic(x, y, start), rel=1e-14)
    assert line.at(1) == pytest.approx(quadratic(x, y, end), rel=1e-14)
    assert line.loss == pytest.approx(np.polyval(np.polyfit(alpha, line.loss, 2), alpha))


@pytest.mark.parametrize(
    ("losses", "climb"),
    [
        ([9, 3, 2, 1, 9], (0, 0)),
        ([9, 3, 1, 2, 1], (1, 1)),
        ([0, 3, 4, np.nan, 1], (1, 0.5)),
        ([9, 1, 3, 2, 9], (2, 0.5)),
    ],
)
def test_the_climb_is_the_highest_rise_between_start_and_end(losses: list[float], climb: tuple[float, float]) -> None:
    line = Line(np.array([-0.5, 0.0, 0.5, 1.0, 1.5]), np.array(losses, float))
    assert line.climb == climb


def test_the_lowest_point_of_a_plane_passes_over_what_is_not_finite() -> None:
    plane = Plane(np.array([-1.0, 0, 1]), np.array([5.0, 6]), np.array([[3, np.nan, 4], [2.0, 1, 7]]))
    assert plane.lowest == (0.0, 6.0, 1.0)


def test_a_sample_is_drawn_once_in_order_without_repetition(tmp_path: Path) -> None:
    split = Split(np.arange(100.0)[:, None], np.arange(100))
    drawn = sample_of(split, 10, np.random.default_rng(0))
    assert len(np.unique(drawn.targets)) == 10
    assert (np.diff(drawn.targets) > 0).all()
    assert drawn.targets.tolist() == sample_of(split, 10, np.random.default_rng(0)).targets.tolist()
    assert sample_of(split, 100, np.random.default_rng(0)) is split
