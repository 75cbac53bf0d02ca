import gzip
from hashlib import sha256
from pathlib import Path

import pytest

from nnlab.data.files import text_file
from nnlab.data.files.text_file import read_text
from nnlab.errors import DataError


@pytest.mark.parametrize(
    ("contents", "codec", "expected"),
    [
        (b"one\r\ntwo\rthree\n", None, "one\ntwo\nthree\n"),
        ("春\n".encode(), None, "春\n"),
        ("春".encode("utf-8-sig"), None, "春"),
        ("春".encode("utf-16"), None, "春"),
        ("春".encode("cp932"), "cp932", "春"),
        (gzip.compress(b"packed", mtime=0), None, "packed"),
        (b"", None, ""),
    ],
)
def test_texts_are_read(tmp_path: Path, contents: bytes, codec: str | None, expected: str) -> None:
    (tmp_path / "a.txt").write_bytes(contents)
    plain = gzip.decompress(contents) if contents.startswith(b"\x1f\x8b") else contents
    assert read_text(tmp_path / "a.txt", codec) == (expected, sha256(plain).hexdigest())


@pytest.mark.parametrize(
    ("contents", "codec", "message"),
    [
        (b"a\nb\n\xff\xfeq", None, r"a\.txt:3: expected UTF-8 text, found other bytes: save it as UTF-8, or set data"),
        (b"\x89PNG\r\n\x1a\n\0\0", None, r"a\.txt:3: expected text, found a NUL character"),
        (b"odd", "utf-16-le", r"a\.txt:1: expected utf-16-le text, found other bytes"),
        (gzip.compress(b"damaged", mtime=0)[:-9], None, r"a\.txt: "),
        (gzip.compress(bytes(20 << 20), mtime=0), None, r"a\.txt: .* a ratio above 100"),
    ],
)
def test_what_is_no_text_is_rejected(tmp_path: Path, contents: bytes, codec: str | None, message: str) -> None:
    (tmp_path / "a.txt").write_bytes(contents)
    with pytest.raises(DataError, match=message):
        read_text(tmp_path / "a.txt", codec)


def test_folders_missing_and_large_files_are_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="is a folder, not a file"):
        read_text(tmp_path)
    with pytest.raises(DataError, match="no such file"):
        read_text(tmp_path / "none.txt")
    monkeypatch.setattr(text_file, "MOST_BYTES", 10)
    (tmp_path / "a.txt").write_bytes(b"12345678901")
    with pytest.raises(DataError, match="of text, found more; use a part of it"):
        read_text(tmp_path / "a.txt")
