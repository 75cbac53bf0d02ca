"""The small residual network: stages, shapes, parameters and products by formula, gradients by both methods."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trainings import make_network

from nnlab.errors import ShapeError
from nnlab.gradcheck import Method, check, model_subject
from nnlab.layers.conv import Conv2D
from nnlab.layers.planning import multiply_adds
from nnlab.layers.residual import Residual
from nnlab.losses import CrossEntropy
from nnlab.models.resnet_mini import ResNetMini
from nnlab.registry import registered_name


def by_formula(f: int, blocks: int, in_shape: tuple[int, int, int], classes: int) -> tuple[int, int]:
    """Parameters and multiply-adds of He et al. 2016, section 4.2, with projections where a stage begins."""
    C, H, W = in_shape
    parameters, products = 9 * C * f + 2 * f, 9 * C * f * H * W
    before = f
    for stage in range(3):
        now = f * 2**stage
        if stage > 0:
            H, W = -(-H // 2), -(-W // 2)
            parameters += before * now
            products += before * now * H * W
        for block in range(blocks):
            into = before if block == 0 else now
            parameters += 9 * into * now + 2 * now + 9 * now * now + 2 * now
            products += (9 * into * now + 9 * now * now) * H * W
        before = now
    return parameters + before * classes + classes, products + before * classes


@pytest.mark.parametrize(("in_shape", "sizes"), [((1, 28, 28), (28, 14, 7)), ((3, 32, 32), (32, 16, 8))])
def test_three_stages_each_half_as_large_with_twice_the_filters(in_shape: Any, sizes: tuple[int, int, int]) -> None:
    net = make_network(ResNetMini(), in_shape, 10, dtype=None)
    first, second, third = sizes
    assert [(registered_name(layer), layer.out_shape) for layer in net.layers] == [
        ("conv2d", (16, first, first)),
        ("batch_norm", (16, first, first)),
        ("relu", (16, first, first)),
        ("residual", (16, first, first)),
        ("relu", (16, first, first)),
        ("residual", (32, second, second)),
        ("relu", (32, second, second)),
        ("residual", (64, third, third)),
        ("relu", (64, third, third)),
        ("global_avg_pool", (64,)),
        ("linear", (10,)),
    ]
    parameters, products = by_formula(16, 1, in_shape, 10)
    assert net.parameter_count == parameters
    assert sum(multiply_adds(layer) for layer in net.layers) == products


def test_the_paper_has_3_blocks_a_stage_and_0_27_million_parameters_in_its_20_layers() -> None:
    net = make_network(ResNetMini(blocks=3), (3, 32, 32), 10, dtype=None)
    weights = [p for p in net.parameters if p.regularized and "projection" not in p.name]
    assert len(weights) == 20
    # Table 6 of the paper; its shortcuts have no parameters, ours have 16·32 + 32·64.
    assert round((net.parameter_count - 16 * 32 - 32 * 64) / 1e6, 2) == 0.27


@settings(max_examples=25)
@given(
    in_shape=st.tuples(st.integers(1, 3), st.integers(1, 33), st.integers(1, 33)),
    classes=st.integers(1, 12),
    filters=st.integers(1, 20),
    blocks=st.integers(1, 3),
)
def test_any_image_fits_with_parameters_and_products_by_formula(
    in_shape: Any, classes: int, filters: int, blocks: int
) -> None:
    net = make_network(ResNetMini(filters=filters, blocks=blocks), in_shape, classes, dtype=None)
    assert (net.parameter_count, sum(multiply_adds(layer) for layer in net.layers)) == by_formula(
        filters, blocks, in_shape, classes
    )


def test_each_block_is_conv_norm_relu_conv_norm_without_biases() -> None:
    stack = ResNetMini(blocks=2).stack((1, 28, 28), (10,))
    blocks = [layer for layer in stack if isinstance(layer, Residual)]
    assert len(blocks) == 6
    strides = []
    for block in blocks:
        assert [registered_name(layer) for layer in block.layers] == [
            "conv2d",
            "batch_norm",
            "relu",
            "conv2d",
            "batch_norm",
        ]
        convolutions = [layer for layer in block.layers if isinstance(layer, Conv2D)]
        assert all((layer.kernel, layer.padding, layer.bias) == (3, 1, False) for layer in convolutions)
        strides.append([layer.stride for layer in convolutions])
    assert strides == [[1, 1], [1, 1], [2, 1], [1, 1], [2, 1], [1, 1]]


def test_vectors_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"^layer 1 conv2d: needs images \(C, H, W\), got 784$"):
        make_network(ResNetMini(), (784,), 10, dtype=None)


def test_every_running_statistic_is_part_of_the_state_and_moves() -> None:
    net = make_network(ResNetMini(filters=2), (1, 8, 8), 3)
    before = {name: array.copy() for name, array in net.state().items()}
    net.forward(1 + np.random.default_rng(0).random((4, 1, 8, 8)), training=True)
    moved = {name for name, array in net.state().items() if not np.array_equal(array, before[name])}
    norms = ["batch_norm1", *(f"residual{i}.batch_norm{j}" for i in (1, 2, 3) for j in (1, 2))]
    assert moved == {f"{norm}.running_{statistic}" for norm in norms for statistic in ("mean", "variance")}


@pytest.mark.slow
@pytest.mark.parametrize("method", ["central", "complex"])
@pytest.mark.parametrize(("keys", "in_shape"), [({"filters": 2}, (2, 8, 7)), ({"filters": 1, "blocks": 2}, (1, 4, 5))])
def test_its_gradients_are_numerical_ones(keys: Any, in_shape: Any, method: Method) -> None:
    model = ResNetMini(**keys)
    results = check(
        lambda seed: model_subject(
            "resnet_mini", make_network(model, in_shape, 3, dtype=None), CrossEntropy(), [], seed
        ),
        method,
        sampled=4,
    )
    assert all(result.passed for result in results), [result for result in results if not result.passed]
    tensors = {result.tensor for result in results}
    assert {"x", "conv2d1.W", "residual1.conv2d2.W", "residual3.batch_norm2.gamma", "linear1.b"} <= tensors
    assert sum(tensor.endswith("projection.W") for tensor in tensors) == 2
    assert len(tensors) == 1 + len(make_network(model, in_shape, 3, dtype=None).parameters)
