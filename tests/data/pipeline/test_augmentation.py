"""Augmentations against plain loops, their random streams, and evaluation on original images."""

import zlib
from math import cos, floor, radians, sin
from typing import Any

import numpy as np
import pytest

from nnlab.core.random import make_streams
from nnlab.data.dataset import Dataset, Split
from nnlab.data.dataset_source import DatasetSource
from nnlab.data.pipeline.augmentation import (
    IMAGES_AT_ONCE,
    Augmentation,
    Brightness,
    Contrast,
    Cutout,
    Flip,
    Rotate,
    Shift,
    augment,
)
from nnlab.data.pipeline.batches import Batches, BatchLoader
from nnlab.errors import UsageError
from nnlab.registry import augmentations, datasets

DTYPES = pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-6), ("float64", 1e-12)])
SHAPES = pytest.mark.parametrize("shape", [(7, 1, 6, 6), (5, 3, 5, 8), (4, 2, 9, 4)])


def images(shape: tuple[int, ...], dtype: str = "float64", seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(shape).astype(dtype)


def stream(name: str, step: int, seed: int = 3, before: int = 0) -> np.random.Generator:
    """The stream of an augmentation, by the address that is part of every recorded result."""
    address = (4, zlib.crc32(name.encode()), before, step)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=address))


def changed(x: np.ndarray, *chosen: Augmentation, step: int = 1, seed: int = 3, mode: str = "streams") -> np.ndarray:
    y = x.copy()
    augment(y, chosen, make_streams(mode, seed), step)
    assert y.dtype == x.dtype
    return y


def test_stream_addresses_are_stable() -> None:
    assert {name: zlib.crc32(name.encode()) for name in ("shift", "flip", "rotate")} == {
        "shift": 2_768_976_709,
        "flip": 2_600_395_861,
        "rotate": 931_746_316,
    }
    addresses = {zlib.crc32(name.encode()) for name in augmentations.names()}
    assert len(addresses) == len(augmentations.names())


@DTYPES
@SHAPES
def test_shift(shape: tuple[int, ...], dtype: str, tolerance: float) -> None:
    N, _, H, W = shape
    x = images(shape, dtype)
    offsets = np.floor(stream("shift", 1).uniform(0, 7, (2, N)))
    expected = np.zeros_like(x)
    for n in range(N):
        down, right = 3 - int(offsets[0, n]), 3 - int(offsets[1, n])
        for i in range(H):
            for j in range(W):
                if 0 <= i - down < H and 0 <= j - right < W:
                    expected[n, :, i, j] = x[n, :, i - down, j - right]
    np.testing.assert_array_equal(changed(x, Shift(pixels=3)), expected)


def test_shift_is_uniform() -> None:
    x = np.zeros((4500, 1, 5, 5))
    x[:, 0, 2, 2] = 1
    counts = changed(x, Shift(pixels=1)).sum(axis=(0, 1))
    assert counts.sum() == 4500
    assert (abs(counts[1:4, 1:4] - 500) < 80).all()


@DTYPES
@SHAPES
def test_flip(shape: tuple[int, ...], dtype: str, tolerance: float) -> None:
    x = images(shape, dtype)
    lots = stream("flip", 1).uniform(0, 1, shape[0])
    assert (lots < 0.6).any()
    assert (lots >= 0.6).any()
    expected = np.array([image[:, :, ::-1] if lot < 0.6 else image for image, lot in zip(x, lots, strict=True)])
    np.testing.assert_array_equal(changed(x, Flip(probability=0.6)), expected)


def pixel(image: np.ndarray, i: int, j: int) -> float:
    inside = 0 <= i < image.shape[0] and 0 <= j < image.shape[1]
    return float(image[i, j]) if inside else 0.0


@DTYPES
@SHAPES
@pytest.mark.parametrize("degrees", [10.0, 180.0])
def test_rotate(shape: tuple[int, ...], dtype: str, tolerance: float, degrees: float) -> None:
    N, C, H, W = shape
    x = images(shape, dtype)
    angles = stream("rotate", 1).uniform(-degrees, degrees, (N, 1, 1)).ravel()
    expected = np.zeros(shape)
    for n in range(N):
        c, s = cos(radians(angles[n])), sin(radians(angles[n]))
        for i in range(H):
            for j in range(W):
                down, right = i - (H - 1) / 2, j - (W - 1) / 2
                row, column = (H - 1) / 2 + c * down - s * right, (W - 1) / 2 + s * down + c * right
                top, left = floor(row), floor(column)
                for k in range(C):
                    for di in (0, 1):
                        for dj in (0, 1):
                            weight = (1 - abs(row - top - di)) * (1 - abs(column - left - dj))
                            expected[n, k, i, j] += weight * pixel(x[n, k], top + di, left + dj)
    np.testing.assert_allclose(changed(x, Rotate(degrees=degrees)), expected, atol=10 * tolerance)


