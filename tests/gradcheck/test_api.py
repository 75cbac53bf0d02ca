"""nnlab.check_gradient accepts functions, classes, objects and components, and refuses what it does not understand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nnlab
from nnlab.core.arrays import Array
from nnlab.errors import UsageError
from nnlab.layers.activations import ReLU
from nnlab.layers.linear import Linear
from nnlab.losses import CrossEntropy
from nnlab.regularizers import L1


def affine_forward(x: Array, w: Array, b: Array) -> Any:
    return x.reshape(len(x), -1) @ w + b, (x, w)


def affine_backward(dout: Array, cache: Any) -> Any:
    x, w = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)


def affine_backward_2d(dout: Array, cache: Any) -> Any:
    x, w = cache
    return dout @ w.T, x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)


class Affine:
    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = W, b
        self.dW: Array | None = None
        self.db: Array | None = None

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout: Array) -> Array:
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


class HalvedAffine(Affine):
    def backward(self, dout: Array) -> Array:
        dx = super().backward(dout)
        self.dW = self.x.T @ dout / 2
        return dx


def tanh(x: Array) -> Array:
    return np.tanh(x)


def tanh_derivative(x: Array) -> Array:
    return 1 - np.tanh(x) ** 2


def squared_loss(x: Array, y: Array) -> Any:
    return ((x - y) ** 2).mean(), 2 * (x - y) / x.size


CORRECT: list[Any] = [
    (affine_forward, affine_backward),
    (tanh, tanh_derivative),
    (squared_loss,),
    (Affine,),
    (Affine(np.ones((3, 2)), np.zeros(2)),),
    (Linear(units=3),),
    (ReLU,),
    (CrossEntropy,),
    (L1,),
]


@pytest.mark.parametrize(
    "subject", CORRECT, ids=lambda subject: getattr(subject[0], "__name__", type(subject[0]).__name__)
)
def test_correct_gradients_pass(subject: tuple[Any, ...]) -> None:
    check = nnlab.check_gradient(*subject)
    assert check.passed, check
    assert bool(check)
    assert all(tensor.checked for tensor in check.tensors)


def test_tensors_of_a_pair_are_named_as_in_its_signature() -> None:
    assert [check.tensor for check in nnlab.check_gradient(affine_forward, affine_backward).tensors] == ["x", "w", "b"]


def test_affine_of_images_must_give_dx_the_shape_of_x() -> None:
    check = nnlab.check_gradient(affine_forward, affine_backward_2d)
    (wrong,) = check.failed
    assert wrong.tensor == "x"
    assert wrong.diagnosis is not None
    assert wrong.diagnosis.kind == "wrong shape"
    assert "reshape it to x.shape" in wrong.diagnosis.sentence


def test_wrong_gradient_shows_the_worst_five_entries() -> None:
    (wrong,) = nnlab.check_gradient(HalvedAffine).failed
    assert wrong.tensor == "W"
    assert wrong.diagnosis is not None
    assert wrong.diagnosis.kind == "factor 1/2"
    assert len(wrong.worst) == 5
    gaps = [abs(entry.analytic - (entry.numerical or 0)) for entry in wrong.worst]
    assert gaps == sorted(gaps, reverse=True)
    for entry in wrong.worst:
        assert entry.numerical == pytest.approx(2 * entry.analytic)


@pytest.mark.parametrize(
    ("slope", "kind"),
    [(lambda y: 3 * (1 - y), "missing factor"), (lambda y: 3 * (1 - y**2) * y, "extra factor")],
    ids=["missing", "extra"],
)
def test_a_constant_beside_a_wrong_factor_is_that_of_backward(slope: Callable[[Array], Array], kind: str) -> None:
    (wrong,) = nnlab.check_gradient(lambda x: (np.tanh(x), x), lambda dout, x: dout * slope(np.tanh(x))).failed
    assert wrong.diagnosis is not None
    assert wrong.diagnosis.kind == kind
    assert wrong.diagnosis.sentence.endswith("and the rest is wrong by a factor 3")


def test_arrays_of_the_user_are_the_point_and_tuples_are_shapes() -> None:
    x = np.array([[1.0, -2.0, 0.5]])
    check = nnlab.check_gradient(affine_forward, affine_backward, x=x, w=(3, 2), b=(2,))
    assert check.passed
    assert [tensor.shape for tensor in check.tensors] == [(1, 3), (3, 2), (2,)]


def test_kink_at_a_point_of_the_user_is_left_out_and_reported() -> None:
    check = nnlab.check_gradient(
        lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(float), x=np.array([0.0, 1.0, -1.0])
    )
    assert check.passed
    assert check.tensors[0].checked == 2
    assert "1 entry of x left out, at a kink: at [0] the derivative is 0 from the left and 0.3456" in check.report()


@pytest.mark.parametrize(
    ("subject", "arguments", "message"),
    [
        ((3,), {}, "first argument must be a function"),
        ((tanh, 3), {}, "backward: must be a function"),
        ((Affine, tanh), {}, "pass the class alone"),
        ((affine_forward, affine_backward), {"v": (3,)}, "no argument 'v'; it takes x, w, b"),
        ((tanh,), {}, "must return .loss, gradient."),
        ((int,), {}, "no method forward"),
        ((affine_forward, affine_backward), {"seed": -1}, "seed: must be an integer"),
        ((Linear(units=3),), {"y": (3,)}, "no array 'y'"),
        ((affine_forward, affine_backward), {"x": np.full((2, 3), np.nan)}, "x: the numbers must be finite"),
        ((affine_forward, affine_backward), {"x": np.zeros((0, 3))}, "x: an array must have from 1"),
        ((affine_forward, affine_backward), {"x": [[1.0, 2.0], [3.0]]}, "x: the rows of a list"),
        ((affine_forward, affine_backward), {"x": (-1, 3)}, "x: a shape has sizes from 1"),
        ((affine_forward, affine_backward), {"w": (10**9, 10**9)}, "w: a shape has sizes from 1"),
        ((tanh, lambda dout: (dout, dout)), {}, "backward returns 2 gradients"),
    ],
)
def test_what_is_not_understood_is_a_usage_error(subject: Any, arguments: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        nnlab.check_gradient(*subject, **arguments)


def test_exception_in_the_code_has_its_file_and_line() -> None:
    def backward(dout: Array, cache: Any) -> Any:
        raise KeyError("dw")

    with pytest.raises(UsageError, match=r"test_api\.py:\d+: KeyError"):
        nnlab.check_gradient(affine_forward, backward)


def test_notebook_shows_tables_and_escapes_names() -> None:
    html = nnlab.check_gradient(HalvedAffine)._repr_html_()
    assert "<table" in html
    assert "factor 1/2" in html
