"""Chosen files out of a tar archive (ustar and pax, IEEE Std 1003.1) as it streams by; nothing is written to disk.

Python's tarfile takes as much memory as the header of a long name claims. Here such headers are passed over like
everything else that was not asked for.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from nnlab.core.memory import readable_bytes
from nnlab.data.files.reading import HashingReader
from nnlab.errors import DataError
from nnlab.text import quote

BLOCK = 512
LARGEST_ARCHIVE = 1 << 30
"""The most bytes that an archive may unpack to."""

_KINDS = {b"1": "a hard link", b"2": "a symbolic link", b"5": "a folder"}


@dataclass(frozen=True)
class Member:
    """A file in an archive; its ``size`` is what the archive's header claims."""

    name: str
    size: int


def members(reader: HashingReader, wanted: Collection[str], most: int | None = None) -> Iterator[Member]:
    """Each wanted file as soon as the stream stands at its contents, which are to be read before going on.

    The archive may have ``most`` bytes, and ``LARGEST_ARCHIVE`` in any case. Raises DataError when it is damaged or too
    large, lacks a wanted file, or has one twice or as a link.
    """
    missing = dict.fromkeys(wanted)
    most = LARGEST_ARCHIVE if most is None else min(most, LARGEST_ARCHIVE)
    while header := _header(reader):
        name, size, kind = header
        if reader.count + size > most:
            limit = readable_bytes(most)
            raise DataError(
                f"{reader.name}: {quote(name)}: expected at most {limit} in the archive, found {size} bytes"
            )
        end = reader.count + -(-size // BLOCK) * BLOCK
        if name in wanted:
            if kind not in (b"0", b"\0"):
                raise DataError(f"{reader.name}: {name}: expected a file, found {_KINDS.get(kind, 'something else')}")
            if name not in missing:
                raise DataError(f"{reader.name}: {name}: expected it once, found it twice")
            del missing[name]
            yield Member(name, size)
        reader.skip(end - reader.count, f"at least {end}")
    if missing:
        raise DataError(f"{reader.name}: expected {', '.join(wanted)}; found no {', '.join(missing)}")
    reader.drain(most)


def first_folder(reader: HashingReader, folders: Collection[str], most: int) -> str | None:
    """Which of the folders the archive's first member is in, of those that are in any; None where none is.

    At most ``most`` bytes are read. Raises DataError when the archive is damaged up to there.
    """
    while header := _header(reader):
        name, size, _ = header
        if (folder := name.partition("/")[0]) in folders:
            return folder
        end = reader.count + -(-size // BLOCK) * BLOCK
        if end > min(most, LARGEST_ARCHIVE):
            break
        reader.skip(end - reader.count, f"at least {end}")
    return None


def _header(reader: HashingReader) -> tuple[str, int, bytes] | None:
    """Name, size and kind of the next member; None at the end of the archive."""
    block = bytearray(BLOCK)
    reader.fill(memoryview(block), f"at least {reader.count + BLOCK}")
    if not any(block):
        return None
    size, checksum = _octal(block[124:136]), _octal(block[148:156])
    if size is None or checksum != sum(block[:148]) + 8 * ord(" ") + sum(block[156:]):
        start = reader.count - BLOCK
        raise DataError(f"{reader.name}: expected the header of a file in a tar archive at byte {start}, found no such")
    name = _text(block[:100])
    if block[257:263] == b"ustar\0" and block[345]:
        name = f"{_text(block[345:500])}/{name}"
    return name.removeprefix("./").rstrip("/"), size, bytes(block[156:157])


def _octal(field: bytearray) -> int | None:
    digits = field.rstrip(b"\0 ").lstrip(b" ")
    return int(digits, 8) if digits and not digits.strip(b"01234567") else None


def _text(field: bytearray) -> str:
    return field.partition(b"\0")[0].decode("ascii", errors="backslashreplace")
