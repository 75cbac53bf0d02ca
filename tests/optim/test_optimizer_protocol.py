"""What every update rule shares: learning rates by step, saved state, binding, independence of the values."""

from time import sleep
from typing import Any

import numpy as np
import pytest

from nnlab.core.threads import Workers
from nnlab.optim.adam import Adam
from nnlab.optim.base import VALUES_PER_BLOCK, WORTH_THREADS, Block
from nnlab.registry import optimizers

each_rule = pytest.mark.parametrize("name", optimizers.names())


@each_rule
def test_a_gradient_of_0_changes_nothing_at_the_start(name: str, walked: Any) -> None:
    assert walked(optimizers[name](lr=0.25), [1.0, -2.0], [np.zeros(2)] * 3).tolist() == [1, -2]


@each_rule
def test_values_do_not_influence_each_other(name: str, problem: Any, walked: Any) -> None:
    θ, gs = problem(40, 5)
    together = walked(optimizers[name](lr=0.01), θ, gs, regularized=40)
    for i in (0, 7, 39):
        alone = walked(optimizers[name](lr=0.01), θ[i : i + 1], [g[i : i + 1] for g in gs], regularized=1)
        np.testing.assert_allclose(alone, together[i : i + 1], rtol=1e-15)


@each_rule
def test_step_takes_a_learning_rate_in_place_of_the_rules_own(name: str, problem: Any, walked: Any) -> None:
    θ, gs = problem(50, 10)
    expected = walked(optimizers[name](lr=0.01), θ, gs, regularized=20)
    other = optimizers[name](lr=123.0)
    np.testing.assert_array_equal(walked(other, θ, gs, regularized=20, lr=0.01), expected)
    assert other.lr == 123.0


@each_rule
def test_a_learning_rate_holds_for_one_step_only(name: str, problem: Any) -> None:
    θ, gs = problem(50, 3)
    paths = []
    for schedule in ((0.5, 0.01, 0.01), (0.5, None, None)):
        own, g = θ.copy(), np.empty(50)
        optimizer = optimizers[name](lr=0.01)
        optimizer.bind(own, g)
        for gradient, lr in zip(gs, schedule, strict=True):
            g[:] = gradient
            optimizer.step(lr)
        paths.append(own)
    np.testing.assert_array_equal(*paths)


@each_rule
def test_a_first_step_with_learning_rate_0_stays(name: str, problem: Any, walked: Any) -> None:
    θ, gs = problem(50, 1)
    np.testing.assert_array_equal(walked(optimizers[name](lr=1.0), θ, gs, regularized=50, lr=0.0), θ)


@each_rule
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_saved_state_resumes_bit_for_bit(name: str, dtype: Any, problem: Any, walked: Any) -> None:
    θ, gs = problem(VALUES_PER_BLOCK + 100, 20)
    θ, regularized = θ.astype(dtype), VALUES_PER_BLOCK + 17
    whole = walked(optimizers[name](lr=0.01), θ, gs, regularized=regularized)

    first = optimizers[name](lr=0.01)
    half = walked(first, θ, gs[:9], regularized=regularized)
    saved = {key: np.array(vector) for key, vector in first.state().items()}
    assert set(saved) == {*first.slots, "t"}
    assert int(saved["t"]) == 9
    assert all(saved[slot].dtype == dtype and saved[slot].shape == θ.shape for slot in first.slots)
    assert all(saved[slot].all() for slot in first.slots)

    second = optimizers[name](lr=0.01)
    g = np.empty_like(half)
    second.bind(half, g, regularized)
    second.load_state(saved)
    for gradient in gs[9:]:
        g[:] = gradient
        second.step()
    np.testing.assert_array_equal(half, whole)
    assert int(second.state()["t"]) == 20


@each_rule
def test_binding_again_resets_the_state(name: str, problem: Any, walked: Any) -> None:
    θ, gs = problem(30, 5)
    optimizer = optimizers[name](lr=0.01)
    first = walked(optimizer, θ, gs)
    np.testing.assert_array_equal(walked(optimizer, θ, gs), first)


@each_rule
def test_a_large_gradient_scale_or_a_tiny_one_stays_finite_in_float32(name: str, walked: Any) -> None:
    θ = np.zeros(4, np.float32)
    gs = [np.array([1e15, 1e-15, 1e-38, -1e15]) * sign for sign in (1, -1, 1)]
    # Besides: an overflow or a division by 0 warns, and a warning fails the test.
    assert np.isfinite(walked(optimizers[name](lr=0.01), θ, gs, regularized=4)).all()


def test_threads_that_share_the_blocks_change_no_digit() -> None:
    rng = np.random.default_rng(0)
    θ = rng.standard_normal(WORTH_THREADS // 3 + 5).astype(np.float32)
    gs = rng.standard_normal((3, len(θ))).astype(np.float32)
    paths, squares = [], []
    for threads in (1, 3):
        own, g, workers = θ.copy(), np.empty_like(θ), Workers(threads)
        optimizer = optimizers["adamw"](lr=0.01)
        optimizer.bind(own, g, VALUES_PER_BLOCK + 7, workers)
        for gradient in gs:
            g[:] = gradient
            optimizer.step()
            squares.append(optimizer.squares)
        paths.append(own)
    np.testing.assert_array_equal(*paths)
    assert squares[:3] == squares[3:]


class Numbered(Adam):
    """Adds the number of the call to each block: a rule that keeps something on itself."""

    calls = 0

    def update(self, block: Block, lr: float) -> None:
        before = self.calls
        sleep(1e-4)  # another thread would read the same number
        self.calls = before + 1
        block.theta += self.calls


def test_a_rule_that_does_not_declare_itself_thread_safe_updates_its_blocks_in_order() -> None:
    θ = np.zeros(WORTH_THREADS // 3 + 5, np.float32)
    rule = Numbered()
    rule.bind(θ, np.zeros_like(θ), 0, Workers(3))
    rule.step()
    assert θ[::VALUES_PER_BLOCK].tolist() == list(range(1, len(θ[::VALUES_PER_BLOCK]) + 1))


@each_rule
def test_the_rules_of_nnlab_are_thread_safe(name: str) -> None:
    θ = np.zeros(WORTH_THREADS, np.float32)
    rule = optimizers[name](lr=0.01)
    rule.bind(θ, θ, 0, workers := Workers(2))
    assert rule._workers is workers


@each_rule
def test_a_step_sums_the_squares_of_its_gradient_and_of_the_new_values(name: str, problem: Any) -> None:
    θ, (g,) = problem(VALUES_PER_BLOCK + 9, 1)
    optimizer = optimizers[name](lr=0.01)
    optimizer.bind(θ, g)
    g_before = g.copy()
    optimizer.step()
    gradient, values = optimizer.squares
    np.testing.assert_array_equal(g, g_before)
    assert gradient == pytest.approx(float((g**2).sum()))
    assert values == pytest.approx(float((θ**2).sum()))
