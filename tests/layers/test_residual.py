"""Residual blocks: y = f(x) + shortcut(x), their names, random numbers and refusals."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trainings import make_network

from nnlab.core.initialisers import Normal
from nnlab.errors import ShapeError
from nnlab.layers.activations import Identity, ReLU
from nnlab.layers.base import Layer
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.conv import Conv2D
from nnlab.layers.dropout import Dropout
from nnlab.layers.flatten import Flatten
from nnlab.layers.linear import Linear
from nnlab.layers.planning import multiply_adds
from nnlab.layers.residual import Residual
from nnlab.layers.upsample import Upsample
from nnlab.models.network import Network
from nnlab.models.sequential import Sequential

Prepared = Callable[..., Any]


def randomised(layer: Any, seed: int = 0) -> dict[str, np.ndarray]:
    """Random parameters in the layer, by name."""
    rng = np.random.default_rng(seed)
    for parameter in layer.parameters:
        parameter.value[...] = rng.standard_normal(parameter.shape)
    return {parameter.name: parameter.value for parameter in layer.parameters}


def gradients(layer: Any) -> dict[str, np.ndarray]:
    return {parameter.name: parameter.grad for parameter in layer.parameters}


def close(array: Any, expected: Any) -> None:
    np.testing.assert_allclose(array, expected, rtol=1e-12, atol=1e-12)


def test_the_identity_shortcut_by_matrices(prepared: Prepared, frozen: Callable[..., Any]) -> None:
    layer = prepared(Residual(layers=[Linear(units=4), ReLU(), Linear(units=3)]), (3,))
    assert layer.out_shape == (3,)
    at = randomised(layer)
    assert list(at) == ["linear1.W", "linear1.b", "linear2.W", "linear2.b"]
    rng = np.random.default_rng(1)
    x, dy = rng.standard_normal((5, 3)), rng.standard_normal((5, 3))
    z = x @ at["linear1.W"] + at["linear1.b"]
    hidden = np.where(z > 0, z, 0)
    close(layer.forward(frozen(x), training=True), hidden @ at["linear2.W"] + at["linear2.b"] + x)
    dz = (dy @ at["linear2.W"].T) * (z > 0)
    close(layer.backward(frozen(dy)), dz @ at["linear1.W"].T + dy)
    written = gradients(layer)
    close(written["linear2.W"], hidden.T @ dy)
    close(written["linear1.W"], x.T @ dz)
    close(written["linear1.b"], dz.sum(axis=0))


def test_the_linear_projection_by_matrices(prepared: Prepared, frozen: Callable[..., Any]) -> None:
    layer = prepared(Residual(layers=[Linear(units=4)]), (3,))
    assert layer.out_shape == (4,)
    at = randomised(layer)
    assert {name: value.shape for name, value in at.items()} == {
        "linear1.W": (3, 4),
        "linear1.b": (4,),
        "projection.W": (3, 4),
    }
    rng = np.random.default_rng(1)
    x, dy = rng.standard_normal((5, 3)), rng.standard_normal((5, 4))
    close(layer.forward(frozen(x), training=True), x @ at["linear1.W"] + at["linear1.b"] + x @ at["projection.W"])
    close(layer.backward(frozen(dy)), dy @ (at["linear1.W"] + at["projection.W"]).T)
    close(gradients(layer)["projection.W"], x.T @ dy)


@settings(max_examples=100)
@given(C=st.integers(1, 3), H=st.integers(1, 9), W=st.integers(1, 9), F=st.integers(1, 3), stride=st.integers(1, 4))
def test_a_1x1_projection_with_a_stride_follows_wherever_one_can(
    prepared: Prepared, laid_out: Callable[..., Any], C: int, H: int, W: int, F: int, stride: int
) -> None:
    # A 1x1 filter with a stride picks pixels; what it computes is a product over the channels.
    layer = prepared(Residual(layers=[Conv2D(filters=F, kernel=1, stride=stride)]), (C, H, W))
    at = randomised(layer)
    rng = np.random.default_rng(1)
    x, dy = rng.standard_normal((2, C, H, W)), rng.standard_normal((2, *layer.out_shape))
    inner = np.einsum("fc,ncij->nfij", at["conv2d1.W"][:, :, 0, 0], x[:, :, ::stride, ::stride])
    expected = inner + at["conv2d1.b"][:, None, None]
    assert layer.out_shape == expected.shape[1:]
    dx = np.zeros_like(x)
    dx[:, :, ::stride, ::stride] = np.einsum("fc,nfij->ncij", at["conv2d1.W"][:, :, 0, 0], dy)
    if expected.shape[1:] == (C, H, W):
        assert "projection.W" not in at
        expected += x
        dx += dy
    else:
        # Of the strides that give this shape, the smallest.
        fits = [s for s in range(1, 10) if x[:, :, ::s, ::s].shape[2:] == expected.shape[2:]]
        picked = np.s_[:, :, :: fits[0], :: fits[0]]
        projection = at["projection.W"][:, :, 0, 0]
        expected += np.einsum("fc,ncij->nfij", projection, x[picked])
        dx[picked] += np.einsum("fc,nfij->ncij", projection, dy)
        close(layer.forward(x, training=True), expected)
        layer.backward(dy)
        close(gradients(layer)["projection.W"][:, :, 0, 0], np.einsum("nfij,ncij->fc", dy, x[picked]))
    close(layer.forward(laid_out(x, "channels first"), training=True), expected)
    close(layer.backward(laid_out(dy, "cropped")), dx)


@pytest.mark.parametrize(
    ("layers", "in_shape", "shapes"),
    [
        ([Conv2D(filters=3, kernel=3)], (2, 6, 6), "2x6x6 into 3x4x4"),
        ([Upsample()], (2, 2, 2), "2x2x2 into 2x4x4"),
        ([Flatten()], (2, 2, 3), "2x2x3 into 12"),
        ([Flatten(), Linear(units=4)], (3, 2, 2), "3x2x2 into 4"),
    ],
)
def test_shapes_that_no_projection_joins(
    prepared: Prepared, layers: list[Layer], in_shape: tuple[int, ...], shapes: str
) -> None:
    with pytest.raises(ShapeError, match=f"^layer 3 residual: the inner layers turn {shapes}, and no 1x1 projection"):
        prepared(Residual(layers=layers), in_shape, index=2)


@pytest.mark.parametrize(
    ("layers", "in_shape", "message"),
    [
        (
            [Conv2D(filters=3, padding=1), Conv2D(filters=2, kernel=5)],
            (1, 3, 3),
            "layer 4 residual: layer 2 conv2d: kernel 5 exceeds input 3x3",
        ),
        (
            [ReLU(), Residual(layers=[ReLU(), ReLU(), Linear(units=2)])],
            (1, 3, 3),
            "layer 4 residual: layer 2 residual: layer 3 linear: needs a flat input, got 1x3x3; "
            "put a flatten layer before it",
        ),
    ],
)
def test_an_inner_layer_that_does_not_fit_is_named_with_its_place(
    prepared: Prepared, layers: list[Layer], in_shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ShapeError) as refusal:
        prepared(Residual(layers=layers), in_shape, index=3)
    assert str(refusal.value) == message


@pytest.mark.parametrize("inner", [Identity(), Dropout(rate=0.0)])
def test_inner_layers_that_are_the_identity(prepared: Prepared, frozen: Callable[..., Any], inner: Layer) -> None:
    layer = prepared(Residual(layers=[inner]), (3,))
    x, dy = np.arange(6.0).reshape(2, 3), np.ones((2, 3))
    np.testing.assert_array_equal(layer.forward(frozen(x), training=True), 2 * x)
    np.testing.assert_array_equal(layer.backward(frozen(dy)), 2 * dy)


def test_training_and_evaluation_reach_the_inner_layers(prepared: Prepared) -> None:
    layer = prepared(Residual(layers=[BatchNorm()]), (2,))
    x = np.array([[1.0, -1.0], [3.0, 5.0]])
    y = layer.forward(x, training=True)
    np.testing.assert_allclose(y - x, [[-1, -1], [1, 1]], rtol=1e-5)
    assert list(layer.buffers) == ["batch_norm1.running_mean", "batch_norm1.running_variance"]
    np.testing.assert_allclose(layer.buffers["batch_norm1.running_mean"], [0.2, 0.2], rtol=1e-12)
    y = layer.forward(x, training=False)
    variances = np.array([0.9 + 0.1 * 1, 0.9 + 0.1 * 9])
    np.testing.assert_allclose(y - x, (x - 0.2) / np.sqrt(variances + 1e-5), rtol=1e-12)


def test_float32_stays_float32_and_batches_may_change_size(prepared: Prepared, frozen: Callable[..., Any]) -> None:
    layer = prepared(Residual(layers=[Conv2D(filters=3, padding=1, stride=2), ReLU()]), (2, 4, 4), np.float32)
    at = randomised(layer)
    rng = np.random.default_rng(0)
    for N in (3, 8, 1, 8):
        x = rng.standard_normal((N, 2, 4, 4))
        y = layer.forward(frozen(x, np.float32), training=True)
        dx = layer.backward(frozen(np.ones((N, 3, 2, 2)), np.float32))
        assert y.dtype == dx.dtype == np.float32
        assert dx.shape == x.shape
        alone = np.einsum("fc,ncij->nfij", at["projection.W"][:, :, 0, 0], x[:, :, ::2, ::2])
        assert (y >= alone - 1e-5).all(), "relu(...) + projection"


def test_multiply_adds_are_those_of_the_inner_layers_and_the_projection(prepared: Prepared) -> None:
    inner = [Conv2D(filters=4, padding=1, stride=2), ReLU(), Conv2D(filters=4, padding=1)]
    products = 4 * 16 * 2 * 9 + 4 * 16 * 4 * 9
    assert multiply_adds(prepared(Residual(layers=inner), (2, 8, 8))) == products + 4 * 16 * 2
    same = prepared(Residual(layers=[Linear(units=3), Linear(units=5)]), (5,))
    assert multiply_adds(same) == 5 * 3 + 3 * 5


def test_a_given_layer_is_copied_and_setting_up_again_resets_the_block(prepared: Prepared) -> None:
    conv = Linear(units=3)
    layer = Residual(layers=[conv, conv])
    for _ in range(2):
        prepared(layer, (3,))
        assert [parameter.name for parameter in layer.parameters] == [
            "linear1.W",
            "linear1.b",
            "linear2.W",
            "linear2.b",
        ]
        assert [parameter.regularized for parameter in layer.parameters] == [True, False, True, False]
        assert not hasattr(conv, "parameters")


def blocks() -> list[Layer]:
    inner: list[Layer] = [Linear(units=4), BatchNorm(), ReLU(), Linear(units=4), BatchNorm()]
    deep = Residual(layers=[Linear(units=4), Residual(layers=[*inner]), Dropout()])
    return [BatchNorm(), Residual(layers=inner), Residual(layers=inner), deep, Linear(units=3)]


def network(rng: str = "streams", layers: list[Layer] | None = None) -> Network:
    return make_network(layers or blocks(), (4,), 3, rng=rng)


def test_every_parameter_and_buffer_has_a_name_of_its_own_in_the_state() -> None:
    net = network()
    state = net.state()
    buffers = sum(len(layer.buffers) for layer in net.layers)
    assert buffers == 2 * (1 + 2 + 2 + 2)
    assert len(state) == len(net.parameters) + buffers
    assert len({id(array) for array in state.values()}) == len(state)
    for name in (
        "batch_norm1.running_mean",
        "residual1.batch_norm1.running_mean",
        "residual1.batch_norm2.running_variance",
        "residual2.linear2.W",
        "residual3.residual1.linear2.b",
        "residual3.residual1.batch_norm2.running_mean",
        "linear1.W",
    ):
        assert name in state


def test_a_saved_state_brings_the_inner_running_statistics_along() -> None:
    first, second = network(), network()
    x = np.random.default_rng(0).standard_normal((9, 4))
    first.flat.values[:] = np.random.default_rng(1).standard_normal(first.parameter_count)
    first.forward(x, training=True)
    second.load_state({name: array.copy() for name, array in first.state().items()})
    np.testing.assert_array_equal(second.forward(x, training=False), first.forward(x, training=False))
    assert state_moved(first)


def state_moved(net: Network) -> bool:
    return all(array.any() for name, array in net.state().items() if name.endswith("running_mean"))


def masks(layers: list[Layer], step: int = 1) -> list[bytes]:
    """The numbers that each dropout lets through, wherever it is: at the top, in a block, in a block of a block."""
    found: list[bytes] = []
    draw = Dropout._draw_mask

    def spy(self: Dropout, x: Any) -> Any:
        mask = draw(self, x)
        found.append((mask != 0).tobytes())
        return mask

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Dropout, "_draw_mask", spy)
        net = make_network(Sequential(layers=[*layers, Linear(units=2)]), (40,), 2)
        net.streams.step = step
        net.forward(np.ones((20, 40)), training=True)
    return found


def test_every_dropout_inside_and_outside_of_blocks_has_its_own_masks() -> None:
    block = Residual(layers=[Dropout(), Dropout()])
    stack = [Dropout(), block, block, Residual(layers=[block]), Dropout()]
    found = [mask for step in (0, 1, 2) for mask in masks(stack, step)]
    assert len(found) == 3 * 8
    assert len(set(found)) == len(found)


def test_blocks_do_not_change_the_masks_of_others() -> None:
    first, second = masks([Dropout(), Dropout()])
    assert masks([Dropout(), Residual(layers=[Dropout()]), Dropout()])[::2] == [first, second]
    (inner,) = masks([Residual(layers=[Dropout()])])
    assert masks([Dropout(), Residual(layers=[Linear(units=40), Dropout()])]) == [first, inner]


def test_legacy_weights_are_drawn_inner_layers_first_then_the_projection() -> None:
    init = Normal(std=0.1)
    inner: list[Layer] = [Linear(units=6, init=init), BatchNorm(), ReLU(), Linear(units=5, init=init)]
    state = network("legacy", [Residual(layers=inner), Linear(units=3, init=init)]).state()
    script = np.random.RandomState(0)
    np.testing.assert_allclose(state["residual1.linear1.W"], 0.1 * script.randn(4, 6), rtol=1e-15)
    np.testing.assert_allclose(state["residual1.linear2.W"], 0.1 * script.randn(6, 5), rtol=1e-15)
    np.testing.assert_allclose(state["residual1.projection.W"], (2 / 4) ** 0.5 * script.randn(4, 5), rtol=1e-15)
    np.testing.assert_allclose(state["linear1.W"], 0.1 * script.randn(5, 3), rtol=1e-15)


@pytest.mark.parametrize("rng", ["streams", "legacy"])
def test_a_block_without_weights_does_not_change_the_initial_weights_of_others(rng: str) -> None:
    plain = network(rng, [Linear(units=4), Linear(units=3)])
    decorated = network(rng, [Linear(units=4), Residual(layers=[BatchNorm(), ReLU(), Dropout()]), Linear(units=3)])
    np.testing.assert_array_equal(decorated.flat.weights, plain.flat.weights)
