"""Whole files, files that grow, and what is left when an operation fails."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnlab.records import disk
from nnlab.records.disk import GrowingFile, atomic_write, remove_temporaries, start_sha256


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    for contents in (b"one", b"", b"x" * 1_000_000):
        atomic_write(path, contents)
        assert path.read_bytes() == contents
    assert [file.name for file in tmp_path.iterdir()] == ["summary.json"]


def test_it_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def attempt(operation: Callable[..., Any], *arguments: Any) -> Any:
        done.append(operation.__name__)
        return operation(*arguments)

    monkeypatch.setattr(disk, "attempt", attempt)
    atomic_write(tmp_path / "a", b"x")
    assert done == ["open", "write", "fsync", "close", "replace", "open", "fsync", "close"]


@pytest.mark.parametrize("number", range(1, 6))
def test_when_an_operation_fails_the_old_file_is_there_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    count = 0

    def attempt(operation: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal count
        count += 1
        if count == number:
            raise OSError(28, "No space left on device")
        return operation(*arguments)

    monkeypatch.setattr(disk, "attempt", attempt)
    with pytest.raises(OSError, match="No space left"):
        atomic_write(path, b"new")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("a", b"old")]


def test_every_byte_is_written_though_the_system_takes_few_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def attempt(operation: Callable[..., Any], *arguments: Any) -> Any:
        if operation is os.write:
            return os.write(arguments[0], arguments[1][:3])
        return operation(*arguments)

    monkeypatch.setattr(disk, "attempt", attempt)
    atomic_write(tmp_path / "a", b"0123456789")
    assert (tmp_path / "a").read_bytes() == b"0123456789"


def test_a_file_that_grows_knows_its_size_and_hash_and_can_be_cut_back(tmp_path: Path) -> None:
    path = tmp_path / "steps.csv"
    file = GrowingFile(path)
    file.write("step,λ\n")
    file.write("1,2\n")
    file.sync()
    size, sha256 = file.size, file.sha256()
    assert (size, sha256) == (12, hashlib.sha256("step,λ\n1,2\n".encode()).hexdigest())
    file.write("2,torn")
    file.close()
    file.close()
    assert start_sha256(path, size) == sha256
    again = GrowingFile(path, kept=size)
    again.write("2,3\n")
    again.close()
    assert path.read_text(encoding="utf-8") == "step,λ\n1,2\n2,3\n"
    assert again.sha256() == hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(OSError, match=r"steps.csv has only 16 of the 17 bytes"):
        start_sha256(path, 17)


def test_left_overs_are_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in (".a.12ab.tmp", "a.tmp", ".hidden", "a"):
        (tmp_path / name).write_bytes(b"")
    remove_temporaries(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hidden", "a", "a.tmp"]


def test_a_temporary_file_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    monkeypatch.setattr("secrets.token_hex", lambda count: "0a1b2c3d")
    (tmp_path / ".a.0a1b2c3d.tmp").symlink_to(precious)
    with pytest.raises(FileExistsError):
        atomic_write(tmp_path / "a", b"x")
    assert precious.read_bytes() == b"precious"
