"""Safe reading of untrusted data files: size limits, decompression limits, and DataError for every failure."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib.resources.abc import Traversable
from typing import IO, cast

from nnlab.core.memory import available_bytes, readable_bytes
from nnlab.errors import DataError, reason_of
from nnlab.text import one_line

LARGEST = 4 << 30
"""Size limit of a data file in bytes, compressed or not."""

ALWAYS_FITS = 1 << 16
"""Below this many bytes the system is not asked for its memory, which takes longer than to read a small picture."""

MOST_PROBLEMS = 5
"""The number of problems reported at once."""

DEFLATE_RATIO = 1032
"""The maximum compression ratio of deflate: 258 bytes from two bits (RFC 1951, section 3.2.5)."""

UNCHECKED_SIZE = 8 << 20
MAX_RATIO = 100
"""The compression ratio allowed for data of more than ``UNCHECKED_SIZE`` bytes.

MNIST has a ratio of 5, zip bombs of 1,000; Apache POI's ZipSecureFile also allows 100.
"""

GZIP_MAGIC = b"\x1f\x8b"
CHUNK = 1 << 18


def file_name(path: Traversable) -> str:
    """A path for messages."""
    return one_line(str(path), limit=1000)


def error_text(error: Exception) -> str:
    """An exception of another library as one line."""
    return one_line(str(error) or type(error).__name__, limit=200)


def checksum(file: IO[bytes]) -> str:
    """The SHA-256 of a whole file, which is rewound."""
    digest = sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def check_fits(name: str, count: int) -> None:
    """Raise DataError when ``count`` bytes exceed ``LARGEST`` or the available memory."""
    if count <= ALWAYS_FITS:
        return
    most = min(LARGEST, available_bytes() or LARGEST)
    if count > most:
        raise DataError(f"{name}: expected at most {readable_bytes(most)}, found {readable_bytes(count)}")


def most_unpacked(size: int) -> int:
    """The maximum uncompressed size that is possible and allowed for ``size`` bytes of deflate data."""
    return min(size * DEFLATE_RATIO, max(UNCHECKED_SIZE, size * MAX_RATIO))


def check_unpacked(name: str, size: int, count: int, kind: str) -> None:
    """Raise DataError when ``size`` bytes of ``kind`` data cannot or must not decompress to ``count`` bytes."""
    if count > size * DEFLATE_RATIO:
        raise DataError(
            f"{name}: truncated: expected {count} bytes, found {size} bytes of {kind} data, "
            f"which decompress to at most {size * DEFLATE_RATIO}"
        )
    check_ratio(name, size, count)


def check_ratio(name: str, size: int, count: int) -> None:
    """Raise DataError when the compression ratio of ``count`` to ``size`` bytes is above ``MAX_RATIO``."""
    if count > max(UNCHECKED_SIZE, size * MAX_RATIO):
        raise DataError(
            f"{name}: {size} compressed bytes would decompress to {count}, a ratio above {MAX_RATIO}; "
            "if this is intended, store the data uncompressed"
        )


@contextmanager
def opened(path: Traversable) -> Iterator[tuple[IO[bytes], int]]:
    """Open a file; yields it with its size in bytes.

    Raises DataError when the file does not exist or is too large, and for read and decompression errors in the body.
    """
    name = file_name(path)
    try:
        if not path.is_file():
            raise DataError(f"{name}: {'is a folder, not a file' if path.is_dir() else 'no such file'}")
        with path.open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            check_fits(name, size)
            file.seek(0)
            yield file, size
    except MemoryError as error:
        raise DataError(f"{name}: does not fit into memory") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{name}: {reason_of(error)}") from error


def unpacked(file: IO[bytes]) -> tuple[IO[bytes], bool]:
    """The contents of a file, decompressed if gzipped, and whether it is gzipped."""
    packed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    file.seek(0)
    return (cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if packed else file), packed


class HashingReader:
    """Fills buffers from a stream, counting and hashing the bytes read.

    ``digest`` is the SHA-256 of everything read; assign a new one to hash a part.
    """

    def __init__(self, name: str, stream: IO[bytes]) -> None:
        self.name = name
        self.count = 0
        self.digest = sha256()
        self._stream = stream

    def fill(self, buffer: memoryview, expected: str) -> None:
        """Fill the whole buffer; raises DataError with the ``expected`` size when the stream ends early."""
        start = 0
        while start < len(buffer):
            chunk = self._read(min(CHUNK, len(buffer) - start), expected)
            if not chunk:
                raise DataError(f"{self.name}: truncated: expected {expected} bytes, found {self.count}")
            buffer[start : start + len(chunk)] = chunk
            start += len(chunk)

    def skip(self, count: int, expected: str) -> None:
        """Skip ``count`` bytes; raises DataError with the ``expected`` size when the stream ends early."""
        skipped = memoryview(bytearray(min(CHUNK, count)))
        for start in range(0, count, CHUNK):
            self.fill(skipped[: count - start], expected)

    def end(self, expected: str) -> None:
        """Raise DataError unless the stream ends here with a valid checksum."""
        if self._read(1, expected):
            raise DataError(f"{self.name}: too long: expected {expected} bytes, found more")

    def drain(self, most: int) -> None:
        """Read to the end, where gzip stores its checksum; raises DataError after more than ``most`` bytes."""
        while self.count <= most:
            if not self._read(CHUNK, f"at most {most}"):
                return
        raise DataError(f"{self.name}: too long: expected at most {most} bytes, found more")

    def _read(self, size: int, expected: str) -> bytes:
        try:
            chunk = self._stream.read(size)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DataError(
                f"{self.name}: damaged gzip data: expected {expected} bytes, found {self.count}: {error}"
            ) from error
        self.digest.update(chunk)
        self.count += len(chunk)
        return chunk
