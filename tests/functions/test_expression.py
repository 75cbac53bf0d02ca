"""Expressions: values, gradients and rejected input."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.core.numerical import numerical_gradient
from nnlab.functions.expression import CALLS, MOST_DEPTH, Expression


@pytest.mark.parametrize(
    ("text", "oracle"),
    [
        ("x0**2 + x1**2", lambda a, b: a * a + b * b),
        (" -x0 - -x1 ", lambda a, b: b - a),
        ("2 ** -x0 / 4", lambda a, b: 0.5**a / 4),
        ("x0 * pi + e", lambda a, b: a * math.pi + math.e),
        ("exp(-(x0 - 1)**2) * cos(x1) + 1e-3", lambda a, b: math.exp(-((a - 1) ** 2)) * math.cos(b) + 0.001),
        ("log(x0) + sqrt(x1) - tan(x0) * tanh(x1)", lambda a, b: math.log(a) + b**0.5 - math.tan(a) * math.tanh(b)),
        ("sinh(x0) + cosh(x1) + abs(x0 - 2)", lambda a, b: math.sinh(a) + math.cosh(b) + abs(a - 2)),
        ("x0 ** x1", lambda a, b: a**b),
        ("7", lambda a, b: 7.0),
    ],
)
def test_values_and_gradients(text: str, oracle: Callable[[float, float], float]) -> None:
    function = Expression(text=text)
    assert list(function.conflicts()) == []
    for a, b in ((0.5, 1.5), (1.25, 0.75)):
        x = np.array([a, b])
        assert float(function.value(x)) == pytest.approx(oracle(a, b), rel=1e-14)
        slopes = [
            (oracle(a + 1e-6, b) - oracle(a - 1e-6, b)) / 2e-6,
            (oracle(a, b + 1e-6) - oracle(a, b - 1e-6)) / 2e-6,
        ]
        np.testing.assert_allclose(function.gradient(x), slopes, rtol=1e-8, atol=1e-8)


TERMS = st.recursive(
    st.sampled_from(["x0", "x1", "x2", "0.5", "3", "pi"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(st.sampled_from(["sin", "cos", "tanh"]), inner).map(lambda parts: f"{parts[0]}({parts[1]})"),
        inner.map(lambda text: f"(-{text})"),
        inner.map(lambda text: f"({text} / (2 + cos({text})))"),
    ),
    max_leaves=12,
)


@given(text=TERMS)
def test_gradient_equals_complex_step(text: str) -> None:
    function, x = Expression(text=text), np.array([0.3, -0.7, 1.1])
    expected = numerical_gradient(lambda x: complex(function.value(x)), x, 1e-30, "complex")
    np.testing.assert_allclose(function.gradient(x), expected, rtol=1e-10, atol=1e-12)
    assert float(function.value(x)) == pytest.approx(eval(text, {**vars(math), "x0": 0.3, "x1": -0.7, "x2": 1.1}))


def test_gradient_of_powers() -> None:
    assert Expression(text="x0**2").gradient(np.array([-3.0]))[0] == -6
    assert Expression(text="x0**1").gradient(np.array([0.0]))[0] == 1
    assert Expression(text="x0**0").gradient(np.array([0.0]))[0] == 0
    np.testing.assert_array_equal(Expression(text="x0**x1 + x0**2").gradient(np.array([0.0, 2.0])), [0, 0])
    slopes = Expression(text="x0**x1").gradient(np.array([-2.0, -3.0]))
    assert slopes[0] == -0.1875
    assert np.isnan(slopes[1])


def test_long_sum_is_not_nested() -> None:
    function = Expression(text=" + ".join(f"x{index}**2" for index in range(100)))
    assert list(function.conflicts()) == []
    np.testing.assert_array_equal(function.gradient(np.arange(100.0)), 2 * np.arange(100.0))


def test_accepted_expressions_have_a_value() -> None:
    function = Expression(text="x0" + "+e" * 499)
    assert list(function.conflicts()) == []
    assert function.value(np.array([1.0])) == pytest.approx(1 + 499 * np.e)
    assert function.gradient(np.array([1.0])) == [1.0]


@pytest.mark.parametrize("x", [-2.0, 0.0, 2.0])
def test_complex_step_of_abs(x: float) -> None:
    function = Expression(text="abs(x0)")
    assert float(function.value(np.array([x]))) == abs(x)
    assert (
        numerical_gradient(function.value, [x], 1e-30, "complex")[0] == np.sign(x) == function.gradient(np.array([x]))
    )


def test_undefined_value_has_nan_gradient() -> None:
    assert np.isnan(Expression(text="log(x0)").gradient(np.array([-1.0])))


@pytest.mark.parametrize(("text", "variables"), [("x0", 1), ("x3 + x1", 4), ("pi", 1), ("x12", 13)])
def test_number_of_variables(text: str, variables: int) -> None:
    assert Expression(text=text).variables == (variables, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "ends too soon: ''"),
        ("x0 +", "ends too soon: 'x0 +'"),
        ("x0; x1", "cannot be read near column 3"),
        ("import os", "cannot be read"),
        ("__import__('os').system('true')", "'__import__('os').system' is not a valid call"),
        ("open('x')", "'open' is not a valid call"),
        ("().__class__", "'().__class__' is not allowed"),
        ("x0.real", "'x0.real' is not allowed"),
        ("x0[0]", "'x0[0]' is not allowed"),
        ("[x0]", "'[x0]' is not allowed"),
        ("lambda: 0", "'lambda: 0' is not allowed"),
        ("x0 if x1 else 0", "'x0 if x1 else 0' is not allowed"),
        ("x0 < x1", "'x0 < x1' is not allowed"),
        ("x0 and x1", "'x0 and x1' is not allowed"),
        ("x0 // 2", "'x0 // 2' is not allowed"),
        ("x0 ^ 2", "'x0 ^ 2' is not allowed; write powers with **"),
        ("(y := 2)", "'(y := 2)' is not allowed"),
        ("f'{x0}'", "is not allowed"),
        ("'a' * 10**9", "only real numbers are allowed, not ''a''"),
        ("True", "only real numbers are allowed"),
        ("2j", "only real numbers are allowed"),
        ("...", "only real numbers are allowed"),
        ("y", "the name 'y' is not allowed; there are x0, x1"),
        ("x", "the name 'x' is not allowed"),
        ("x100", "the name 'x100' is not allowed"),
        ("x01", "the name 'x01' is not allowed"),
        ("sin", "sin needs an argument, such as sin(x0)"),
        ("sin()", "'sin' is not a valid call"),
        ("sin(x0, x1)", "'sin' is not a valid call"),
        ("sin(*x0)", "is not allowed"),
        ("sin(x=x0)", "'sin' is not a valid call"),
        ("sinn(x0)", "'sinn' is not a valid call; did you mean 'sin'?"),
        ("x0**" * 60 + "2", f"is nested more than {MOST_DEPTH} deep"),
        ("-" * 100 + "x0", f"is nested more than {MOST_DEPTH} deep"),
        ("sin(" * 60 + "x0" + ")" * 60, f"is nested more than {MOST_DEPTH} deep"),
        ("(" * 500 + "x0" + ")" * 400, ""),
        ("9" * 900, "contains a number that is too large"),
    ],
)
def test_rejected_expressions(text: str, message: str) -> None:
    ((path, found),) = Expression(text=text).conflicts()
    assert path == ("text",)
    assert message in found
    assert len(found) < 300


def test_tower_of_powers_is_infinite() -> None:
    assert float(Expression(text="9**9**9**9**9").value(np.array([1.0]))) == np.inf


@pytest.mark.parametrize("text", ["1 / x0", "log(x0)", "sqrt(-1 - x0)", "0 * exp(1000 + x0)"])
def test_undefined_value_gives_no_warning(text: str) -> None:
    assert not np.isfinite(Expression(text=text).value(np.array([0.0])))
    Expression(text=text).gradient(np.array([0.0]))


def test_derivative_of_every_function() -> None:
    for name, (function, derivative) in CALLS.items():
        slope = (function(0.7 + 1e-6) - function(0.7 - 1e-6)) / 2e-6
        assert derivative(0.7) == pytest.approx(slope, rel=1e-8), name
