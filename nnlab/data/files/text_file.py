"""Text files of any length, decoded as a whole."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from hashlib import sha256
from importlib.resources.abc import Traversable

from nnlab.core.memory import readable_bytes
from nnlab.data.files.reading import check_ratio, file_name, opened, unpacked
from nnlab.errors import DataError

MOST_BYTES = 256 << 20
"""The largest text, uncompressed: its characters take about ten times the memory."""


def read_text(path: Traversable, codec: str | None = None) -> tuple[str, str]:
    """The text of a file, gzipped or not, with a newline at the end of each line, and the SHA-256 of its contents.

    Without a ``codec``: UTF-8, or UTF-16 with a byte order mark.
    Raises DataError where it is missing, too large, binary, or in another encoding.
    """
    name = file_name(path)
    with opened(path) as (file, size):
        stream, packed = unpacked(file)
        contents = stream.read(MOST_BYTES + 1)
        if packed:
            check_ratio(name, size, len(contents))
    if len(contents) > MOST_BYTES:
        raise DataError(f"{name}: expected at most {readable_bytes(MOST_BYTES)} of text, found more; use a part of it")
    if codec is None:
        codec = "utf-16" if contents.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
    return _decoded(contents, codec, name), sha256(contents).hexdigest()


def _decoded(contents: bytes, codec: str, name: str) -> str:
    if b"\0" in contents and not codec.startswith("utf-16"):
        line = contents.count(b"\n", 0, contents.index(b"\0")) + 1
        raise DataError(f"{name}:{line}: expected text, found a NUL character: the file is not text, or is UTF-16")
    try:
        text = contents.decode(codec)
    except UnicodeError as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        line = contents.count(b"\n", 0, start) + 1
        expected = "UTF-8" if codec == "utf-8-sig" else codec
        raise DataError(
            f"{name}:{line}: expected {expected} text, found other bytes: save it as UTF-8, or set data.encoding"
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
