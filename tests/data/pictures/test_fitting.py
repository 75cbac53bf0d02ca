"""What a network sees of a picture: channels, ground and size."""

import numpy as np
import pytest

from nnlab.core.arrays import Array
from nnlab.data.pictures.decoding import Picture
from nnlab.data.pictures.fitting import PictureInput, fit_picture
from nnlab.data.pictures.resizing import resized
from nnlab.errors import DataError

GREY, COLOUR = (1, 8, 8), (3, 8, 8)


def picture(pixels: Array, alpha: Array | None = None) -> Picture:
    pixels = pixels.astype(np.uint8)
    return Picture(pixels, alpha, (pixels.shape[1], pixels.shape[0]))


def test_shrinking_averages_over_areas_and_keeps_the_mean() -> None:
    image = np.arange(35.0).reshape(5, 7)
    small = resized(image, 2, 3)
    assert small[0, 0] == pytest.approx((image[:2, :2].sum() + image[:2, 2].sum() / 3 + image[2, :2].sum() / 2
                                         + image[2, 2] / 6) / (2.5 * 7 / 3))  # fmt: skip
    assert small.mean() == pytest.approx(image.mean())


def test_growing_interpolates_between_pixels() -> None:
    assert resized(np.array([[0.0, 8.0]]), 1, 4).tolist() == [[0, 2, 6, 8]]


def test_colours_become_grey_by_luminance_and_grey_three_channels() -> None:
    colours = np.zeros((8, 8, 3))
    colours[..., 1] = 100
    found = fit_picture(picture(colours), PictureInput(GREY, fit="none", invert="no"))
    assert found.image.tolist() == np.full(GREY, 59).tolist()
    assert found.notes == ("grey",)
    grey = fit_picture(picture(np.full((8, 8, 1), 9)), PictureInput(COLOUR))
    assert grey.image.tolist() == np.full(COLOUR, 9).tolist()


@pytest.mark.parametrize(
    ("ground", "invert", "border", "expected"),
    [
        (0.0, "auto", 255, 0),
        (0.0, "auto", 0, 0),
        (1.0, "auto", 0, 255),
        (0.5, "auto", 255, 255),
        (None, "auto", 255, 255),
        (0.0, "no", 255, 255),
        (None, "yes", 255, 0),
    ],
)
def test_a_picture_is_inverted_where_its_ground_is_the_opposite_of_that_in_training(
    ground: float | None, invert: str, border: int, expected: int
) -> None:
    wanted = PictureInput(GREY, ground, "contain", invert)  # type: ignore[arg-type]
    found = fit_picture(picture(np.full((8, 8, 1), border)), wanted)
    assert found.image[0, 0, 0] == expected
    assert ("inverted" in found.notes) == (border != expected)


def test_contain_keeps_the_aspect_ratio_on_the_ground_of_the_picture() -> None:
    wide = np.full((4, 8, 1), 100)
    wide[1:3, 2:6] = 200
    found = fit_picture(picture(wide), PictureInput((1, 8, 8), fit="contain"))
    assert found.image[0, :, 0].tolist() == [100] * 8
    assert found.image[0, 3:5, 2:6].tolist() == [[200] * 4] * 2
    assert found.notes == ("contained in 8x8",)


def test_cover_takes_the_middle_and_stretch_the_whole() -> None:
    wide = np.repeat(np.arange(16)[np.newaxis, :, np.newaxis] * 10, 8, axis=0)
    assert fit_picture(picture(wide), PictureInput((1, 8, 8), fit="cover")).image[0, 0].tolist() == list(
        range(40, 120, 10)
    )
    assert fit_picture(picture(wide), PictureInput((1, 8, 8), fit="stretch")).image[0, 0].tolist() == list(
        range(5, 160, 20)
    )


def test_another_size_is_refused_with_fit_none() -> None:
    with pytest.raises(DataError, match="expected a picture of 8x8 pixels, found 5x4"):
        fit_picture(picture(np.zeros((4, 5, 1))), PictureInput(GREY, fit="none"))


@pytest.mark.parametrize(("paint", "ground"), [(0, 255), (255, 0)])
def test_transparency_is_shown_on_the_opposite_of_what_is_painted(paint: int, ground: int) -> None:
    alpha = np.zeros((8, 8), np.uint8)
    alpha[3:5, 3:5] = 255
    found = fit_picture(picture(np.full((8, 8, 1), paint), alpha), PictureInput(GREY, fit="contain"))
    assert found.image[0, 0, 0] == ground
    assert found.image[0, 3, 3] == paint


@pytest.mark.parametrize(
    ("shape", "ground", "fit"),
    [((1, 28, 28), 0.0, "digit"), ((1, 28, 28), None, "digit"), ((1, 28, 28), 0.1, "contain"),
     ((1, 200, 200), 0.0, "contain"), ((3, 32, 32), 0.0, "cover")],
)  # fmt: skip
def test_the_fit_depends_on_what_the_training_images_look_like(
    shape: tuple[int, int, int], ground: float | None, fit: str
) -> None:
    assert PictureInput(shape, ground).chosen_fit == fit
