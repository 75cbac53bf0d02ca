"""YAML files as text: encoding, size, files that cannot be read, positions in messages."""

from pathlib import Path

import pytest

from nnlab.config.yaml_reader import MAX_BYTES, read_yaml
from nnlab.errors import SpecError, UsageError


def test_read_file(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: é\nb: 1\n", encoding="utf-8")
    tree = read_yaml(path)
    assert tree.value == {"a": "é", "b": 1}
    assert str(tree.position(("b",))) == f"{path}:2:1"


def test_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    tree = read_yaml(path)
    assert tree.value == {"a": 1}
    assert str(tree.position(("a",))) == f"{path}:1:1"


@pytest.mark.parametrize(
    ("raw", "position"),
    [
        (b"a: 1\nb: \xff\n", ":2:4"),
        (b"\xef\xbb\xbfa: \xff", ":1:4"),
        ("é: é\n".encode() + b"ab\xc3", ":2:3"),
        ("a: é".encode("latin-1"), ":1:4"),
    ],
)
def test_file_that_is_not_utf_8(tmp_path: Path, raw: bytes, position: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(raw)
    with pytest.raises(SpecError) as caught:
        read_yaml(path)
    assert str(caught.value) == f"{path}{position}: not UTF-8 text; save it as UTF-8"


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 10_000_000])
def test_file_that_is_too_large(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"#" * size)
    with pytest.raises(UsageError) as caught:
        read_yaml(path)
    assert str(caught.value) == f"{path}: is larger than the limit of 128 KiB"


def test_largest_file(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"#" * (MAX_BYTES - 5) + b"\na: 1")
    assert read_yaml(path).value == {"a": 1}


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_yaml(tmp_path / "a.yaml")
    assert str(caught.value) == f"{tmp_path / 'a.yaml'}: No such file or directory"


def test_folder_instead_of_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_yaml(tmp_path)
    assert str(caught.value) == f"{tmp_path}: Is a directory"


@pytest.mark.parametrize("names", [("spec.yaml",), ("sweep.yaml", "best.yaml")])
def test_folder_of_a_run_or_sweep_names_the_spec_in_it(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(UsageError) as caught:
        read_yaml(tmp_path)
    assert str(caught.value).endswith(f"; it is a folder, and the spec in it is {tmp_path / names[-1]}")


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UsageError, match=r"secret\.yaml: Permission denied$"):
        read_yaml(tmp_path / "secret.yaml")


def test_path_with_null_byte() -> None:
    with pytest.raises(UsageError, match=r"^a\\x00b: embedded null byte$"):
        read_yaml(Path("a\0b"))


def test_path_in_messages_is_escaped(tmp_path: Path) -> None:
    path = tmp_path / "\x1b[31m\n.yaml"
    path.write_text("a: *x", encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        read_yaml(path)
    assert str(caught.value).startswith(f"{tmp_path}/\\x1b[31m\\n.yaml:1:4: a: aliases")


def test_line_numbers_with_crlf(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: 1\r\n\r\nb: *x\r\n")
    with pytest.raises(SpecError) as caught:
        read_yaml(path)
    assert str(caught.value).startswith(f"{path}:3:4: b: ")
