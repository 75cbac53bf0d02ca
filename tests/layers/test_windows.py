"""Windows that cannot be: each refusal names the layer, its place, the sizes, and what would be right."""

from collections.abc import Callable
from typing import Any

import pytest

from nnlab.errors import ShapeError
from nnlab.layers.base import Layer
from nnlab.layers.conv import Conv2D
from nnlab.layers.lrn import LocalResponseNorm
from nnlab.layers.pool import AvgPool, GlobalAvgPool, MaxPool
from nnlab.layers.upsample import Upsample

Prepared = Callable[..., Any]


@pytest.mark.parametrize(
    ("layer", "in_shape", "message"),
    [
        (Conv2D(filters=2, kernel=5), (1, 3, 3), "layer 1 conv2d: kernel 5 exceeds input 3x3"),
        (Conv2D(filters=2, kernel=5, padding="valid"), (1, 9, 4), "layer 1 conv2d: kernel 5 exceeds input 9x4"),
        (Conv2D(filters=2, kernel=5), (1, 4, 9), "layer 1 conv2d: kernel 5 exceeds input 4x9"),
        (
            Conv2D(filters=2, kernel=6, padding=1),
            (1, 3, 3),
            "layer 1 conv2d: kernel 6 exceeds input 3x3 with padding 1",
        ),
        (
            Conv2D(filters=2, kernel=[2, 3], dilation=[1, 3], padding=[0, 1]),
            (1, 3, 4),
            "layer 1 conv2d: kernel [2, 3] with dilation [1, 3] (2x7 pixels) exceeds input 3x4 with padding [0, 1]",
        ),
        (MaxPool(), (8, 1, 1), "layer 1 max_pool: size 2 exceeds input 1x1"),
        (MaxPool(size=[1, 3]), (8, 9, 2), "layer 1 max_pool: size [1, 3] exceeds input 9x2"),
        (AvgPool(size=4, padding=1), (8, 1, 5), "layer 1 avg_pool: size 4 exceeds input 1x5 with padding 1"),
    ],
)
def test_a_window_larger_than_the_image(
    prepared: Prepared, layer: Layer, in_shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ShapeError) as refusal:
        prepared(layer, in_shape)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Conv2D(filters=2, kernel=3, padding=3), "conv2d: padding 3 must be smaller than the kernel 3"),
        (Conv2D(filters=2, kernel=1, padding=1), "conv2d: padding 1 must be smaller than the kernel 1"),
        (MaxPool(size=2, padding=5), "max_pool: padding 5 must be smaller than the size 2"),
        (AvgPool(padding=2), "avg_pool: padding 2 must be smaller than the size 2"),
        (AvgPool(size=[1, 3], padding=1), r"avg_pool: padding 1 must be smaller than the size \[1, 3\]"),
        (
            Conv2D(filters=2, kernel=2, dilation=2, padding=3),
            r"conv2d: padding 3 must be smaller than the kernel 2 with dilation 2 \(3x3 pixels\)",
        ),
    ],
)
def test_padding_in_which_a_whole_window_fits(prepared: Prepared, layer: Layer, message: str) -> None:
    with pytest.raises(ShapeError, match=f"^layer 6 {message}"):
        prepared(layer, (1, 28, 28), index=5)


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (Conv2D(filters=2), "conv2d"),
        (MaxPool(), "max_pool"),
        (AvgPool(), "avg_pool"),
        (GlobalAvgPool(), "global_avg_pool"),
        (LocalResponseNorm(), "lrn"),
        (Upsample(), "upsample"),
    ],
)
@pytest.mark.parametrize(("in_shape", "text"), [((784,), "784"), ((28, 28), "28x28"), ((1, 2, 3, 4), "1x2x3x4")])
def test_what_is_no_image(prepared: Prepared, layer: Layer, name: str, in_shape: tuple[int, ...], text: str) -> None:
    with pytest.raises(ShapeError) as refusal:
        prepared(layer, in_shape, index=2)
    assert str(refusal.value) == f"layer 3 {name}: needs images (C, H, W), got {text}"


@pytest.mark.parametrize("K", [1, 2, 3, 9])
def test_the_largest_window_that_fits_gives_one_output(prepared: Prepared, K: int) -> None:
    assert prepared(Conv2D(filters=2, kernel=K), (3, K, K)).out_shape == (2, 1, 1)
    assert prepared(MaxPool(size=K + 2, padding=1), (3, K, K + 1)).out_shape == (3, 1, 1)
    assert prepared(Conv2D(filters=2, kernel=K, padding="same"), (3, 1, 1)).out_shape == (2, 1, 1)


def test_a_window_that_would_see_hardly_anything_but_padding(prepared: Prepared) -> None:
    assert prepared(Conv2D(filters=2, kernel=40, padding="same"), (1, 20, 3)).out_shape == (2, 20, 3)
    with pytest.raises(ShapeError, match="kernel 41 is more than twice the input 20x3; make it smaller"):
        prepared(Conv2D(filters=2, kernel=41, padding="same"), (1, 20, 3))
