"""What the optimizer tests share: a random problem, and an optimizer walking through it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from nnlab.optim.base import Optimizer


@pytest.fixture(scope="session")
def problem() -> Callable[..., Any]:
    """Random θ and gradients of very different sizes, as different layers have."""

    def make(size: int, steps: int) -> tuple[np.ndarray, list[np.ndarray]]:
        rng = np.random.default_rng(0)
        scale = 10.0 ** rng.uniform(-4, 1, size)
        return rng.standard_normal(size), [scale * rng.standard_normal(size) for _ in range(steps)]

    return make


@pytest.fixture(scope="session")
def walked() -> Callable[..., Any]:
    """θ after a step for each gradient; the gradients must still be there after each."""

    def walk(
        optimizer: Optimizer, theta: Any, gradients: Sequence[Any], *, regularized: int = 0, lr: float | None = None
    ) -> np.ndarray:
        own = np.array(theta)
        g = np.empty_like(own)
        optimizer.bind(own, g, regularized)
        for gradient in gradients:
            g[:] = gradient
            optimizer.step(lr)
            np.testing.assert_array_equal(g, gradient.astype(g.dtype))
        return own

    return walk
