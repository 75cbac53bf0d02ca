"""Streaming reader for selected members of a tar archive (ustar and pax, IEEE Std 1003.1), without writing to disk.

Python's tarfile allocates as much memory as the header of a long name claims. This reader skips such headers and all
other members that were not selected.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from nnlab.core.memory import readable_bytes
from nnlab.data.files.reading import HashingReader
from nnlab.errors import DataError
from nnlab.text import quote

BLOCK = 512
LARGEST_ARCHIVE = 1 << 30
"""Limit of the uncompressed size in bytes."""

_KINDS = {b"1": "a hard link", b"2": "a symbolic link", b"5": "a folder"}


@dataclass(frozen=True)
class Member:
    """A file in an archive, with the size given in its header."""

    name: str
    size: int


def members(reader: HashingReader, wanted: Collection[str], most: int | None = None) -> Iterator[Member]:
    """Yield each wanted member with the stream at its contents, which the caller must read before continuing.

    The limit is ``most`` bytes, at most ``LARGEST_ARCHIVE``. Raises DataError when the archive is damaged or too large,
    or when a wanted member is missing, duplicated or a link.
    """
    missing = dict.fromkeys(wanted)
    most = LARGEST_ARCHIVE if most is None else min(most, LARGEST_ARCHIVE)
    while header := _header(reader):
        name, size, kind = header
        if reader.count + size > most:
            limit = readable_bytes(most)
            raise DataError(
                f"{reader.name}: {quote(name)}: expected at most {limit} in the archive, found a file of {size} bytes"
            )
        end = reader.count + -(-size // BLOCK) * BLOCK
        if name in wanted:
            if kind not in (b"0", b"\0"):
                raise DataError(f"{reader.name}: {name}: expected a file, found {_KINDS.get(kind, 'something else')}")
            if name not in missing:
                raise DataError(f"{reader.name}: {name}: expected one such file, found two")
            del missing[name]
            yield Member(name, size)
        reader.skip(end - reader.count, f"at least {end}")
    if missing:
        raise DataError(f"{reader.name}: expected {', '.join(wanted)}; missing {', '.join(missing)}")
    reader.drain(most)


def first_folder(reader: HashingReader, folders: Collection[str], most: int) -> str | None:
    """The folder of the first member that is in one of ``folders``, or None.

    Reads at most ``most`` bytes. Raises DataError when these are damaged.
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
        raise DataError(f"{reader.name}: expected a tar header at byte {start}, found other data")
    name = _text(block[:100])
    if block[257:263] == b"ustar\0" and block[345]:
        name = f"{_text(block[345:500])}/{name}"
    return name.removeprefix("./").rstrip("/"), size, bytes(block[156:157])


def _octal(field: bytearray) -> int | None:
    digits = field.rstrip(b"\0 ").lstrip(b" ")
    return int(digits, 8) if digits and not digits.strip(b"01234567") else None


def _text(field: bytearray) -> str:
    return field.partition(b"\0")[0].decode("ascii", errors="backslashreplace")
