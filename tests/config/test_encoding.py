"""Encodings of spec files."""

from pathlib import Path

import pytest

from nnlab.config.yaml_reader import read_yaml
from nnlab.errors import SpecError

JAPANESE = "# \u5b66\u7fd2\u7387\u3092\u5909\u3048\u308b\r\nlr: 0.1\r\n"  # "change the learning rate"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_utf_8_and_utf_16_with_byte_order_mark(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(JAPANESE.encode(encoding))
    tree = read_yaml(path)
    assert tree.value == {"lr": 0.1}
    assert str(tree.position(("lr",))) == f"{path}:2:1"


def test_big_endian_utf_16(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xfe\xff" + "a: é".encode("utf-16-be"))
    assert read_yaml(path).value == {"a": "é"}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (JAPANESE.encode("cp932"), ":1:3: not UTF-8 text but Shift_JIS (cp932); save it as UTF-8"),
        (("a: 1\r\n" + JAPANESE).encode("cp932"), ":2:3: not UTF-8 text but Shift_JIS (cp932); save it as UTF-8"),
        (JAPANESE.encode("euc_jp"), ":1:3: not UTF-8 text but EUC-JP; save it as UTF-8"),
        ("a: 1\n".encode("utf-16-le"), ":1:1: not UTF-8 text but UTF-16 (little-endian) without a byte order mark; "
         "save it as UTF-8"),
        ("a: é\n".encode("utf-16-be"), ":1:1: not UTF-8 text but UTF-16 (big-endian) without a byte order mark; "
         "save it as UTF-8"),
        (b"\xff\xfea\0:", ":1:3: damaged UTF-16 text; save it as UTF-8"),
        ("a: 1".encode("utf-32"), ":1:1: UTF-32 text; save it as UTF-8"),
        (b"a: \xff", ":1:4: not UTF-8 text; save it as UTF-8"),
    ],
)  # fmt: skip
def test_error_names_other_encodings(tmp_path: Path, raw: bytes, message: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(raw)
    with pytest.raises(SpecError) as caught:
        read_yaml(path)
    assert str(caught.value) == f"{path}{message}"
