"""Pictures of tensors: a pixel for each number."""

from io import BytesIO

import numpy as np
from PIL import Image

from nnlab.insight.trace.pictures import BLUE, RED, picture_of
from nnlab.insight.trace.tensors import Tensor


def pixels_of(tensor: Tensor) -> np.ndarray:
    picture = picture_of(tensor)
    assert picture is not None
    return np.asarray(Image.open(BytesIO(picture.png)).convert("RGBA"))


def test_sign_is_the_colour_and_size_the_opacity() -> None:
    values = np.array([[1.0, -1.0, 0.0], [0.5, -0.5, 0.0], [1.0, 1.0, 1.0]])
    pixels = pixels_of(Tensor("W", "", values, ("D_in", "D_out")))
    assert pixels.shape == (3, 3, 4)
    assert tuple(pixels[0, 0]) == (*BLUE, 255)
    assert tuple(pixels[0, 1]) == (*RED, 255)
    assert pixels[0, 2, 3] == 0
    assert 110 < pixels[1, 0, 3] < 145


def test_channels_of_the_first_sample_are_tiles_with_gaps() -> None:
    values = np.ones((2, 4, 3, 5))
    tensor = Tensor("y", "", values, ("N", "C", "H", "W"), batch=True)
    picture = picture_of(tensor)
    assert picture is not None
    assert picture.caption == "n=0, c=0 … 3"
    assert pixels_of(tensor).shape == (7, 11, 4)


def test_large_and_nonfinite_tensors_have_a_small_picture() -> None:
    values = np.full((5000, 3000), np.nan, np.float32)
    values[0] = 1
    pixels = pixels_of(Tensor("W", "", values, ("D_in", "D_out")))
    assert max(pixels.shape) <= 160


def test_what_has_no_rows_and_columns_has_no_picture() -> None:
    assert picture_of(Tensor("b", "", np.ones(200))) is None
    assert picture_of(Tensor("x", "", np.ones((300, 2)))) is None
    assert picture_of(Tensor("x", "", np.ones((30, 20)), repeated=True)) is None
