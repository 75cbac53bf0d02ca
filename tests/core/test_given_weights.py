"""Weights given in a spec."""

from typing import Any

import numpy as np
import pytest
from trainings import make_network

from nnlab.config.validation import Validator, plain
from nnlab.core.given_weights import GivenWeights
from nnlab.core.random import make_streams
from nnlab.errors import ShapeError
from nnlab.layers.conv import Conv2D
from nnlab.layers.linear import Linear
from nnlab.models.mlp import Softmax
from nnlab.registry import initialisers

W = [[0.24055208, -0.08417877, 0.10270625], [0.57949381, 0.17237454, 0.73158598]]


def test_softmax_classifier_with_given_weights() -> None:
    (layer,) = Softmax(init=GivenWeights(W=W, b=[1, 2, 3])).stack((2,), (3,))
    state = make_network([layer], (2,), 3, rng="legacy").state()
    np.testing.assert_array_equal(state["linear1.W"], W)
    np.testing.assert_array_equal(state["linear1.b"], [1, 2, 3])


def test_default_bias_is_zero() -> None:
    assert not make_network([Linear(units=3, init=GivenWeights(W=W))], (2,), 3, rng="legacy").state()["linear1.b"].any()


def test_convolution_with_given_weights() -> None:
    kernel = np.arange(18.0).reshape(2, 1, 3, 3)
    layer = Conv2D(filters=2, init=GivenWeights(W=kernel.tolist(), b=[0.5, -0.5]))
    layer.setup((1, 3, 3), make_streams("streams", 0))
    drawn = layer.W.initial(np.random.RandomState(0))
    np.testing.assert_array_equal(drawn, kernel)
    assert layer.b is not None
    np.testing.assert_array_equal(layer.b.initial(np.random.RandomState(0)), [0.5, -0.5])


@pytest.mark.parametrize(
    ("layer", "in_shape", "message"),
    [
        (Linear(units=3, init=GivenWeights(W=W)), (3,), "init gives W of shape 2x3, but the layer's W is 3x3"),
        (Linear(units=3, init=GivenWeights(W=[1.0])), (3,), "init gives W of shape 1, but the layer's W is 3x3"),
        (
            Linear(units=3, init=GivenWeights(W=W, b=[1.0])),
            (2,),
            "init gives 1 numbers for b, but the layer has 3 outputs",
        ),
        (
            Linear(units=3, init=GivenWeights(W=W, b=[1.0] * 3), bias=False),
            (2,),
            "init gives b, but the layer has none",
        ),
        (
            Conv2D(filters=3, init=GivenWeights(W=W)),
            (1, 3, 3),
            "init gives W of shape 2x3, but the layer's W is 3x1x3x3",
        ),
    ],
)
def test_wrong_shapes_are_rejected(layer: Any, in_shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        layer.setup(in_shape, make_streams("streams", 0))


@pytest.mark.parametrize(
    ("raw", "path", "message"),
    [
        ([[1, 2], [3]], ("W", 1), "must be a list of 2 items like the first, got [3]"),
        ([[1, 2], 3], ("W", 1), "must be a list of 2 items like the first, got 3"),
        ([[1, "x"]], ("W", 0, 1), "must be a number from -1e+12 to 1e+12, got 'x'"),
        ([[1, True]], ("W", 0, 1), "must be a number from -1e+12 to 1e+12, got true"),
        ([float("nan")], ("W", 0), "must be a number from -1e+12 to 1e+12, got .nan"),
        ([10**400], ("W", 0), "must be a number from -1e+12 to 1e+12, got 1"),
        ([[]], ("W", 0), ""),
        ([[1], [[2]]], ("W", 1, 0), "must be a number from -1e+12 to 1e+12, got [2]"),
    ],
)
def test_invalid_weights_are_rejected(raw: object, path: tuple[object, ...], message: str) -> None:
    validator = Validator()
    built = validator.component(initialisers, {"name": "given", "W": raw}, ())
    if message:
        ((found, said),) = validator.problems
        assert found == path
        assert said.startswith(message)
    else:  # an empty row has a shape, which no layer has
        assert built.mismatch((1, 1), None)


def test_given_weights_round_trip() -> None:
    assert plain(GivenWeights(W=W)) == {"name": "given", "W": W, "b": None}
