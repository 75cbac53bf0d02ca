"""Networks: forward and backward against plain loops, the order of the flat vector, shapes, memory, saved states."""

from math import exp, log
from typing import Any

import numpy as np
import pytest
from trainings import make_network

from nnlab.core.arrays import Shape
from nnlab.errors import ShapeError
from nnlab.layers.activations import LeakyReLU, ReLU, Sigmoid, Tanh
from nnlab.layers.base import Layer
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.conv import Conv2D
from nnlab.layers.dropout import Dropout
from nnlab.layers.flatten import Flatten
from nnlab.layers.linear import Linear
from nnlab.layers.pool import AvgPool, MaxPool
from nnlab.losses import CrossEntropy
from nnlab.models import network as network_module
from nnlab.models.network import Network
from nnlab.registry import registered_name


def randomised(network: Network) -> Network:
    network.flat.values[:] = np.random.default_rng(1).standard_normal(network.parameter_count)
    return network


def mixed() -> list[Layer]:
    return [Flatten(), Linear(units=4), BatchNorm(), Tanh(), Dropout(rate=0.3), Linear(units=3)]


def two_layers_by_loops(x: Any, labels: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> tuple[Any, ...]:
    """Mean cross-entropy of x → sigmoid(x W1 + b1) W2 + b2 with all its gradients, one number at a time."""
    N, D, H, K = len(x), len(W1), len(W2), len(b2)
    hidden = [[1 / (1 + exp(-(sum(x[n][i] * W1[i][j] for i in range(D)) + b1[j]))) for j in range(H)] for n in range(N)]
    scores = [[sum(hidden[n][j] * W2[j][k] for j in range(H)) + b2[k] for k in range(K)] for n in range(N)]
    totals = [sum(exp(score) for score in row) for row in scores]
    loss = sum(log(totals[n]) - scores[n][labels[n]] for n in range(N)) / N
    ds = [[(exp(scores[n][k]) / totals[n] - (k == labels[n])) / N for k in range(K)] for n in range(N)]
    dz = [
        [sum(ds[n][k] * W2[j][k] for k in range(K)) * hidden[n][j] * (1 - hidden[n][j]) for j in range(H)]
        for n in range(N)
    ]
    dW2 = [[sum(hidden[n][j] * ds[n][k] for n in range(N)) for k in range(K)] for j in range(H)]
    dW1 = [[sum(x[n][i] * dz[n][j] for n in range(N)) for j in range(H)] for i in range(D)]
    db2 = [sum(ds[n][k] for n in range(N)) for k in range(K)]
    db1 = [sum(dz[n][j] for n in range(N)) for j in range(H)]
    dx = [[sum(dz[n][j] * W1[i][j] for j in range(H)) for i in range(D)] for n in range(N)]
    return loss, scores, (dW1, db1, dW2, db2), dx


def test_two_layers_are_the_plain_loops() -> None:
    network = randomised(make_network([Linear(units=5), Sigmoid(), Linear(units=3)], (4,), 3))
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((6, 4)), rng.integers(0, 3, 6)
    loss, scores, gradients, dx = two_layers_by_loops(x, labels, *(p.value for p in network.parameters))
    criterion = CrossEntropy()
    own_scores = network.forward(x, training=True)
    np.testing.assert_allclose(own_scores, scores, rtol=1e-12, atol=1e-14)
    assert criterion.forward(own_scores, labels) == pytest.approx(loss, rel=1e-12)
    dscores = criterion.backward()
    network.backward(dscores)
    for parameter, gradient in zip(network.parameters, gradients, strict=True):
        np.testing.assert_allclose(parameter.grad, gradient, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(network.input_gradient(dscores), dx, rtol=1e-12, atol=1e-15)


def test_the_flat_vector_holds_the_weights_layer_by_layer_then_all_else() -> None:
    network = make_network(mixed(), (2, 3), 3)
    first, norm, last = (network.layers[i] for i in (1, 2, 5))
    expected = [first.W, last.W, first.b, norm.gamma, norm.beta, last.b]  # type: ignore[attr-defined]
    for number, parameter in enumerate(expected):
        parameter.value[...] = number
    sizes = [6 * 4, 4 * 3, 4, 4, 4, 3]
    assert network.flat.values.tolist() == [i for i, size in enumerate(sizes) for _ in range(size)]
    assert network.flat.regularized == 6 * 4 + 4 * 3
    assert network.parameter_count == sum(sizes) == len(network.flat.values)


def test_the_first_layer_computes_no_dx_but_the_same_parameter_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    network = randomised(make_network([Flatten(), Linear(units=4), ReLU(), Linear(units=3)], (2, 3), 3))
    rng = np.random.default_rng(0)
    x, dscores = rng.standard_normal((5, 2, 3)), rng.standard_normal((5, 3))
    network.forward(x, training=True)
    dx = network.input_gradient(dscores)
    assert dx.shape == x.shape
    gradients = network.flat.gradients.copy()

    def unwanted(dy: Any) -> Any:
        raise AssertionError("the gradient for the data is not needed")

    for layer in network.layers[:2]:
        monkeypatch.setattr(layer, "backward", unwanted)
    network.flat.gradients[:] = np.nan
    network.backward(dscores)
    np.testing.assert_array_equal(network.flat.gradients, gradients)


def test_the_input_gradient_is_a_numerical_one() -> None:
    network = randomised(make_network([Flatten(), Linear(units=4), BatchNorm(), Tanh(), Linear(units=3)], (2, 3), 3))
    rng = np.random.default_rng(0)
    x, dscores = rng.standard_normal((5, 2, 3)), rng.standard_normal((5, 3))
    network.forward(x, training=True)
    dx = network.input_gradient(dscores).copy()
    for index in ((0, 0, 0), (2, 1, 2), (4, 0, 1)):
        step = np.zeros_like(x)
        step[index] = 1e-6
        rise = [float((network.forward(x + sign * step, training=True) * dscores).sum()) for sign in (1, -1)]
        assert dx[index] == pytest.approx((rise[0] - rise[1]) / 2e-6, rel=1e-6, abs=1e-8)


def test_legacy_weights_are_drawn_layer_after_layer() -> None:
    network = make_network([Linear(units=4), Sigmoid(), BatchNorm(), Linear(units=3)], (5,), 3, rng="legacy")
    script = np.random.RandomState(0)
    for layer, shape in ((network.layers[0], (5, 4)), (network.layers[3], (4, 3))):
        np.testing.assert_allclose(layer.parameters[0].value, (2 / shape[0]) ** 0.5 * script.randn(*shape), rtol=1e-15)


def test_each_layer_has_its_own_initial_weights() -> None:
    network = make_network([Linear(units=4), Linear(units=4), Linear(units=4)], (4,), 4)
    starts = [layer.parameters[0].value for layer in network.layers]
    assert not np.array_equal(starts[0], starts[1])
    assert not np.array_equal(starts[1], starts[2])
    again = make_network([Linear(units=4), Linear(units=4), Linear(units=4)], (4,), 4)
    np.testing.assert_array_equal(again.flat.values, network.flat.values)


@pytest.mark.parametrize("rng", ["streams", "legacy"])
def test_layers_without_weights_do_not_change_the_initial_weights_of_others(rng: str) -> None:
    plain = make_network([Linear(units=4), Linear(units=3)], (5,), 3, rng=rng)
    decorated = make_network([Linear(units=4), BatchNorm(), Tanh(), Dropout(), Linear(units=3)], (5,), 3, rng=rng)
    np.testing.assert_array_equal(decorated.flat.weights, plain.flat.weights)


def test_a_saved_state_makes_another_network_equal() -> None:
    first = randomised(make_network(mixed(), (2, 3), 3))
    x = np.random.default_rng(0).standard_normal((20, 2, 3))
    first.forward(x, training=True)
    saved = {name: array.copy() for name, array in first.state().items()}
    assert list(saved) == [
        "linear1.W",
        "linear1.b",
        "batch_norm1.gamma",
        "batch_norm1.beta",
        "batch_norm1.running_mean",
        "batch_norm1.running_variance",
        "linear2.W",
        "linear2.b",
    ]
    assert saved["linear1.W"].shape == (6, 4)
    second = make_network(mixed(), (2, 3), 3)
    second.load_state(saved)
    np.testing.assert_array_equal(second.flat.values, first.flat.values)
    np.testing.assert_array_equal(second.forward(x, training=False), first.forward(x, training=False))


def spoilt(saved: dict[str, np.ndarray], spoil: str) -> dict[str, np.ndarray]:
    if spoil == "missing":
        return {name: array for name, array in saved.items() if name != "linear2.b"}
    if spoil == "extra":
        return {**saved, "linear3.W": np.zeros((3, 3))}
    return {**saved, "linear2.b": np.zeros(1)}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [("missing", "linear2.b"), ("extra", "linear3.W"), ("shape", r"linear2\.b: expected shape 3, found 1")],
)
def test_a_state_of_another_network_is_refused_and_changes_nothing(spoil: str, message: str) -> None:
    network = make_network(mixed(), (2, 3), 3)
    saved = spoilt({name: array + 1 for name, array in network.state().items()}, spoil)
    before = network.flat.values.copy()
    with pytest.raises(ShapeError, match=message):
        network.load_state(saved)
    np.testing.assert_array_equal(network.flat.values, before)


@pytest.mark.parametrize(
    ("layers", "in_shape", "message"),
    [
        ([Linear(units=4), ReLU()], (5,), r"^layer 2 relu: gives 4 .* 3 classes"),
        ([Linear(units=3)], (1, 28, 28), r"^layer 1 linear: .*1x28x28"),
        ([ReLU(), BatchNorm(), Linear(units=3)], (2, 5), r"^layer 2 batch_norm: .*2x5"),
        ([], (5,), r"gives 5 .* 3 classes"),
        ([ReLU(), Dropout()], (3,), "nothing to train"),
    ],
)
def test_layers_that_do_not_fit_are_named(layers: list[Layer], in_shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        make_network(layers, in_shape, 3, dtype=None)


def test_shapes_are_known_before_anything_is_allocated(monkeypatch: pytest.MonkeyPatch) -> None:
    network = make_network([Linear(units=10**7), Linear(units=10)], (10**6,), 10, dtype=None)
    assert network.parameter_count == 10**13 + 10**7 + 10**8 + 10
    assert [layer.out_shape for layer in network.layers] == [(10**7,), (10,)]
    monkeypatch.setattr(network_module, "available_bytes", lambda: 2**40)
    with pytest.raises(ShapeError, match=r"10,000,110,000,010 parameters.* TiB.* 1\.0 TiB free"):
        network.check_memory(np.float32, 100, 2)


def test_memory_that_is_missing_is_refused_and_memory_that_suffices_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    network = make_network([Linear(units=10)], (784,), 10, dtype=None)
    required = network.required_bytes(np.float32, 100, 2)
    # Values, gradients and two optimizer vectors, the batch and its scores.
    assert required >= 4 * (7850 * 4 + 100 * (784 + 10))
    assert network.required_bytes(np.float64, 100, 2) > required
    assert network.required_bytes(np.float32, 200, 2) > required
    assert network.required_bytes(np.float32, 100, 3) >= required + 4 * 7850
    monkeypatch.setattr(network_module, "available_bytes", lambda: required)
    network.check_memory(np.float32, 100, 2)
    monkeypatch.setattr(network_module, "available_bytes", lambda: None)
    network.check_memory(np.float32, 100, 2)
    monkeypatch.setattr(network_module, "available_bytes", lambda: required - 1)
    with pytest.raises(ShapeError, match=r"^model: 7,850 parameters and batches of 100 need about .* MiB"):
        network.check_memory(np.float32, 100, 2)


def test_evaluating_between_training_steps_changes_no_training_step() -> None:
    x = np.random.default_rng(0).standard_normal((20, 2, 3))
    networks = [randomised(make_network(mixed(), (2, 3), 3)) for _ in range(2)]
    for step in range(3):
        for network, evaluates in zip(networks, (True, False), strict=True):
            network.streams.step = step
            network.forward(x, training=True)
            network.backward(np.ones((20, 3)))
            if evaluates:
                network.forward(np.concatenate((x, x)), training=False)
        np.testing.assert_array_equal(networks[0].flat.gradients, networks[1].flat.gradients)
        for name, array in networks[0].state().items():
            np.testing.assert_array_equal(array, networks[1].state()[name])


@pytest.mark.parametrize("activation", [ReLU(), LeakyReLU(slope=0.1)])
@pytest.mark.parametrize("pool", [MaxPool(), MaxPool(size=3, stride=2, padding=1), AvgPool()])
def test_an_activation_computed_after_pooling_changes_no_bit(activation: Layer, pool: Layer) -> None:
    rng = np.random.default_rng(0)
    x, dscores = rng.integers(-3, 4, (5, 2, 7, 7)) / 2, rng.standard_normal((5, 3))  # many ties
    layers = [Conv2D(filters=4), activation, pool, Flatten(), Linear(units=3)]
    network = make_network(layers, (2, 7, 7), 3)
    exchanged = isinstance(pool, MaxPool) and isinstance(activation, ReLU)
    assert network.order == ([layers[0], pool, activation, *layers[3:]] if exchanged else layers)
    scores = network.forward(x, training=True).copy()
    dx = network.input_gradient(dscores).copy()
    gradients = network.flat.gradients.copy()
    expected = x
    for layer in layers:
        expected = layer.forward(expected, training=True)
    np.testing.assert_array_equal(scores, expected)
    for layer in reversed(layers):
        dscores = layer.backward(dscores)
    np.testing.assert_array_equal(dx, dscores)
    np.testing.assert_array_equal(gradients, network.flat.gradients)
    kinds = registered_name(activation), registered_name(pool)
    assert network.names == ["conv2d1", f"{kinds[0]}1", f"{kinds[1]}1", "flatten1", "linear1"]


@pytest.mark.parametrize(
    ("layers", "in_shape", "chunk"),
    [
        ([Linear(units=3)], (784,), 500),
        ([Linear(units=3)], (4096,), 256),
        ([Linear(units=3)], (10**6,), 16),  # a batch, which training needs memory for anyway
    ],
)
def test_evaluations_of_large_layers_go_in_small_chunks(layers: list[Layer], in_shape: Shape, chunk: int) -> None:
    assert make_network(layers, in_shape, 3, dtype=None).evaluation_chunk(16) == chunk
