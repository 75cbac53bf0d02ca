"""Named test functions: minima and values worked out by hand."""

import numpy as np
import pytest

from nnlab.registry import functions


@pytest.mark.parametrize(
    ("name", "point", "value"),
    [
        ("sphere", (3.0, -4.0), 25.0),
        ("sphere", (0.0, 0.0, 0.0), 0.0),
        ("valley", (-7.0, 2.0), 49 / 20 + 4),
        ("rosenbrock", (1.0, 1.0, 1.0), 0.0),
        ("rosenbrock", (-1.2, 1.0), 24.2),  # where Rosenbrock's paper starts
        ("saddle", (2.0, 3.0), -5.0),
        ("himmelblau", (3.0, 2.0), 0.0),
        ("himmelblau", (-2.805118, 3.131312), 0.0),
        ("himmelblau", (-3.779310, -3.283186), 0.0),
        ("himmelblau", (3.584428, -1.848126), 0.0),
        ("himmelblau", (0.0, 0.0), 170.0),
        ("beale", (3.0, 0.5), 0.0),
        ("beale", (0.0, 0.0), 1.5**2 + 2.25**2 + 2.625**2),
        ("rastrigin", (0.0, 0.0), 0.0),
        ("rastrigin", (1.0, 0.5), 1 + 0.25 + 20),
        ("plateau", (0.0, 0.0), 0.0),
        ("plateau", (1.0, 0.0), 0.5),
        ("plateau", (30.0, 40.0), 2500 / 2501),
    ],
)
def test_values(name: str, point: tuple[float, ...], value: float) -> None:
    assert float(functions[name]().value(np.array(point))) == pytest.approx(value, rel=1e-12, abs=1e-8)


@pytest.mark.parametrize(
    ("name", "point"),
    [
        ("sphere", (0.0, 0.0)),
        ("rosenbrock", (1.0, 1.0)),
        ("saddle", (0.0, 0.0)),
        ("himmelblau", (3.0, 2.0)),
        ("beale", (3.0, 0.5)),
        ("rastrigin", (0.0, 0.0)),
        ("plateau", (0.0, 0.0)),
    ],
)
def test_gradient_is_zero_at_minima_and_saddles(name: str, point: tuple[float, float]) -> None:
    np.testing.assert_allclose(functions[name]().gradient(np.array(point)), 0, atol=1e-12)
