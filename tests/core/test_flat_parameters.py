"""Parameters are views of flat vectors, regularized ones first."""

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.core.flat_parameters import FlatParameters, Parameter

Declared = list[tuple[tuple[int, ...], bool]]
DECLARED = st.lists(
    st.tuples(st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple), st.booleans()), max_size=8
)


def declare(declared: Declared) -> list[Parameter]:
    return [
        Parameter(f"p{i}", shape, lambda rng, shape=shape: np.zeros(shape), regularized)  # type: ignore[misc]
        for i, (shape, regularized) in enumerate(declared)
    ]


@given(DECLARED, st.sampled_from([np.float32, np.float64]))
def test_flat_vector_has_regularized_parameters_first(declared: Declared, dtype: type) -> None:
    parameters = declare(declared)
    flat = FlatParameters(parameters, dtype)
    for number, parameter in enumerate(parameters):
        parameter.value[...] = 1000 * number + np.arange(parameter.size).reshape(parameter.shape)
        parameter.grad[...] = -parameter.value
    expected: list[int] = []
    for wanted in (True, False):
        for number, (shape, regularized) in enumerate(declared):
            if regularized is wanted:
                expected += [1000 * number + k for k in range(prod(shape))]
    assert flat.values.tolist() == expected
    assert flat.gradients.tolist() == [-value for value in expected]
    assert flat.values.dtype == flat.gradients.dtype == dtype
    assert flat.regularized == sum(prod(shape) for shape, regularized in declared if regularized)


@given(DECLARED)
def test_parameters_are_views_with_their_own_shapes(declared: Declared) -> None:
    parameters = declare(declared)
    flat = FlatParameters(parameters, np.float64)
    flat.values[:] = 3
    flat.gradients[:] = 4
    for parameter, (shape, _) in zip(parameters, declared, strict=True):
        assert parameter.size == prod(shape)
        assert parameter.value.shape == parameter.grad.shape == shape
        assert (parameter.value == 3).all()
        assert (parameter.grad == 4).all()


def test_weights_are_views_of_the_regularized_part() -> None:
    flat = FlatParameters(declare([((2,), False), ((3, 2), True), ((4,), False), ((5,), True)]), np.float64)
    assert flat.regularized == 11
    flat.weights[:] = 1
    flat.weight_gradients[:] = 2
    assert flat.values.tolist() == [1] * 11 + [0] * 6
    assert flat.gradients.tolist() == [2] * 11 + [0] * 6


@pytest.mark.parametrize("regularized", [True, False])
def test_only_one_kind_of_parameter(regularized: bool) -> None:
    flat = FlatParameters(declare([((2, 2), regularized), ((3,), regularized)]), np.float32)
    assert len(flat.weights) == len(flat.weight_gradients) == (7 if regularized else 0)
    assert len(flat.values) == 7
