"""float32, kinks and random numbers: what is left out or reported rather than wrong."""

from typing import Any

import numpy as np
import pytest
from planted_mistakes import correct, subject_in

import nnlab
from nnlab.core.arrays import Array
from nnlab.gradcheck.gradient_check import GradientCheck
from nnlab.gradcheck.implementation import Example, Implementation, Session, direction_of, subject_of
from nnlab.gradcheck.undeclared_kinks import derivative, numerical_gradient_of


class Plain(Session):
    def __init__(self, f: Any) -> None:
        self.f = f

    def forward(self, arguments: dict[str, Any]) -> Array:
        return np.asarray(self.f(arguments["x"]))

    def backward(self, dout: Array) -> dict[str, object]:
        return {}


def gradient_at(f: Any, x: list[float]) -> Any:
    example = Example({"x": np.array(x)}, ("x",))
    implementation = Implementation("f", lambda: Plain(f), lambda sizes, seed: example)
    subject = subject_of(implementation, example, direction_of(np.asarray(f(example.arguments["x"])), 0))
    return subject, numerical_gradient_of(subject, "x")


def test_derivative_of_a_smooth_function_has_ten_digits() -> None:
    _, found = gradient_at(lambda x: np.exp(x).sum(), [0.3, -2.0])
    np.testing.assert_allclose(found.values, np.exp([0.3, -2.0]), rtol=1e-10)
    assert not found.kinks


@pytest.mark.parametrize("distance", [0.0, 1e-7])
def test_entry_at_a_kink_has_no_derivative_but_both_sides(distance: float) -> None:
    _, found = gradient_at(lambda x: np.abs(x).sum(), [distance, 3.0])
    ((place, left, right),) = found.kinks
    assert place == (0,)
    assert np.isnan(found.values[0])
    assert found.values[1] == pytest.approx(1)
    if distance == 0:
        assert (left, right) == pytest.approx((-1, 1))


def test_step_is_smaller_where_a_kink_is_near() -> None:
    subject, found = gradient_at(lambda x: np.maximum(x, 0).sum() + (x**3).sum(), [5e-5])
    assert not found.kinks
    assert derivative(subject, "x", 0).value == pytest.approx(1 + 3 * 25e-10, rel=1e-9)


def scale_forward(x: Array, w: Array, dtype: Any = np.float32) -> Any:
    return (x * w).astype(dtype), (x, w)


def scale_backward(dout: Array, cache: Any, factor: float = 1.0) -> Any:
    x, w = cache
    return dout * w * factor, dout * x


def test_forward_in_float32_is_checked_with_its_digits() -> None:
    check = nnlab.check_gradient(scale_forward, scale_backward, x=(4, 3), w=(4, 3))
    assert check.passed, check
    assert not nnlab.check_gradient(
        scale_forward, lambda dout, cache: scale_backward(dout, cache, 1.05), x=(4, 3), w=(4, 3)
    ).passed


def noisy(x: Array) -> Array:
    return x * np.random.default_rng().random(x.shape)


def test_generator_without_a_seed_draws_the_same_numbers_in_every_forward() -> None:
    make, state = np.random.default_rng, np.random.get_state()[1].copy()  # type: ignore[index]
    check = nnlab.check_gradient(noisy, lambda dout: dout)
    assert check.failed[0].diagnosis is not None
    assert check.failed[0].diagnosis.kind != "random forward"
    assert np.random.default_rng is make
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # type: ignore[index]


def test_result_is_data_without_nan() -> None:
    check: GradientCheck = nnlab.check_gradient(np.tanh, lambda x: x * np.nan)
    data = check.as_data()
    assert data["tensors"][0]["kind"] == "not finite"
    assert data["tensors"][0]["error"] is None


def test_epsilon_inside_the_logarithm_of_the_book_is_no_mistake() -> None:
    """At seed 3 the probability of the label is 0.007, so that ε = 1e-7 shows in the fifth digit."""
    assert nnlab.check_gradient(*subject_in(correct("book"), "SoftmaxWithLoss"), seed=3).passed