def test_rotation_is_clockwise() -> None:
    class Quarter:
        def uniform(self, low: float, high: float, shape: tuple[int, ...]) -> np.ndarray:
            return np.full(shape, 90.0)

    x = images((2, 1, 5, 5))
    y = x.copy()
    Rotate().apply(y, Quarter())  # type: ignore[arg-type]
    np.testing.assert_allclose(y, np.rot90(x, -1, axes=(2, 3)), atol=1e-12)


@DTYPES
@SHAPES
@pytest.mark.parametrize("size", [1, 2, 3])
def test_cutout(shape: tuple[int, ...], dtype: str, tolerance: float, size: int) -> None:
    N, _, H, W = shape
    x = images(shape, dtype)
    rng = stream("cutout", 1)
    rows = np.floor(rng.uniform(0, H, (N, 1))).ravel().astype(int)
    columns = np.floor(rng.uniform(0, W, (N, 1))).ravel().astype(int)
    expected = x.copy()
    for n in range(N):
        for i in range(rows[n] - size // 2, rows[n] - size // 2 + size):
            for j in range(columns[n] - size // 2, columns[n] - size // 2 + size):
                if 0 <= i < H and 0 <= j < W:
                    expected[n, :, i, j] = 0
    np.testing.assert_array_equal(changed(x, Cutout(size=size)), expected)


@DTYPES
@SHAPES
def test_brightness(shape: tuple[int, ...], dtype: str, tolerance: float) -> None:
    x = images(shape, dtype)
    deltas = stream("brightness", 1).uniform(-0.5, 0.5, (shape[0], 1, 1, 1)).ravel()
    expected = [[min(max(value + d, 0), 1) for value in image.ravel()] for image, d in zip(x, deltas, strict=True)]
    y = changed(x, Brightness(strength=0.5))
    np.testing.assert_allclose(y.reshape(shape[0], -1), expected, atol=tolerance)
    assert y.min() == 0


@DTYPES
@SHAPES
def test_contrast(shape: tuple[int, ...], dtype: str, tolerance: float) -> None:
    N, C, H, W = shape
    x = images(shape, dtype)
    factors = stream("contrast", 1).uniform(0.2, 1.8, (N, 1, 1, 1)).ravel()
    expected = np.empty(shape)
    for n in range(N):
        for k in range(C):
            mean = sum(float(value) for value in x[n, k].ravel()) / (H * W)
            for i in range(H):
                for j in range(W):
                    expected[n, k, i, j] = min(max(mean + factors[n] * (float(x[n, k, i, j]) - mean), 0), 1)
    np.testing.assert_allclose(changed(x, Contrast(strength=0.8)), expected, atol=tolerance)


NOTHING: list[Augmentation] = [
    Shift(pixels=0),
    Flip(probability=0.0),
    Rotate(degrees=0.0),
    Brightness(strength=0.0),
    Contrast(strength=0.0),
]


@pytest.mark.parametrize("augmentation", NOTHING, ids=lambda augmentation: augmentation.registered_name)
def test_strength_0_is_identity(augmentation: Augmentation) -> None:
    x = images((6, 3, 7, 8))
    np.testing.assert_allclose(changed(x, augmentation), x, atol=1e-15)


@pytest.mark.parametrize("name", augmentations.names())
def test_float32_and_float64_draw_same_numbers(name: str) -> None:
    x = np.round(images((50, 2, 8, 8)) * 255) / 255
    single = changed(x.astype("float32"), augmentations[name]())
    np.testing.assert_allclose(single, changed(x, augmentations[name]()), atol=1e-5)


@pytest.mark.parametrize("name", augmentations.names())
def test_augmentation_depends_on_step_and_is_reproducible(name: str) -> None:
    x = images((30, 1, 12, 12))
    chosen = augmentations[name]()
    first, second = changed(x, chosen, step=5), changed(x, chosen, step=6)
    assert not np.array_equal(first, x)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(changed(x, chosen, step=5), first)
    assert not np.array_equal(changed(x, chosen, step=5, seed=4), first)


def test_augmentations_have_independent_streams() -> None:
    x = images((30, 1, 12, 12))
    alone = changed(x, Shift())
    np.testing.assert_array_equal(changed(x, Flip(probability=0.0), Rotate(degrees=0.0), Shift()), alone)
    np.testing.assert_array_equal(changed(alone, Flip()), changed(x, Shift(), Flip()))


def test_same_augmentation_twice_draws_differently() -> None:
    x = np.ones((40, 1, 16, 16))
    twice = changed(x, Cutout(size=2), Cutout(size=2))
    assert (twice == 0).sum() > 1.5 * (changed(x, Cutout(size=2)) == 0).sum()


def test_large_batches_are_augmented_in_chunks() -> None:
    count = 2 * IMAGES_AT_ONCE + 7
    x = images((count, 1, 4, 4))
    lots = stream("flip", 1).uniform(0, 1, count) < 0.5
    expected = np.where(lots[:, None, None, None], x[..., ::-1], x)
    np.testing.assert_array_equal(changed(x, Flip()), expected)


def test_legacy_rng_order_of_augmentations() -> None:
    x = images((6, 1, 5, 5))
    state = np.random.RandomState(3)
    lots, offsets = state.uniform(0, 1, 6) < 0.5, np.floor(state.uniform(0, 3, (2, 6))).astype(int)
    mirrored = np.where(lots[:, None, None, None], x[..., ::-1], x)
    padded = np.pad(mirrored, ((0, 0), (0, 0), (1, 1), (1, 1)))
    expected = [padded[n, :, top : top + 5, left : left + 5] for n, (top, left) in enumerate(offsets.T)]
    np.testing.assert_array_equal(changed(x, Flip(), Shift(pixels=1), mode="legacy"), expected)


PIXELS = np.random.default_rng(1).integers(0, 256, (40, 1, 8, 8), np.uint8)
SPLIT = Split(PIXELS, np.arange(40))


def batches(size: Any, *chosen: Augmentation, mode: str = "streams") -> Batches:
    return Batches(BatchLoader(SPLIT, "float64"), size, "shuffle", make_streams(mode, 0), chosen)


@pytest.mark.parametrize("size", [8, "full"])
def test_augmentation_changes_batches_not_data(size: object) -> None:
    before = PIXELS.copy()
    source, plain = batches(size, Shift(), Flip()), batches(size)
    for step in range(1, 8):
        x, labels = source.batch(step)
        as_it_was, same_labels = plain.batch(step)
        np.testing.assert_array_equal(labels, same_labels)
        np.testing.assert_allclose(x, changed(as_it_was, Shift(), Flip(), step=step, seed=0), atol=1e-15)
    np.testing.assert_array_equal(PIXELS, before)


@pytest.mark.parametrize("size", [8, "full"])
def test_last_batch_is_without_augmentation(size: object) -> None:
    source = batches(size, Shift(), Flip())
    batch = source.batch(3)
    in_hand = batch[0].copy()
    x, labels = source.last_batch()
    np.testing.assert_allclose(x, PIXELS[labels] / 255)
    np.testing.assert_array_equal(labels, batch[1])
    np.testing.assert_array_equal(batch[0], in_hand)
    assert not np.array_equal(x, in_hand)


def test_augmented_step_is_reproducible() -> None:
    whole, resumed = batches(8, Rotate(), Cutout(size=3)), batches(8, Rotate(), Cutout(size=3))
    for step in range(1, 13):
        wanted = whole.batch(step)[0].copy()
    np.testing.assert_array_equal(resumed.batch(12)[0], wanted)


class Fixed(DatasetSource):
    registered_name = "fixed"
    inputs = PIXELS

    def read(self, rng: object) -> Dataset:
        return Dataset(Split(self.inputs, SPLIT.targets), None, ("a", "b"))


@pytest.mark.parametrize(
    ("inputs", "chosen", "message"),
    [
        (PIXELS, Shift(pixels=8), r"data\.augment\.1: shift: pixels must be at most 7, got 8: the images are 1x8x8"),
        (PIXELS, Cutout(size=8), r"data\.augment\.1: cutout: size must be at most 7, got 8: the images are 1x8x8"),
        (np.zeros((40, 2)), Flip(), r"data\.augment\.0: flip needs images, but a sample is 2 float64 numbers"),
        (np.zeros((40, 2), np.uint8), Flip(), "flip needs images, but a sample is 2 uint8 numbers"),
    ],
)
def test_invalid_augmentation_is_rejected(inputs: np.ndarray, chosen: Augmentation, message: str) -> None:
    source = Fixed(augment=[Flip(), chosen])
    source.inputs = inputs
    with pytest.raises(UsageError, match=message):
        source.load(np.random.default_rng(0))


def test_largest_valid_augmentation() -> None:
    Fixed(augment=[Shift(pixels=7), Cutout(size=7)]).load(np.random.default_rng(0))
    with pytest.raises(UsageError, match="flip needs images"):
        datasets["moons"](augment=[Flip()]).load(np.random.default_rng(0))
