"""Unsupported file formats, detected by magic bytes or name, with advice for each."""

from typing import NamedTuple

from nnlab.errors import DataError

HEAD = 512
"""Number of bytes needed to detect the format."""

_SAVE_AS_CSV = 'save the sheet as "CSV UTF-8" in Excel or LibreOffice and name that file'
_CONVERT = "convert it to CSV or .npz"
_UNPACK = "unpack it and name the CSV inside"


class ForeignFormat(NamedTuple):
    """A file format and the advice for the user."""

    what: str
    remedy: str


_MAGIC: tuple[tuple[bytes, ForeignFormat], ...] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ForeignFormat("an Excel file (.xls)", _SAVE_AS_CSV)),
    (b"\x09\x08\x10\x00", ForeignFormat("an Excel file (.xls)", _SAVE_AS_CSV)),
    (b"PAR1", ForeignFormat("a Parquet file", _CONVERT)),
    (b"ARROW1", ForeignFormat("an Arrow file", _CONVERT)),
    (b"\x89HDF\r\n\x1a\n", ForeignFormat("an HDF5 file", _CONVERT)),
    (b"SQLite format 3\0", ForeignFormat("an SQLite database", _CONVERT)),
    (b"MATLAB 5.0 MAT-file", ForeignFormat("a MATLAB file", _CONVERT)),
    (b"\x80\x02", ForeignFormat("a pickle, which is never loaded since it can run commands", _CONVERT)),
    (b"\x80\x03", ForeignFormat("a pickle, which is never loaded since it can run commands", _CONVERT)),
    (b"\x80\x04", ForeignFormat("a pickle, which is never loaded since it can run commands", _CONVERT)),
    (b"\x80\x05", ForeignFormat("a pickle, which is never loaded since it can run commands", _CONVERT)),
    (b"BZh", ForeignFormat("bzip2 data", _UNPACK)),
    (b"\xfd7zXZ\0", ForeignFormat("xz data", _UNPACK)),
    (b"\x28\xb5\x2f\xfd", ForeignFormat("Zstandard data", _UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", ForeignFormat("a 7-Zip archive", _UNPACK)),
    (b"Rar!\x1a\x07", ForeignFormat("a RAR archive", _UNPACK)),
    (b"%PDF-", ForeignFormat("a PDF", _CONVERT)),
    (b"\x89PNG\r\n\x1a\n", ForeignFormat("a PNG picture", "collect the pictures in an .npz")),
    (b"\xff\xd8\xff", ForeignFormat("a JPEG picture", "collect the pictures in an .npz")),
)
_TEXT_MAGIC: tuple[tuple[bytes, ForeignFormat], ...] = (
    (b"<!doctype html", ForeignFormat("a web page (HTML)", "download the file itself, not its web page")),
    (b"<html", ForeignFormat("a web page (HTML)", "download the file itself, or save the sheet as CSV")),
    (b"<table", ForeignFormat("a web page (HTML)", _SAVE_AS_CSV)),
    (b"<?xml", ForeignFormat("an XML file", _SAVE_AS_CSV)),
    (b"{", ForeignFormat("JSON", _CONVERT)),
    (b"[{", ForeignFormat("JSON", _CONVERT)),
    (b"[[", ForeignFormat("JSON", _CONVERT)),
    (b"@relation", ForeignFormat("an ARFF file", "remove everything up to @data, and read it with header: false")),
    (b"version https://git-lfs", ForeignFormat("a Git LFS pointer", "fetch the file itself with git lfs pull")),
)
_EXCEL_SUFFIXES = (".xlsx", ".xlsm", ".xlsb")


def other_kind(head: bytes, name: str) -> ForeignFormat | None:
    """The format of a file that is not a text table, from its first ``HEAD`` bytes and its name, or None."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[257:262] == b"ustar":
        return ForeignFormat("a tar archive", _UNPACK)
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(head, name)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((kind for magic, kind in _TEXT_MAGIC if start.startswith(magic)), None)


def _zip_kind(head: bytes, name: str) -> ForeignFormat | None:
    """The format of a zip file by the name of its first member; None for arrays."""
    first = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    if first.startswith((b"[Content_Types].xml", b"xl/", b"_rels/", b"docProps/")) or name.endswith(_EXCEL_SUFFIXES):
        return ForeignFormat("an Excel file (.xlsx)", _SAVE_AS_CSV)
    if first == b"mimetype":
        return ForeignFormat("an OpenDocument file (.ods)", _SAVE_AS_CSV)
    return ForeignFormat("a zip archive", _UNPACK) if first.endswith((b".csv", b".tsv", b".txt", b".data")) else None


def refuse_other_kind(head: bytes, name: str) -> None:
    """Raise DataError with format and advice for a file that is not a text table."""
    kind = other_kind(head, name.lower())
    if kind:
        raise DataError(f"{name}: expected a CSV or .npz file, found {kind.what}: {kind.remedy}")
