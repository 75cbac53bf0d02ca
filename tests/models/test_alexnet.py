"""AlexNet: the paper's stages, their shapes by hand, the number of its parameters, and where it begins to fit."""

from typing import Any

import numpy as np
import pytest
from trainings import make_network

from nnlab.core.initialisers import Normal
from nnlab.errors import ShapeError
from nnlab.gradcheck import Method, check, model_subject
from nnlab.layers.conv import Conv2D
from nnlab.layers.dropout import Dropout
from nnlab.layers.linear import Linear
from nnlab.layers.planning import multiply_adds
from nnlab.losses import CrossEntropy
from nnlab.models.alexnet import AlexNet
from nnlab.registry import registered_name

STAGE = ["conv2d", "relu", "lrn", "max_pool"]
CONVOLUTIONS = [*STAGE, *STAGE, "conv2d", "relu", "conv2d", "relu", "conv2d", "relu", "max_pool"]
# Filters, kernel, stride, padding of the five convolutions (Krizhevsky et al. 2012, section 3.5).
PAPER = [(96, 11, 4, 2), (256, 5, 1, 2), (384, 3, 1, 1), (384, 3, 1, 1), (256, 3, 1, 1)]


def test_the_layers_come_in_the_order_of_the_paper() -> None:
    dense = ["flatten", "linear", "relu", "dropout", "linear", "relu", "dropout", "linear"]
    stack = AlexNet().stack((3, 224, 224), (1000,))
    assert [registered_name(layer) for layer in stack] == [*CONVOLUTIONS, *dense]
    convolutions = [layer for layer in stack if isinstance(layer, Conv2D)]
    assert [(layer.filters, layer.kernel, layer.stride, layer.padding) for layer in convolutions] == PAPER
    assert [layer.units for layer in stack if isinstance(layer, Linear)] == [4096, 4096, 1000]
    assert [layer.rate for layer in stack if isinstance(layer, Dropout)] == [0.5, 0.5]


# Height and width of an image, then those that leave the five convolutions and three pools, and the flat length:
# ⌊(H + 2·2 − 11)/4⌋ + 1, ⌊(H − 3)/2⌋ + 1, the same, ⌊(H − 3)/2⌋ + 1, the same three times, ⌊(H − 3)/2⌋ + 1.
STAGES = {
    63: (15, 7, 7, 3, 3, 3, 3, 1, 256),
    64: (15, 7, 7, 3, 3, 3, 3, 1, 256),
    224: (55, 27, 27, 13, 13, 13, 13, 6, 9216),
    227: (56, 27, 27, 13, 13, 13, 13, 6, 9216),
}


@pytest.mark.parametrize("H", STAGES)
def test_the_shapes_of_the_five_stages_by_hand(H: int) -> None:
    conv1, pool1, conv2, pool2, conv3, conv4, conv5, pool5, flat = STAGES[H]
    net = make_network(AlexNet(), (3, H, H), 1000, dtype=None)
    shapes = [
        *[(96, conv1, conv1)] * 3,
        (96, pool1, pool1),
        *[(256, conv2, conv2)] * 3,
        (256, pool2, pool2),
        *[(384, conv3, conv3)] * 2,
        *[(384, conv4, conv4)] * 2,
        *[(256, conv5, conv5)] * 2,
        (256, pool5, pool5),
        (flat,),
        *[(4096,)] * 6,
        (1000,),
    ]
    assert [layer.out_shape for layer in net.layers] == shapes
    sizes = [conv1, conv2, conv3, conv4, conv5]
    channels = [3, 96, 256, 384, 384]
    convolved = sum(F * s**2 * C * K**2 for (F, K, _, _), s, C in zip(PAPER, sizes, channels, strict=True))
    products = sum(multiply_adds(layer) for layer in net.layers)
    assert products == convolved + flat * 4096 + 4096**2 + 4096 * 1000


