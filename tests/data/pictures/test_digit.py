"""Painted and photographed digits are made like MNIST's."""

from pathlib import Path

import numpy as np
import pytest
from handmade_digits import HANDS, KINDS, picture, write_digits
from PIL import Image

from nnlab.core.arrays import Array
from nnlab.data.pictures.components import labelled
from nnlab.data.pictures.decoding import Picture, read_picture
from nnlab.data.pictures.digit import THIN, fit_digit, is_fitted_digit, stroke_width
from nnlab.data.pictures.fitting import PictureInput, fit_picture
from nnlab.data.pictures.ground import ink_of
from nnlab.data.sources.mnist import Mnist
from nnlab.errors import DataError

WANTED = PictureInput((1, 28, 28), 0.0)


def extent(image: Array) -> tuple[int, int]:
    rows, columns = (np.flatnonzero(image.max(axis=axis) > 8) for axis in (1, 0))
    return int(rows[-1] - rows[0] + 1), int(columns[-1] - columns[0] + 1)


def centre(image: Array) -> Array:
    grid = np.mgrid[0 : image.shape[0], 0 : image.shape[1]]
    return (grid * image).sum(axis=(1, 2)) / image.sum()


@pytest.fixture(scope="module")
def handmade(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return [path for path, _ in write_digits(tmp_path_factory.mktemp("digits"))]


@pytest.mark.parametrize("index", range(len(KINDS)), ids=[kind.name for kind in KINDS])
def test_every_kind_of_picture_becomes_a_centred_digit_on_black(handmade: list[Path], index: int) -> None:
    found = fit_picture(read_picture(handmade[index]), WANTED)
    image = found.image[0].astype(float)
    assert image.shape == (28, 28)
    assert np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]]).max() <= 8
    assert max(extent(image)) == 20
    assert np.abs(centre(image) - 13.5).max() <= 1.5
    assert image.max() == 255
    assert 0.8 * THIN <= stroke_width(image / 255) <= 4.5


def test_a_picture_and_its_negative_become_the_same_digit() -> None:
    drawn = np.asarray(picture(KINDS[0], HANDS[0][4], np.random.default_rng(0)))
    one, other = (fit_digit(pixels, 28, 28, "auto") for pixels in (drawn, 255 - drawn))
    np.testing.assert_allclose(one[0], other[0], atol=1e-6)
    assert "inverted" in one[1]
    assert "inverted" not in other[1]


def test_the_place_in_the_picture_does_not_matter() -> None:
    drawn = np.asarray(picture(KINDS[2], HANDS[0][2], np.random.default_rng(0)))
    moved = np.roll(drawn, (90, 100), axis=(0, 1))
    np.testing.assert_allclose(fit_digit(drawn, 28, 28, "auto")[0], fit_digit(moved, 28, 28, "auto")[0], atol=2)


def test_specks_are_left_out_and_counted() -> None:
    clean = np.full((200, 200, 1), 255, np.uint8)
    clean[60:150, 90:105] = 0
    dirty = clean.copy()
    dirty[10:13, 10:13] = dirty[180:183, 20:23] = 0
    expected, _ = fit_digit(clean, 28, 28, "auto")
    found, notes = fit_digit(dirty, 28, 28, "auto")
    np.testing.assert_allclose(found, expected, atol=1)
    assert "2 specks left out" in notes


def test_two_strokes_of_one_digit_are_both_kept() -> None:
    five = np.full((200, 200, 1), 255, np.uint8)
    five[40:150, 60:75] = five[40:55, 90:140] = 0  # the bar does not touch the stem
    image, notes = fit_digit(five, 28, 28, "auto")
    assert not any("speck" in note for note in notes)
    assert extent(image)[1] > 12


@pytest.mark.parametrize("around", ["table", "frame"])
def test_only_the_sheet_counts(around: str) -> None:
    sheet = np.asarray(picture(KINDS[0], HANDS[0][3], np.random.default_rng(0)))
    expected, _ = fit_digit(sheet, 28, 28, "auto")
    if around == "table":
        photograph = np.full((sheet.shape[0] + 80, sheet.shape[1] + 120, 3), (70, 50, 35), np.uint8)
        photograph[30:-50, 50:-70] = sheet
    else:
        photograph = sheet.copy()
        photograph[:4] = photograph[-4:] = photograph[:, :4] = photograph[:, -4:] = 0
    found, notes = fit_digit(photograph, 28, 28, "auto")
    assert notes[:2] == ["only the sheet used", "inverted"]
    assert np.abs(found - expected).mean() < 8


