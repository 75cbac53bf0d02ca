"""Streaming tar reader: archives written by tarfile, and forged headers."""

import io
import tarfile
import tracemalloc

import pytest

from nnlab.data.files import tar
from nnlab.data.files.reading import HashingReader
from nnlab.data.files.tar import BLOCK, members
from nnlab.errors import DataError

FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]
WANTED = ("folder/a.bin", "folder/b.bin")
CONTENTS = {
    "folder/readme.html": b"<html>",
    "folder/b.bin": bytes(range(256)) * 5,
    "x" * 150 + "/long": b"long names have headers of their own",
    "folder/ü": b"",
    "folder/a.bin": b"a" * BLOCK,
    "../folder/a.bin": b"outside",
    "other/a.bin": b"elsewhere",
}


def archive(contents: dict[str, bytes], *more: tarfile.TarInfo, form: int = tarfile.PAX_FORMAT) -> bytes:
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w", format=form) as file:
        file.addfile(entry("folder", tarfile.DIRTYPE))
        for name, content in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
        for info in more:
            file.addfile(info, io.BytesIO(bytes(info.size)))
    return memory.getvalue()


def entry(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def read(data: bytes, wanted: tuple[str, ...] = WANTED) -> dict[str, bytes]:
    found = {}
    reader = HashingReader("the.tar", io.BytesIO(data))
    for member in members(reader, wanted):
        content = bytearray(member.size)
        reader.fill(memoryview(content), "all")
        found[member.name] = bytes(content)
    assert reader.count == len(data)
    return found


def message(data: bytes) -> str:
    with pytest.raises(DataError) as caught:
        read(data)
    assert str(caught.value).startswith("the.tar: ")
    return str(caught.value)


@pytest.mark.parametrize("form", FORMATS)
def test_selected_members_in_archive_order(form: int) -> None:
    found = read(archive(CONTENTS, form=form))
    assert list(found) == ["folder/b.bin", "folder/a.bin"]
    assert found == {name: CONTENTS[name] for name in found}


def test_member_names_with_dot_and_prefix_field() -> None:
    deep = "d" * 120 + "/a.bin"
    data = archive({"./folder/a.bin": b"a", "folder/b.bin": b"b", deep: b"c"}, form=tarfile.USTAR_FORMAT)
    assert read(data, (*WANTED, deep)) == {"folder/a.bin": b"a", "folder/b.bin": b"b", deep: b"c"}


def test_unread_contents_are_skipped() -> None:
    reader = HashingReader("the.tar", io.BytesIO(archive(CONTENTS)))
    assert [member.size for member in members(reader, WANTED)] == [1280, 512]


def test_missing_member_is_named() -> None:
    assert message(archive({"folder/b.bin": b""})) == (
        "the.tar: expected folder/a.bin, folder/b.bin; missing folder/a.bin"
    )


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        (tarfile.SYMTYPE, "a symbolic link"),
        (tarfile.LNKTYPE, "a hard link"),
        (tarfile.DIRTYPE, "a folder"),
        (tarfile.FIFOTYPE, "something else"),
    ],
)
def test_links_are_rejected(kind: bytes, found: str) -> None:
    data = archive({"folder/b.bin": b""}, entry("folder/a.bin", kind, "/etc/passwd"))
    assert message(data) == f"the.tar: folder/a.bin: expected a file, found {found}"


def test_duplicate_member_is_rejected() -> None:
    data = archive({"folder/a.bin": b"1", "folder/b.bin": b"2", "./folder/a.bin": b"3"})
    assert message(data) == "the.tar: folder/a.bin: expected one such file, found two"


@pytest.mark.parametrize("length", [*range(0, 1500, 97), 2047, 2560, 3583, 4000])
def test_truncated_archives_are_rejected(length: int) -> None:
    data = archive({"folder/a.bin": b"a" * 600, "folder/b.bin": b"b" * 600}, form=tarfile.USTAR_FORMAT)
    assert "truncated: expected" in message(data[:length])


@pytest.mark.parametrize("at", [0, 100, 124, 148, 156, 257])
def test_damaged_header_is_detected(at: int) -> None:
    data = bytearray(archive(CONTENTS))
    data[BLOCK + at] ^= 0x41
    assert "expected a tar header at byte 512" in message(bytes(data))


def with_size(data: bytes, size: bytes) -> bytes:
    """The archive whose second header claims another size, with the checksum put right."""
    changed = bytearray(data)
    header = memoryview(changed)[BLOCK : 2 * BLOCK]
    header[124:136] = size.ljust(12, b"\0")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(changed)


@pytest.mark.parametrize("size", [b"-0000000001", b"0o17", b"1_0", b"\x80\0\0\0\0\0\0\0\0\0\0\1", b"", b"9"])
def test_non_octal_size_is_rejected(size: bytes) -> None:
    assert "expected a tar header" in message(
        with_size(archive({"folder/a.bin": b"1"}, form=tarfile.USTAR_FORMAT), size)
    )


@pytest.mark.parametrize("name", ["folder/a.bin", "folder/other"])
def test_huge_size_in_header_allocates_no_memory(name: str) -> None:
    data = with_size(archive({name: b"1"}, form=tarfile.USTAR_FORMAT), b"77777777777")
    tracemalloc.start()
    try:
        assert f"'{name}': expected at most 1.0 GiB in the archive, found a file of 8589934591 bytes" in message(data)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_long_name_header_allocates_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar, "LARGEST_ARCHIVE", 60_000_000)
    name = entry("././@LongLink", tarfile.GNUTYPE_LONGNAME)
    name.size = 50_000_000
    data = archive({"folder/a.bin": b"1", "folder/b.bin": b"2"}, name, form=tarfile.USTAR_FORMAT)
    tracemalloc.start()
    try:
        assert len(read(data)) == 2
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_data_after_end_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    data = archive({"folder/a.bin": b"1", "folder/b.bin": b"2"})
    monkeypatch.setattr(tar, "LARGEST_ARCHIVE", 100_000)
    assert len(read(data + bytes(50_000))) == 2
    assert "too long: expected at most 100000 bytes" in message(data + bytes(500_000))
