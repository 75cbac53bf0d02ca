"""Pictures of every supported kind become 8-bit grey or RGB; everything else is one clear error."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnlab.data.pictures.decoding import MAX_PIXELS, read_picture
from nnlab.errors import DataError


def png_header(width: int, height: int) -> bytes:
    """A PNG that says how large it is and holds nearly nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("ending", ["png", "gif", "bmp", "webp", "pgm", "jpg"])
def test_a_grey_picture_in_each_format(tmp_path: Path, ending: str) -> None:
    Image.new("L", (6, 4), 200).save(tmp_path / f"a.{ending}")
    found = read_picture(tmp_path / f"a.{ending}")
    assert found.pixels.shape[:2] == (4, 6)
    assert found.size == (6, 4)
    assert abs(found.pixels.astype(int) - 200).max() <= 3
    assert found.alpha is None


def test_sixteen_bits_one_bit_palette_and_cmyk(tmp_path: Path) -> None:
    Image.fromarray(np.full((3, 3), 40_000, np.uint16)).save(tmp_path / "deep.png")
    Image.new("1", (3, 3), 1).save(tmp_path / "bits.png")
    Image.new("RGB", (3, 3), (10, 200, 30)).convert("P", palette=Image.Palette.ADAPTIVE).save(tmp_path / "palette.png")
    Image.new("CMYK", (8, 8), (0, 0, 0, 255)).save(tmp_path / "print.jpg")
    deep = read_picture(tmp_path / "deep.png")
    assert deep.pixels[0, 0].tolist() == [round(40_000 / 257)]
    assert deep.notes == ("16-bit",)
    assert read_picture(tmp_path / "bits.png").pixels[0, 0].tolist() == [255]
    assert read_picture(tmp_path / "palette.png").pixels[0, 0].tolist() == [10, 200, 30]
    assert read_picture(tmp_path / "print.jpg").pixels.max() < 40


def test_transparency_is_kept_apart_from_the_colour(tmp_path: Path) -> None:
    Image.new("RGBA", (2, 2), (9, 8, 7, 100)).save(tmp_path / "a.png")
    found = read_picture(tmp_path / "a.png")
    assert found.pixels[0, 0].tolist() == [9, 8, 7]
    assert found.alpha is not None
    assert found.alpha.tolist() == [[100, 100], [100, 100]]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_turned_as_its_orientation_says(tmp_path: Path, orientation: int) -> None:
    upright = np.zeros((16, 8), np.uint8)
    upright[:8, :4] = 255  # light at the top left
    undo = {
        **{2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM},
        **{5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE},
        8: Image.Transpose.ROTATE_270,
    }
    image = Image.fromarray(upright)
    image = image.transpose(undo[orientation]) if orientation > 1 else image
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(tmp_path / "a.jpg", exif=exif, quality=95)
    found = read_picture(tmp_path / "a.jpg").pixels[..., 0]
    assert found.shape == (16, 8)
    assert abs(found.astype(int) - upright).max() < 40


def test_the_first_frame_of_an_animation_is_read(tmp_path: Path) -> None:
    frames = [Image.new("L", (2, 2), grey) for grey in (50, 250)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert read_picture(tmp_path / "a.gif").pixels[0, 0, 0] == 50


def test_a_large_picture_is_reduced_and_remembers_its_size(tmp_path: Path) -> None:
    Image.new("L", (900, 600), 7).save(tmp_path / "a.png")
    found = read_picture(tmp_path / "a.png", side=100)
    assert found.size == (900, 600)
    assert found.pixels.shape == (100, 150, 1)


def test_a_decompression_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(png_header(60_000, 60_000))
    with pytest.raises(DataError, match=rf"bomb\.png: expected a picture of at most {MAX_PIXELS:,} pixels.*3600000000"):
        read_picture(tmp_path / "bomb.png")
    (tmp_path / "large.png").write_bytes(png_header(9_000, 9_000))
    with pytest.raises(DataError, match="its header says 9,000 × 9,000 = 81,000,000; save it smaller"):
        read_picture(tmp_path / "large.png")


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "found an empty file"),
        (b"\0\0\0\x18ftypheic", "HEIC, AVIF or video file: export it as JPEG or PNG"),
        (b"II*\0rest", "TIFF file: save it as PNG"),
        (b"hello there", "found another kind of file"),
        (png_header(20, 20), "a damaged picture"),
        (b"\x89PNG\r\n\x1a\nrest", "a damaged picture$"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "a damaged picture"),
    ],
)
def test_other_and_damaged_files_are_named(tmp_path: Path, contents: bytes, message: str) -> None:
    (tmp_path / "a.png").write_bytes(contents)
    with pytest.raises(DataError, match=rf"a\.png: .*{message}"):
        read_picture(tmp_path / "a.png")


def test_a_wrong_ending_does_not_matter(tmp_path: Path) -> None:
    Image.new("L", (2, 2), 5).save(tmp_path / "a.jpg", format="PNG")
    assert read_picture(tmp_path / "a.jpg").pixels[0, 0, 0] == 5


def test_a_folder_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a folder"):
        read_picture(tmp_path)
