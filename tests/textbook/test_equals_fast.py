"""Every registered component that computes has a version in the textbook, and both give the same numbers in float64."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab import textbook
from nnlab.core.initialisers import Initialiser
from nnlab.core.task import CLASSES, NUMBERS
from nnlab.layers.base import Layer
from nnlab.layers.conv import Conv2D
from nnlab.layers.gru import GRU
from nnlab.layers.lstm import LSTM
from nnlab.layers.pool import AvgPool, MaxPool
from nnlab.layers.rnn import RNN
from nnlab.losses import CrossEntropy
from nnlab.models.textbook_twins import (
    INITIALISERS,
    LAYERS,
    LOSSES,
    OPTIMIZERS,
    REGULARIZERS,
    twin_of_initialiser,
    twin_of_loss,
    twin_of_optimizer,
    twin_of_regularizer,
)
from nnlab.optim.base import VALUES_PER_BLOCK, Optimizer
from nnlab.registry import initialisers, layers, losses, optimizers, registered_name, regularizers

WithTwin = Callable[..., tuple[Any, Any]]

# Further settings and shapes, besides the examples that gradcheck takes.
MORE: dict[str, list[tuple[dict[str, Any], tuple[int, ...]]]] = {
    "identity": [({}, (2, 3))],
    "sigmoid": [({}, (2, 3, 4))],
    "tanh": [({}, (2, 3, 4))],
    "relu": [({}, (2, 3, 4))],
    "leaky_relu": [({"slope": 0.3}, (2, 3))],
    "elu": [({"alpha": 2.5}, (2, 3))],
    "gelu": [({}, (2, 3, 4)), ({"approximate": "tanh"}, (2, 3))],
    "swish": [({"beta": 0.0}, (2, 3))],
    "softplus": [({}, (2, 3, 4))],
    "prelu": [({"slope": 0.0}, (2, 3)), ({"shared": True}, (3, 2, 2)), ({}, (1, 2, 3))],
    "linear": [({"units": 1}, (7,)), ({"units": 6, "frozen": True}, (1,))],
    "flatten": [({}, (5,)), ({}, (2, 1, 3))],
    "dropout": [({"rate": 0.3}, (4, 5)), ({"rate": 0.9}, (2, 3, 4)), ({"rate": 0.0}, (5,))],
    "batch_norm": [({"eps": 0.1, "momentum": 0.25}, (3, 2, 1)), ({"frozen": True}, (5,))],
    "layer_norm": [({"eps": 0.1}, (3, 2))],
    "group_norm": [({"groups": 3, "eps": 0.1}, (3, 2, 1)), ({"groups": 2, "frozen": True}, (4,))],
    "instance_norm": [({"eps": 0.1}, (2, 1, 4))],
    "conv2d": [({"filters": 2, "frozen": True}, (1, 3, 4))],
    "global_avg_pool": [({}, (1, 1, 5))],
    "upsample": [({"factor": 1}, (1, 2, 3))],
    "rnn": [({"units": 4, "frozen": True}, (2, 3))],
    "lstm": [({"units": 5}, (7, 1))],
    "gru": [({"units": 5}, (7, 1)), ({"units": 2, "bias": False, "reset_after": False}, (3, 2))],
    "embedding": [({"tokens": 50, "units": 3}, (20,))],
    "lrn": [({"size": 12, "alpha": 3.0, "beta": 2.0, "k": 0.1}, (5, 2, 1)), ({"size": 4}, (3, 1, 2))],
    "activity_l1": [({"strength": 0.3}, (2, 3))],
    "activity_l2": [({"strength": 0.3}, (2, 3))],
}


def layer_cases() -> Iterator[Any]:
    for name, cls in layers.items():
        cases = [*cls.examples(), *((cls(**keys), shape) for keys, shape in MORE.get(name, ()))]
        for number, (layer, in_shape) in enumerate(cases):
            yield pytest.param(layer, in_shape, id=f"{name} {number}")


def assert_equal(fast: Layer, twin: textbook.Layer, N: int, training: bool, seed: int = 1) -> None:
    """Output, penalty, running averages and all gradients of both for one random batch."""
    rng = np.random.default_rng(seed)
    x, dy = fast.example_inputs(rng, N), rng.standard_normal((N, *fast.out_shape))
    y = fast.forward(x, training=training).copy()
    np.testing.assert_allclose(twin.forward(x, training), y, rtol=1e-12, atol=1e-12)
    expected = sum(layer.penalty() for layer in textbook.with_inner([twin]))
    assert fast.activity_penalty().real == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(twin.backward(dy), fast.backward(dy), rtol=1e-11, atol=1e-12)
    assert_equal_weights(fast, twin)


def assert_equal_weights(fast: Layer, twin: textbook.Layer) -> None:
    """Gradients, own penalties and running averages, also of the layers inside."""
    inner = [layer for _, layer in fast.inner()]
    if inner:
        for part, twin_part in zip(inner, twin.inner, strict=True):
            assert_equal_weights(part, twin_part)
        return
    names = [parameter.name.rpartition(".")[2] for parameter in fast.parameters]
    assert names == list(twin.parameters)
    for name, parameter in zip(names, fast.parameters, strict=True):
        np.testing.assert_array_equal(getattr(twin, name), parameter.value)
        if not fast.frozen:
            np.testing.assert_allclose(getattr(twin, f"d{name}"), parameter.grad, rtol=1e-11, atol=1e-12)
    own = sum(penalty.value(W.value.reshape(-1)).real for penalty, W in fast.regularizers())
    weights = [getattr(twin, name) for name in textbook.weight_names(twin)]
    assert own == pytest.approx(sum(term.value(W) for term in twin.regularizers for W in weights), rel=1e-12)
    if isinstance(twin, textbook.BatchNormalization):
        np.testing.assert_allclose(twin.running_mean, fast.buffers["running_mean"], rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(twin.running_var, fast.buffers["running_variance"], rtol=1e-12)


def test_every_component_has_a_textbook_version() -> None:
    assert sorted(LAYERS) == layers.names()
    assert sorted(LOSSES) == losses.names()
    assert sorted(REGULARIZERS) == regularizers.names()
    assert sorted(OPTIMIZERS) == optimizers.names()
    assert sorted(INITIALISERS) == initialisers.names()


@pytest.mark.parametrize(("layer", "in_shape"), list(layer_cases()))
@pytest.mark.parametrize("N", [1, 4])
def test_a_layers_outputs_gradients_and_penalties(
    with_twin: WithTwin, layer: Layer, in_shape: tuple[int, ...], N: int
) -> None:
    fast, twin = with_twin(layer, in_shape)
    assert_equal(fast, twin, N, training=True)
    assert_equal(fast, twin, N, training=True, seed=2)  # running averages are updated again
    assert_equal(fast, twin, N, training=False)


@st.composite
def windows(draw: st.DrawFn) -> tuple[tuple[int, ...], dict[str, Any], int]:
    """Images (N, C, H, W), size, stride and padding of windows over them, and a seed."""
    N, C, H, W = (draw(st.integers(1, most)) for most in (3, 3, 8, 8))
    padding: int | str = draw(st.sampled_from(["same", "valid", 0, 1, 2, 3]))
    border = padding if isinstance(padding, int) else 0
    size = draw(st.integers(border + 1, min(5, 5 if padding == "same" else min(H, W) + 2 * border)))
    keys = {"stride": draw(st.integers(1, 4)), "padding": padding}
    return (N, C, H, W), {"size": size, **keys}, draw(st.integers(0, 2**32 - 1))


@settings(max_examples=100)
@given(case=windows(), filters=st.integers(1, 3), bias=st.booleans())
def test_convolutions_of_any_shape(with_twin: WithTwin, case: Any, filters: int, bias: bool) -> None:
    (N, *in_shape), keys, seed = case
    keys = {"kernel": keys["size"], "stride": keys["stride"], "padding": keys["padding"]}
    fast, twin = with_twin(Conv2D(filters=filters, bias=bias, **keys), tuple(in_shape), seed)
    assert_equal(fast, twin, N, training=True, seed=seed)


@pytest.mark.parametrize("cls", [RNN, LSTM, GRU])
@settings(max_examples=40)
@given(
    shape=st.tuples(st.integers(1, 6), st.integers(1, 4)),
    units=st.integers(1, 5),
    bias=st.booleans(),
    variant=st.booleans(),
    N=st.integers(1, 4),
    seed=st.integers(0, 2**32 - 1),
)
def test_recurrent_layers_of_any_shape(
    with_twin: WithTwin, cls: type[Any], shape: Any, units: int, bias: bool, variant: bool, N: int, seed: int
) -> None:
    keys = {RNN: {"activation": "relu" if variant else "tanh"}, GRU: {"reset_after": variant}}.get(cls, {})
    fast, twin = with_twin(cls(units=units, bias=bias, **keys), shape, seed)
    assert_equal(fast, twin, N, training=True, seed=seed)


@pytest.mark.parametrize("cls", [MaxPool, AvgPool])
@settings(max_examples=60)
@given(case=windows())
def test_pooling_of_any_shape(with_twin: WithTwin, cls: type[Any], case: Any) -> None:
    (N, *in_shape), keys, seed = case
    fast, twin = with_twin(cls(**keys), tuple(in_shape), seed)
    assert_equal(fast, twin, N, training=True, seed=seed)


def test_of_equal_pixels_the_first_takes_the_gradient(with_twin: WithTwin) -> None:
    fast, twin = with_twin(MaxPool(size=3, stride=2, padding=1), (2, 5, 4))
    x = np.random.default_rng(0).integers(-3, 0, (3, 2, 5, 4)) * 1.0
    y = fast.forward(x, training=True)
    dout = np.arange(y.size, dtype=float).reshape(y.shape)
    np.testing.assert_array_equal(twin.forward(x), y)
    np.testing.assert_array_equal(twin.backward(dout), fast.backward(dout))


def test_dropout_draws_a_mask_of_its_own_at_each_step(with_twin: WithTwin) -> None:
    fast, twin = with_twin(layers["dropout"](rate=0.3), (20,))
    outputs = []
    for fast.streams.step in (1, 2):
        outputs.append(fast.forward(np.ones((5, 20)), training=True).copy())
        np.testing.assert_allclose(twin.forward(np.ones((5, 20)), training=True), outputs[-1], rtol=1e-15)
    assert (outputs[0] != outputs[1]).any()


LOSS_CASES = [
    *(loss for _, cls in losses.items() for loss in cls.examples()),
    CrossEntropy(smoothing=0.3, class_weights="balanced"),
]
# One class has no samples.
COUNTS = np.array([3, 1, 0, 7, 2])


@pytest.mark.parametrize("loss", LOSS_CASES, ids=lambda loss: registered_name(loss))
@pytest.mark.parametrize(("N", "scale"), [(1, 1.0), (7, 3.0), (4, 500.0)])
def test_a_losss_value_and_gradient(loss: Any, N: int, scale: float) -> None:
    fast, twin = loss.for_classes(COUNTS), twin_of_loss(loss, COUNTS)
    rng = np.random.default_rng(N)
    scores = scale * rng.standard_normal((N, 5))
    possible = {CLASSES: rng.integers(0, 5, N), NUMBERS: rng.standard_normal((N, 5))}
    for targets in (possible[task] for task in loss.tasks):
        assert twin.forward(scores, targets) == pytest.approx(fast.forward(scores, targets), rel=1e-12, abs=1e-14)
        np.testing.assert_allclose(twin.backward(), fast.backward(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", regularizers.names())
@pytest.mark.parametrize("strength", [0.0, 0.1, 2.5])
def test_a_penaltys_value_and_gradient(name: str, strength: float) -> None:
    fast = regularizers[name](strength=strength)
    twin = twin_of_regularizer(fast)
    W = np.random.default_rng(0).standard_normal((4, 5))
    W[0, 0] = 0.0
    assert twin.value(W) == pytest.approx(fast.value(W.reshape(-1)).real, rel=1e-13)
    gradient = fast.gradient(W.reshape(-1), np.empty(W.size)).reshape(W.shape)
    np.testing.assert_allclose(twin.gradient(W), gradient, rtol=1e-14)


OPTIMIZER_CASES = [
    *(optimizers[name](**{"lr": 0.1} if name not in {"adadelta"} else {}) for name in optimizers.names()),
    *(optimizers[name](lr=0.01, momentum=0.99) for name in ("momentum", "nesterov")),
    optimizers["adagrad"](lr=0.01, eps=0.1),
    optimizers["rmsprop"](lr=0.01, decay=0.5, eps=0.1),
    optimizers["adadelta"](lr=0.3, decay=0.5, eps=0.01),
    *(optimizers[name](lr=0.1, beta1=0.5, beta2=0.9, eps=0.1) for name in ("adam", "nadam", "amsgrad", "adamax")),
    optimizers["lion"](lr=0.1, beta1=0.5, beta2=0.9, weight_decay=0.5),
    optimizers["adamw"](lr=0.1, beta1=0.5, beta2=0.9, eps=0.1, weight_decay=0.5),
]


@pytest.mark.parametrize("optimizer", OPTIMIZER_CASES, ids=repr)
def test_an_update_rules_steps(optimizer: Optimizer) -> None:
    rng = np.random.default_rng(0)
    size = VALUES_PER_BLOCK + 100  # more than one block of the fast rule
    theta, g = rng.standard_normal(size), np.empty(size)
    weights = 3 * size // 4
    params = {"W1": theta[:weights].copy(), "b1": theta[weights:].copy()}
    twin = twin_of_optimizer(optimizer)
    optimizer.bind(theta, g, regularized=weights)
    largest = np.abs(theta)
    for step in range(12):
        g[:] = rng.standard_normal(size) * 10.0 ** rng.integers(-3, 3)
        if step == 6:  # a schedule lowers the learning rate
            twin.lr = twin.lr / 10
        optimizer.step(twin.lr)
        twin.update(params, {"W1": g[:weights].copy(), "b1": g[weights:].copy()})
        expected = np.concatenate([params["W1"], params["b1"]])
        np.maximum(largest, np.abs(expected), out=largest)
        assert (np.abs(theta - expected) <= 1e-12 * largest).all()


INITIALISER_CASES = [
    *(cls() for name, cls in initialisers.items() if name != "given"),
    initialisers["normal"](std=3.0),
    initialisers["glorot"](distribution="normal"),
    initialisers["lecun"](distribution="uniform"),
    initialisers["truncated"](std=3.0),
    initialisers["orthogonal"](gain=2.0),
]


@pytest.mark.parametrize("initialiser", INITIALISER_CASES, ids=repr)
@pytest.mark.parametrize(("shape", "fan_in"), [((5, 4), 5), ((3, 7), 3), ((3, 2, 3, 3), 18), ((20, 1, 2, 2), 4)])
@pytest.mark.parametrize("generator", [np.random.default_rng, np.random.RandomState])
def test_an_initialisers_weights(
    initialiser: Initialiser, shape: tuple[int, ...], fan_in: int, generator: Callable[[int], Any]
) -> None:
    weights = twin_of_initialiser(initialiser)(shape, generator(3))
    np.testing.assert_allclose(weights, initialiser.draw(shape, fan_in, generator(3)), rtol=1e-14)


def test_given_weights_are_those_written_out() -> None:
    W = np.arange(6.0).reshape(2, 3)
    twin = twin_of_initialiser(initialisers["given"](W=W.tolist(), b=[1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(twin((2, 3), np.random.default_rng(0)), W)
