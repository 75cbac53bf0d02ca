"""What all readers of data files share: bounds on sizes, and one kind of error for whatever goes wrong."""

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib.resources.abc import Traversable
from typing import IO

from nnlab.core.memory import available_bytes, readable_bytes
from nnlab.errors import DataError, one_line

LARGEST = 4 << 30
"""The most bytes that a data file may hold, packed or unpacked."""

MOST_PROBLEMS = 5
"""How many faults of one kind are reported at once."""

DEFLATE_RATIO = 1032
"""The most bytes that one byte of deflate data unpacks to: 258 from two bits (RFC 1951, section 3.2.5)."""


def file_name(path: Traversable) -> str:
    """The path as it stands in messages."""
    return one_line(str(path), limit=1000)


def checksum(file: IO[bytes]) -> str:
    """The SHA-256 of the whole file, which is left at its start again."""
    digest = sha256()
    while chunk := file.read(1 << 18):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def check_fits(name: str, count: int) -> None:
    """Raise DataError when ``count`` bytes are more than ``LARGEST`` or than the memory there is."""
    most = min(LARGEST, available_bytes() or LARGEST)
    if count > most:
        raise DataError(f"{name}: expected at most {readable_bytes(most)}, found {readable_bytes(count)}")


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
    except OSError as error:
        raise DataError(f"{name}: {error.strerror or error}") from error
    except (EOFError, zlib.error) as error:
        raise DataError(f"{name}: {error}") from error