@pytest.mark.parametrize("H", [224, 227])
def test_the_number_of_parameters_of_the_original_in_one_piece(H: int) -> None:
    # The paper's 60 million, with the connections that two GPUs left out.
    convolutions = sum(F * C * K**2 + F for (F, K, _, _), C in zip(PAPER, [3, 96, 256, 384, 384], strict=True))
    dense = (256 * 6 * 6 * 4096 + 4096) + (4096 * 4096 + 4096) + (4096 * 1000 + 1000)
    assert make_network(AlexNet(), (3, H, H), 1000, dtype=None).parameter_count == convolutions + dense == 62_378_344


@pytest.mark.parametrize("in_shape", [(3, 62, 62), (3, 62, 200), (1, 200, 62)])
def test_below_63_pixels_the_layer_that_no_longer_fits_is_named(in_shape: tuple[int, int, int]) -> None:
    with pytest.raises(ShapeError, match=r"^layer 15 max_pool: size 3 exceeds input (2x\d+|\d+x2)$"):
        make_network(AlexNet(), in_shape, 10, dtype=None)


@pytest.mark.parametrize(("in_shape", "classes"), [((1, 63, 63), 2), ((3, 63, 200), 10), ((4, 300, 64), 7)])
def test_any_image_from_63_pixels_up_and_any_number_of_classes_fits(
    in_shape: tuple[int, int, int], classes: int
) -> None:
    assert make_network(AlexNet(hidden=5), in_shape, classes, dtype=None).layers[-1].out_shape == (classes,)


def test_small_images_are_enlarged_with_upsample() -> None:
    net = make_network(AlexNet(upsample=2), (3, 32, 32), 10, dtype=None)
    assert [registered_name(layer) for layer in net.layers][:2] == ["upsample", "conv2d"]
    assert net.layers[0].out_shape == (3, 64, 64)
    assert net.layers[-1].out_shape == (10,)


def test_the_keys_reach_their_layers() -> None:
    init = Normal(std=0.25)
    stack = AlexNet(hidden=7, dropout=0.25, init=init).stack((3, 63, 63), (4,))
    assert [layer.units for layer in stack if isinstance(layer, Linear)] == [7, 7, 4]
    assert [layer.rate for layer in stack if isinstance(layer, Dropout)] == [0.25, 0.25]
    assert all(layer.init == init for layer in stack if isinstance(layer, Linear | Conv2D))
    assert not any(isinstance(layer, Dropout) for layer in AlexNet(dropout=0.0).stack((3, 63, 63), (4,)))


def thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sixteenth of the filters, everything else as it is."""
    whole = AlexNet._conv

    def thin(self: AlexNet, filters: int, **keys: Any) -> Conv2D:
        return whole(self, filters // 16, **keys)

    monkeypatch.setattr(AlexNet, "_conv", thin)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["central", "complex"])
def test_the_gradients_of_a_thin_one_are_numerical_ones(method: Method, monkeypatch: pytest.MonkeyPatch) -> None:
    thinned(monkeypatch)
    model = AlexNet(hidden=8, dropout=0.2)
    results = check(
        lambda seed: model_subject(
            "alexnet", make_network(model, (2, 63, 63), 3, dtype=None), CrossEntropy(), [], seed
        ),
        method,
        sampled=3,
    )
    assert all(result.passed for result in results), results
    layers = [*(f"conv2d{i}" for i in range(1, 6)), *(f"linear{i}" for i in range(1, 4))]
    assert {result.tensor for result in results} == {"x", *(f"{name}.{part}" for name in layers for part in ("W", "b"))}
    assert all(result.norm > 0 for result in results if result.tensor.endswith(".b"))


def test_dropout_acts_in_training_only(monkeypatch: pytest.MonkeyPatch) -> None:
    thinned(monkeypatch)
    net = make_network(AlexNet(hidden=20), (1, 63, 63), 3)
    x = np.random.default_rng(0).standard_normal((2, 1, 63, 63))
    evaluated = net.forward(x, training=False).copy()
    np.testing.assert_array_equal(net.forward(x, training=False), evaluated)
    assert not np.allclose(net.forward(x, training=True), evaluated)
