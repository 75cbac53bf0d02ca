"""Paths: published end points, an independent straight-line computation, and how a path can end."""

from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from nnlab.config.descent import load_descent
from nnlab.descent.path import DescentPath, descend, gradient_of, labels
from nnlab.functions.named import Rosenbrock, Saddle, Sphere
from nnlab.optim.adam import Adam
from nnlab.optim.momentum import Momentum
from nnlab.optim.sgd import SGD
from nnlab.registry import optimizers

CONFIGS = Path(__file__).parents[2] / "configs" / "descent"


def paths_of(config: str, *overrides: str) -> list[DescentPath]:
    descent = load_descent(CONFIGS / f"{config}.yaml", overrides)
    names = labels(descent.optimizer)
    return [
        descend(descent.function, rule, descent.start, descent.steps, gradient_of(descent), name)
        for rule, name in zip(descent.optimizer, names, strict=True)
    ]


def test_the_published_end_points() -> None:
    # Deep Learning from Scratch, section 4.4.2, to all digits printed there.
    lost, right, still = paths_of("learning_rates")
    assert [f"{number:.8e}" for number in right.positions[-1]] == ["-6.11110793e-10", "8.14814391e-10"]
    assert [f"{number:.8f}" for number in still.positions[-1]] == ["-2.99999994", "3.99999992"]
    assert [f"{number:.8e}" for number in lost.positions[-1]] == ["-2.58983747e+13", "-1.29524862e+12"]
    assert [path.status for path in (lost, right, still)] == ["diverged", "completed", "still"]
    assert [path.label for path in (lost, right, still)] == ["sgd lr=10", "sgd lr=0.1", "sgd lr=1e-10"]
    for path in (lost, right, still):
        np.testing.assert_array_equal(path.positions[0], [-3, 4])


def test_the_four_rules_in_the_valley_against_straight_lines_of_arithmetic() -> None:
    ends = {}
    for rule in ("sgd", "momentum", "adagrad", "adam"):
        x, y = -7.0, 2.0
        vx = vy = hx = hy = mx = my = 0.0
        for t in range(1, 31):
            gx, gy = x / 10, 2 * y
            if rule == "sgd":
                x, y = x - 0.95 * gx, y - 0.95 * gy
            elif rule == "momentum":
                vx, vy = 0.9 * vx - 0.1 * gx, 0.9 * vy - 0.1 * gy
                x, y = x + vx, y + vy
            elif rule == "adagrad":
                hx, hy = hx + gx * gx, hy + gy * gy
                x, y = x - 1.5 * gx / (sqrt(hx) + 1e-7), y - 1.5 * gy / (sqrt(hy) + 1e-7)
            else:
                mx, my = 0.9 * mx + 0.1 * gx, 0.9 * my + 0.1 * gy
                vx, vy = 0.999 * vx + 0.001 * gx * gx, 0.999 * vy + 0.001 * gy * gy
                rate = 0.3 * sqrt(1 - 0.999**t) / (1 - 0.9**t)
                x, y = x - rate * mx / (sqrt(vx) + 1e-7), y - rate * my / (sqrt(vy) + 1e-7)
        ends[rule] = (x, y)
    for path in paths_of("valley"):
        assert path.steps == 30
        np.testing.assert_allclose(path.positions[-1], ends[path.label.split()[0]], rtol=0, atol=1e-12)


@pytest.mark.parametrize("method", ["central", "complex", "analytic"])
def test_every_gradient_leads_the_same_way(method: str) -> None:
    for path, other in zip(paths_of("valley"), paths_of("valley", f"gradient={method}"), strict=True):
        np.testing.assert_allclose(other.positions, path.positions, atol=1e-6)


def test_every_step_is_recorded_with_value_and_gradient() -> None:
    path = descend(Saddle(), SGD(lr=0.1), [1.0, 2.0], 3, Saddle().gradient, "s")
    np.testing.assert_allclose(path.positions, [[0.8**k, 2 * 1.2**k] for k in range(4)], rtol=1e-14)
    np.testing.assert_allclose(path.values, [0.64**k - 4 * 1.44**k for k in range(4)], rtol=1e-14)
    np.testing.assert_allclose(path.norms, [2 * np.hypot(0.8**k, 2 * 1.2**k) for k in range(4)], rtol=1e-14)


@pytest.mark.parametrize("name", optimizers.names())
def test_every_optimizer_minimises_a_bowl_and_does_not_change_the_start(name: str) -> None:
    start = np.array([-3.0, 4.0, 1.0])
    path = descend(Sphere(), optimizers[name](lr=0.05), start, 50, Sphere().gradient, name)
    np.testing.assert_array_equal(start, [-3, 4, 1])
    assert path.values[-1] < path.values[0]


def test_a_path_ends_where_numbers_are_no_longer_finite() -> None:
    path = descend(Rosenbrock(), SGD(lr=1.0), [-1.5, 2.0], 100, Rosenbrock().gradient, "s")
    assert path.status == "diverged"
    assert 1 < path.steps < 100
    assert np.isfinite(path.values[:-1]).all()


@pytest.mark.parametrize(
    ("rule", "steps", "status"),
    [
        (SGD(lr=0.1), 10, "completed"),
        (SGD(lr=1.001), 10, "higher"),
        (SGD(lr=3.0), 20, "diverged"),
        (SGD(lr=1e-9), 10, "still"),
        (SGD(lr=1.0), 2, "still"),  # from one side to the other and back
    ],
)
def test_how_a_path_can_end(rule: SGD, steps: int, status: str) -> None:
    assert descend(Sphere(), rule, [-3.0, 4.0], steps, Sphere().gradient, "s").status == status


def test_labels_say_what_sets_rules_apart() -> None:
    rules = [SGD(lr=0.1), Momentum(lr=0.1, momentum=0.9), Momentum(lr=0.1, momentum=0.5), Adam(), Adam()]
    assert labels(rules) == [
        "sgd lr=0.1",
        "momentum lr=0.1, momentum=0.9",
        "momentum lr=0.1, momentum=0.5",
        "adam lr=0.001 (1)",
        "adam lr=0.001 (2)",
    ]
