"""Losses of numbers: plain loops, kinks, PyTorch and scikit-learn."""

import numpy as np
import pytest

from nnlab.gradcheck.check import check
from nnlab.gradcheck.subjects import loss_subject
from nnlab.losses import Huber, Loss, MeanAbsoluteError, MeanSquaredError

RNG = np.random.default_rng(0)
N, K = 50, 3
SCORES, TARGETS = 2 * RNG.standard_normal((N, K)), RNG.standard_normal((N, K))
SCORES[0, 0] = TARGETS[0, 0]


def plain_huber(r: float, delta: float) -> float:
    return r * r / 2 if abs(r) <= delta else delta * (abs(r) - delta / 2)


@pytest.mark.parametrize("delta", [0.3, 1.0, 1e6])
def test_huber_is_that_of_plain_loops(delta: float) -> None:
    loss = Huber(delta=delta)
    residuals = [float(s - t) for s, t in zip(SCORES.flat, TARGETS.flat, strict=True)]
    expected = sum(plain_huber(r, delta) for r in residuals) / (N * K)
    assert loss.forward(SCORES, TARGETS) == pytest.approx(expected, rel=1e-13)
    slopes = [max(-delta, min(delta, r)) / (N * K) for r in residuals]
    np.testing.assert_allclose(loss.backward().reshape(-1), slopes, rtol=1e-13)


def test_mean_absolute_error_is_that_of_plain_loops_and_its_slope_is_0_at_the_target() -> None:
    loss = MeanAbsoluteError()
    expected = sum(abs(float(s - t)) for s, t in zip(SCORES.flat, TARGETS.flat, strict=True)) / (N * K)
    assert loss.forward(SCORES, TARGETS) == pytest.approx(expected, rel=1e-13)
    gradient = loss.backward()
    assert gradient[0, 0] == 0
    assert set(np.unique(np.abs(gradient))) == {0, 1 / (N * K)}


def test_best_constant_of_the_absolute_error_is_the_median_of_the_squared_error_the_mean() -> None:
    targets = np.array([[0.0], [1.0], [10.0]])

    def best(loss: Loss) -> float:
        constants = np.linspace(-1, 11, 1201)
        return float(constants[np.argmin([loss.forward(np.full((3, 1), c), targets) for c in constants])])

    assert best(MeanAbsoluteError()) == pytest.approx(1)
    assert best(MeanSquaredError()) == pytest.approx(11 / 3, abs=0.01)
    assert best(Huber(delta=3.0)) == pytest.approx(2)


@pytest.mark.parametrize("loss", [MeanAbsoluteError(), Huber(delta=1.0)], ids=str)
@pytest.mark.parametrize("method", ["central", "complex"])
def test_gradient_is_proved_on_many_points_near_kinks(loss: Loss, method: str) -> None:
    for seed in range(20):
        results = check(lambda seed: loss_subject("loss", loss, seed, "numbers"), method, seed)
        assert all(result.passed for result in results), results


def test_kink_sides_tell_the_pieces_apart() -> None:
    scores, targets = np.array([[-3.0, -0.5, 0.5, 3.0]]), np.zeros((1, 4))
    huber, absolute = Huber(delta=1.0), MeanAbsoluteError()
    huber.forward(scores, targets)
    absolute.forward(scores, targets)
    assert huber.kink_sides().tolist() == [[-1, 0, 0, 1]]
    assert absolute.kink_sides().tolist() == [[False, False, True, True]]


@pytest.mark.parametrize(
    ("loss", "name", "arguments"),
    [
        (MeanAbsoluteError(), "L1Loss", {}),
        (MeanSquaredError(), "MSELoss", {}),
        (Huber(delta=0.7), "HuberLoss", {"delta": 0.7}),
        (Huber(), "SmoothL1Loss", {}),
    ],
)
def test_value_and_gradient_are_those_of_pytorch(loss: Loss, name: str, arguments: dict[str, float]) -> None:
    torch = pytest.importorskip("torch")
    scores = torch.tensor(SCORES, requires_grad=True)
    theirs = getattr(torch.nn, name)(**arguments)(scores, torch.tensor(TARGETS))
    theirs.backward()
    assert loss.forward(SCORES, TARGETS) == pytest.approx(theirs.item(), rel=1e-14)
    np.testing.assert_allclose(loss.backward(), scores.grad.numpy(), rtol=1e-14)


def test_values_are_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    for loss, theirs in ((MeanAbsoluteError(), "mean_absolute_error"), (MeanSquaredError(), "mean_squared_error")):
        expected = getattr(metrics, theirs)(TARGETS, SCORES)
        assert loss.forward(SCORES, TARGETS) == pytest.approx(expected, rel=1e-14)
