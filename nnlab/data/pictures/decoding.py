"""Safe decoding of pictures: size limits before any pixel is decoded, and one DataError for every fault."""

import warnings
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.files.reading import error_text, file_name, opened
from nnlab.data.input_format import WHITE
from nnlab.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM")
"""The formats of Pillow that are read; the decoders of all others are never reached."""

_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM")
_PORTABLE = tuple(b"P%d" % number for number in range(1, 7))
HEAD = 16
ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".ppm", ".pgm", ".pbm", ".pnm")
_UNKNOWN = "another kind of file"

MAX_FILE_BYTES = 256 << 20
MAX_PIXELS = 64_000_000
"""The largest picture, as its header says: a camera's 64 megapixels, 192 MB decoded."""

WORKING_SIDE = 512
"""Larger pictures are reduced to at least this many pixels a side as soon as they are decoded."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded picture: uint8 ``pixels`` (H, W, C), grey (C = 1) or RGB (C = 3).

    ``alpha`` (H, W) is its opacity; None where it is opaque. ``size`` is (width, height) in the file. ``notes`` say
    what was decided while decoding.
    """

    pixels: Array
    alpha: Array | None
    size: tuple[int, int]
    notes: tuple[str, ...] = ()


def is_picture(head: bytes) -> bool:
    """Whether a file is a picture that can be read, by its first ``HEAD`` bytes."""
    portable = head[:2] in _PORTABLE and head[2:3].isspace()
    return head.startswith(_MAGIC) or portable or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def is_meant_as_picture(name: str, head: bytes) -> bool:
    """Whether a file is a picture, readable or not, by its first ``HEAD`` bytes or its ending."""
    return is_picture(head) or _found(head) != _UNKNOWN or name.casefold().endswith(ENDINGS)


def read_picture(path: Traversable, side: int = WORKING_SIDE) -> Picture:
    """The picture in a file, turned as its EXIF orientation says, the first frame of an animation.

    A picture whose shorter side exceeds twice ``side`` is reduced. Raises DataError when the file is missing,
    damaged, too large, or no picture.
    """
    name = file_name(path)
    with opened(path) as (file, size):
        if size > MAX_FILE_BYTES:
            raise DataError(f"{name}: expected a picture of at most {MAX_FILE_BYTES >> 20} MiB, found {size >> 20} MiB")
        head = file.read(HEAD)
        file.seek(0)
        if not is_picture(head):
            raise DataError(
                f"{name}: expected a picture ({', '.join(FORMATS)}), found {_found(head) if head else 'an empty file'}"
            )
        return _decoded(file, name, side)


def _found(head: bytes) -> str:
    if head[4:8] == b"ftyp":
        return "a HEIC, AVIF or video file: export it as JPEG or PNG"
    if head.startswith((b"II*\0", b"MM\0*")):
        return "a TIFF file: save it as PNG"
    return _UNKNOWN


def _decoded(file: IO[bytes], name: str, side: int) -> Picture:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about damaged metadata, and sizes, which are checked here
            with Image.open(file, formats=FORMATS) as image:
                _check_size(image.size, name)
                return _read(image, side)
    except (DataError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise DataError(f"{name}: expected a picture of at most {MAX_PIXELS:,} pixels: {error_text(error)}") from error
    except UnidentifiedImageError as error:  # its text is the address of an object
        raise DataError(f"{name}: a damaged picture") from error
    except Exception as error:  # Pillow raises many unrelated classes on damaged bytes
        raise DataError(f"{name}: a damaged picture: {error_text(error)}") from error


def _check_size(size: tuple[int, int], name: str) -> None:
    width, height = size
    if width < 1 or height < 1 or width * height > MAX_PIXELS:
        raise DataError(
            f"{name}: expected a picture of at most {MAX_PIXELS:,} pixels, its header says "
            f"{width:,} × {height:,} = {width * height:,}; save it smaller"
        )


def _read(image: "Image", side: int) -> Picture:
    from PIL import Image as Pillow

    notes = []
    size = image.size
    orientation = _orientation(image)
    if image.format == "JPEG":
        image.draft(image.mode, (2 * side, 2 * side))  # decodes 1/2, 1/4 or 1/8 of each side where that is enough
    image.load()
    deep = image.mode.startswith("I") or image.mode == "F"
    pixels = _eight_bits(image) if deep else None
    flat = image if pixels is None else Pillow.fromarray(pixels)
    if pixels is not None:
        notes.append("16-bit")
    transparent = flat.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in flat.info
    if transparent:
        flat = flat.convert("RGBA")
    elif flat.mode in ("1", "L"):
        flat = flat.convert("L")
    else:
        flat = flat.convert("RGB")
    factor = min(flat.size) // side
    if factor > 1:
        flat = flat.reduce(factor)
    if orientation in _TURNED:
        flat = flat.transpose(Pillow.Transpose(_TURNED[orientation]))
        size = size[::-1] if orientation >= 5 else size
        notes.append("turned as its EXIF orientation says")
    array = np.asarray(flat, np.uint8)
    array = array.reshape(*array.shape[:2], -1)
    alpha = None
    if transparent:
        alpha = array[..., 3].copy()
        alpha = None if alpha.min() == WHITE else alpha
        array = array[..., :3]
    return Picture(np.ascontiguousarray(array), alpha, size, tuple(notes))


_ORIENTATION = 0x0112
# EXIF orientation → Pillow's Transpose (CIPA DC-008, tag 274).
_TURNED = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}


def _orientation(image: "Image") -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # damaged metadata of a picture that can be read
        return 1


def _eight_bits(image: "Image") -> Array:
    """The 16-bit values of a picture as 8 bits; a picture whose values fit in 8 bits is unchanged."""
    values: Any = np.asarray(image)
    values = values.astype(np.float64)
    if values.max(initial=0) > WHITE:
        values /= WHITE + 2  # 65535 / 255
    pixels: Array = np.clip(np.rint(values), 0, WHITE).astype(np.uint8)
    return pixels
