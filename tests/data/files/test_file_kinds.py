import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nnlab.data.sources.table import Table
from nnlab.errors import DataError

ROWS = b"a,b,kind\n" + b"1,2,x\n2,1,y\n" * 10


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "1,2,x\n")
    return file.getvalue()


def tarred() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo("a.csv")
        member.size = len(ROWS)
        archive.addfile(member, io.BytesIO(ROWS))
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "contents", "message"),
    [
        ("book.xlsx", zipped("[Content_Types].xml", "xl/workbook.xml"), r"an Excel file \(.xlsx\): save the sheet as"),
        (
            "renamed.csv",
            zipped("xl/workbook.xml", "[Content_Types].xml"),
            r"an Excel file \(.xlsx\): save the sheet as",
        ),
        ("odd.xlsx", zipped("sheet.bin"), r"an Excel file \(.xlsx\)"),
        ("sheet.ods", zipped("mimetype", "content.xml"), r"an OpenDocument file \(.ods\): save the sheet as"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), r"an Excel file \(.xls\): save the sheet as"),
        ("page.xls", b"<html><table><tr><td>1</td></tr></table></html>", r"a web page \(HTML\): download the file"),
        ("page.csv", b"\n\n<!DOCTYPE html>\n<html lang=en>", r"a web page \(HTML\)"),
        ("sheet.xml", b"<?xml version='1.0'?>\n<Workbook/>", "an XML file"),
        ("a.zip", zipped("iris.csv"), "a zip archive: unpack it"),
        ("a.tar", tarred(), "a tar archive: unpack it"),
        ("a.tar.gz", gzip.compress(tarred()), "a tar archive: unpack it"),
        ("a.csv.bz2", b"BZh91AY&SY", "bzip2 data: unpack it"),
        ("a.csv.xz", b"\xfd7zXZ\0\0", "xz data: unpack it"),
        ("a.parquet", b"PAR1\x15\x04", "a Parquet file: convert it"),
        ("a.pkl", b"\x80\x04\x95\x10", "a pickle, which is never loaded"),
        ("a.json", b'[{"a": 1, "kind": "x"}]', "JSON: convert it"),
        ("a.arff", b"@RELATION iris\n@ATTRIBUTE a REAL\n", "an ARFF file"),
        ("a.csv", b"version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer"),
    ],
)
def test_unsupported_format_is_named(tmp_path: Path, name: str, contents: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(contents)
    with pytest.raises(DataError, match=message) as caught:
        Table(path=str(path)).load(np.random.RandomState(0))
    assert str(caught.value).startswith(f"{path}: expected a CSV or .npz file, found ")
    assert "\n" not in str(caught.value)


def test_gzipped_files_are_read_by_content(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(ROWS)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(ROWS, mtime=0))
    plain, packed = (Table(path=str(tmp_path / name)).load(np.random.RandomState(0)) for name in ("a.csv", "a.csv.gz"))
    np.testing.assert_array_equal(plain.train.inputs, packed.train.inputs)
    assert list(plain.checksums.values()) == list(packed.checksums.values())


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (gzip.compress(b"a,kind\n" + b"1,x\n" * 4_000_000, mtime=0), "a ratio above 100"),
        (gzip.compress(ROWS, mtime=0)[:-20], "Compressed file ended"),
        (gzip.compress(ROWS, mtime=0)[:-8] + bytes(8), "CRC check failed"),
    ],
)
def test_damaged_or_malicious_gzip(tmp_path: Path, contents: bytes, message: str) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(contents)
    with pytest.raises(DataError, match=message):
        Table(path=str(path)).load(np.random.RandomState(0))