def test_a_thick_zero_is_no_sheet() -> None:
    y, x = np.mgrid[-1:1:200j, -1:1:200j]  # type: ignore[misc]
    ring = np.hypot(x / 0.7, y / 0.9)
    pixels = np.where((ring < 1) & (ring > 0.25), 0, 255).astype(np.uint8)[..., np.newaxis]
    assert fit_digit(pixels, 28, 28, "auto")[1] == ["inverted", "digit cut out and centred in 28x28"]


def test_uneven_light_is_removed() -> None:
    y, x = np.mgrid[0:200, 0:300] / 200
    light = 220 - 90 * x - 30 * y**2
    paper = np.stack([light, light, 0.9 * light], axis=2)
    paper[60:140, 140:150] *= 0.3
    ink, dark = ink_of(np.clip(paper, 0, 255).astype(np.uint8), "auto")
    assert dark
    assert ink[60:140, 141:149].min() > 0.8
    ink[58:142, 138:152] = 0
    assert ink.max() < 0.05


def test_ink_may_have_any_colour() -> None:
    pixels = np.full((50, 50, 3), (200, 200, 60), np.uint8)
    pixels[20:30, 20:30] = (60, 200, 200)  # of the same brightness
    ink, _ = ink_of(pixels, "auto")
    assert ink[25, 25] == 1
    assert ink[0, 0] == 0


@pytest.mark.parametrize(("invert", "kept"), [("yes", 10), ("no", 30)])
def test_invert_says_whether_the_ink_is_dark_or_light(invert: str, kept: int) -> None:
    pixels = np.full((60, 60, 1), 128, np.uint8)
    pixels[10:20, 10:20] = 0
    pixels[30:40, 30:40] = 255
    ink, dark = ink_of(pixels, invert)  # type: ignore[arg-type]
    assert dark == (invert == "yes")
    assert ink[kept + 5, kept + 5] == 1
    assert ink[40 - kept + 5, 40 - kept + 5] == 0


def test_a_picture_of_one_colour_is_refused() -> None:
    with pytest.raises(DataError, match="expected a digit, found a picture of one colour"):
        fit_digit(np.full((30, 30, 1), 200, np.uint8), 28, 28, "auto")


def test_images_of_mnist_are_taken_as_they_are() -> None:
    images = Mnist().read(np.random.default_rng(0)).test.inputs[:200, 0]  # type: ignore[union-attr]
    ready = np.array([is_fitted_digit(image) for image in images])
    assert ready.mean() > 0.97
    image = images[int(np.argmax(ready))]
    found = fit_picture(Picture(image[..., np.newaxis], None, (28, 28)), WANTED)
    assert found.image[0].tolist() == image.tolist()
    assert found.notes == ("unchanged: a centred 28x28 digit",)
    inverted = fit_picture(Picture(255 - image[..., np.newaxis], None, (28, 28)), WANTED)
    assert inverted.image[0].tolist() == image.tolist()


def test_connected_components_of_a_mask() -> None:
    mask = np.array([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 0, 0], [1, 1, 0, 1]], bool)
    labels, areas = labelled(mask)
    assert labels.tolist() == [[1, 0, 0, 2], [0, 1, 0, 2], [0, 0, 0, 0], [3, 3, 0, 4]]
    assert areas.tolist() == [2, 2, 2, 1]


def test_components_that_meet_further_down_are_one() -> None:
    labels, areas = labelled(np.array([[1, 0, 1], [1, 0, 1], [1, 1, 1]], bool))
    assert areas.tolist() == [7]
    assert set(labels.ravel().tolist()) == {0, 1}


def test_the_generator_writes_twenty_pictures_that_pillow_reads(handmade: list[Path]) -> None:
    assert len(handmade) == len(KINDS) == 20
    for path in handmade:
        with Image.open(path) as image:
            image.load()
