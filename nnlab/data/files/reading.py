"""What all readers of data files share: bounds on sizes, and one kind of error for whatever goes wrong."""

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
"""The most bytes that a data file may hold, packed or unpacked."""

MOST_PROBLEMS = 5
"""How many faults of one kind are reported at once."""

DEFLATE_RATIO = 1032
"""The most bytes that one byte of deflate data unpacks to: 258 from two bits (RFC 1951, section 3.2.5)."""

PLENTY = 8 << 20
MOST_TIMES = 100
"""Packed data that unpacks to more than ``PLENTY`` bytes may grow to so many times its size.

Images unpack to 5 times theirs (MNIST), bombs to 1,000 times; Apache POI's ZipSecureFile draws the line at 100 too.
"""

GZIP_MAGIC = b"\x1f\x8b"
CHUNK = 1 << 18


def file_name(path: Traversable) -> str:
    """The path as it stands in messages."""
    return one_line(str(path), limit=1000)


def checksum(file: IO[bytes]) -> str:
    """The SHA-256 of the whole file, which is left at its start again."""
    digest = sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def check_fits(name: str, count: int) -> None:
    """Raise DataError when ``count`` bytes are more than ``LARGEST`` or than the memory there is."""
    most = min(LARGEST, available_bytes() or LARGEST)
    if count > most:
        raise DataError(f"{name}: expected at most {readable_bytes(most)}, found {readable_bytes(count)}")


def most_unpacked(size: int) -> int:
    """How many bytes so many bytes of deflate data can, and may, unpack to."""
    return min(size * DEFLATE_RATIO, max(PLENTY, size * MOST_TIMES))


def check_unpacked(name: str, size: int, count: int, kind: str) -> None:
    """Raise DataError when so many bytes of ``kind`` data cannot or may not unpack to ``count`` bytes."""
    if count > size * DEFLATE_RATIO:
        raise DataError(
            f"{name}: truncated: expected {count} bytes, found {size} bytes of {kind} data, "
            f"which hold at most {size * DEFLATE_RATIO}"
        )
    check_growth(name, size, count)


def check_growth(name: str, size: int, count: int) -> None:
    """Raise DataError when so many packed bytes may not become ``count`` bytes."""
    if count > max(PLENTY, size * MOST_TIMES):
        raise DataError(
            f"{name}: {size} packed bytes would become {count}, more than {MOST_TIMES} times as many; "
            "if that is meant, store them unpacked"
        )


@contextmanager
def opened(path: Traversable) -> Iterator[tuple[IO[bytes], int]]:
    """The open file and its size in bytes.

    Raises DataError when there is no such file, when it is too large, and in place of every error of
    reading or unpacking it that the body lets through.
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
    """The file's contents from its start, unpacked where they are gzip data; and whether they are."""
    packed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    file.seek(0)
    return (cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if packed else file), packed


class HashingReader:
    """Fills buffers from a plain or unpacked stream, and hashes and counts what it reads.

    ``digest`` is the SHA-256 of everything read; whoever wants that of a part puts a new one in its place.
    """

    def __init__(self, name: str, stream: IO[bytes]) -> None:
        self.name = name
        self.count = 0
        self.digest = sha256()
        self._stream = stream

    def fill(self, buffer: memoryview, expected: str) -> None:
        """Fill all of the buffer, or raise DataError that names the ``expected`` size."""
        start = 0
        while start < len(buffer):
            chunk = self._read(min(CHUNK, len(buffer) - start), expected)
            if not chunk:
                raise DataError(f"{self.name}: truncated: expected {expected} bytes, found {self.count}")
            buffer[start : start + len(chunk)] = chunk
            start += len(chunk)

    def skip(self, count: int, expected: str) -> None:
        """Pass over so many bytes, or raise DataError that names the ``expected`` size."""
        passed = memoryview(bytearray(min(CHUNK, count)))
        for start in range(0, count, CHUNK):
            self.fill(passed[: count - start], expected)

    def end(self, expected: str) -> None:
        """Raise DataError when the stream goes on, or when its checksum is wrong."""
        if self._read(1, expected):
            raise DataError(f"{self.name}: too long: expected {expected} bytes, found more")

    def drain(self, most: int) -> None:
        """Read to the end, where gzip data has its checksum, or raise DataError after more than ``most`` bytes."""
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
