"""Atomic writes, and the state of the disk after a failed operation."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nnlab.errors import RunError
from nnlab.storage import disk, file_system
from nnlab.storage.disk import atomic_write, remove_temporaries
from nnlab.storage.file_system import NO_FSYNC, NOT_SUPPORTED, take_unsupported
from nnlab.storage.growing_file import GrowingFile

Operation = Callable[..., Any]


def test_atomic_write_replaces_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    for contents in (b"one", b"", b"x" * 1_000_000):
        atomic_write(path, contents)
        assert path.read_bytes() == contents
    assert [file.name for file in tmp_path.iterdir()] == ["summary.json"]


def test_atomic_write_syncs_before_renaming(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def attempt(operation: Callable[..., Any], *arguments: Any) -> Any:
        done.append(operation.__name__)
        return operation(*arguments)

    monkeypatch.setattr(disk, "attempt", attempt)
    atomic_write(tmp_path / "a", b"x")
    assert done == ["open", "write", "fsync", "close", "replace", "open", "fsync", "close"]


@pytest.mark.parametrize("number", range(1, 6))
def test_failed_atomic_write_keeps_the_old_file_and_no_leftovers(
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


def test_partial_writes_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def attempt(operation: Callable[..., Any], *arguments: Any) -> Any:
        if operation is os.write:
            return os.write(arguments[0], arguments[1][:3])
        return operation(*arguments)

    monkeypatch.setattr(disk, "attempt", attempt)
    atomic_write(tmp_path / "a", b"0123456789")
    assert (tmp_path / "a").read_bytes() == b"0123456789"


def test_remove_temporaries_keeps_other_files(tmp_path: Path) -> None:
    dead, living = ".7fffffff-0a1b2c.tmp", f".{os.getpid():x}-0a1b2c.tmp"
    for name in (".a.0a1b2c3d.tmp", dead, living, "a.tmp", ".draft.tmp", ".hidden", "a"):
        (tmp_path / name).write_bytes(b"")
    remove_temporaries(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {living, ".draft.tmp", ".hidden", "a", "a.tmp"}


def test_temporary_files_have_unique_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    monkeypatch.setattr("secrets.token_hex", lambda count: "0a1b2c3d")
    (tmp_path / f".{os.getpid():x}-0a1b2c3d.tmp").symlink_to(precious)
    with pytest.raises(FileExistsError):
        atomic_write(tmp_path / "a", b"x")
    assert precious.read_bytes() == b"precious"


def failing(operation: Operation, error: OSError, times: int) -> Operation:
    """``attempt`` in which the first ``times`` calls of one operation raise an error."""
    left = [times]

    def attempt(wanted: Operation, *arguments: Any) -> Any:
        if wanted is operation and left[0]:
            left[0] -= 1
            raise error
        return wanted(*arguments)

    return attempt


def windows_error(number: int) -> OSError:
    error = PermissionError(errno.EACCES, "The process cannot access the file")
    error.winerror = number  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize("number", [5, 32, 33])
@pytest.mark.parametrize("times", [1, 8, 9])
def test_a_sharing_violation_on_windows_is_retried_for_two_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, times: int
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(disk, "sleep", pauses.append)
    monkeypatch.setattr(disk, "attempt", failing(os.replace, windows_error(number), times))
    path = tmp_path / "summary.json"
    path.write_bytes(b"old")
    if times == 9:
        with pytest.raises(PermissionError):
            atomic_write(path, b"new")
        assert 1.9 < sum(pauses) < 2.2
    else:
        atomic_write(path, b"new")
        assert len(pauses) == times
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"old" if times == 9 else b"new"]


def test_any_other_error_is_not_retried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "sleep", lambda seconds: pytest.fail("waited"))
    monkeypatch.setattr(disk, "attempt", failing(os.replace, OSError(errno.EIO, "Input/output error"), 1))
    with pytest.raises(OSError, match="Input/output error"):
        atomic_write(tmp_path / "a", b"new")


@pytest.mark.parametrize("number", sorted(NOT_SUPPORTED))
def test_file_system_without_fsync_is_reported_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(disk, "attempt", failing(os.fsync, OSError(number, os.strerror(number)), 99))
    atomic_write(tmp_path / "a", b"x")
    atomic_write(tmp_path / "a", b"y")
    file = GrowingFile(tmp_path / "steps.csv")
    file.write("1,2\n")
    file.sync()
    file.close()
    assert (tmp_path / "a").read_bytes() == b"y"
    assert (tmp_path / "steps.csv").read_bytes() == b"1,2\n"
    assert take_unsupported(tmp_path) == [NO_FSYNC]
    assert take_unsupported(tmp_path) == []


def test_failed_fsync_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "attempt", failing(os.fsync, OSError(errno.EIO, "Input/output error"), 1))
    with pytest.raises(OSError, match="Input/output error"):
        atomic_write(tmp_path / "a", b"x")
    assert take_unsupported(tmp_path) == []


@pytest.mark.parametrize(("answer", "synced"), [(0, []), (errno.ENOTTY, ["fsync"]), (errno.ENOTSUP, ["fsync"])])
def test_macos_flushes_the_drive_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: int, synced: list[str]
) -> None:
    asked: list[int] = []
    done: list[str] = []

    def full_sync(handle: int, command: int) -> None:
        asked.append(command)
        if answer:
            raise OSError(answer, os.strerror(answer))

    def attempt(operation: Operation, *arguments: Any) -> Any:
        done.append(operation.__name__)
        return operation(*arguments)

    monkeypatch.setattr(disk, "fcntl", SimpleNamespace(fcntl=full_sync))
    monkeypatch.setattr(disk, "FULL_SYNC", 51)
    monkeypatch.setattr(disk, "attempt", attempt)
    atomic_write(tmp_path / "a", b"x")
    assert asked == [51, 51]  # the file and its folder
    assert [name for name in done if name == "fsync"] == synced * 2
    assert take_unsupported(tmp_path) == []


@pytest.mark.parametrize("name", ["log.txt", "steps.csv"])
def test_hard_linked_file_is_not_written(tmp_path: Path, name: str) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    (tmp_path / name).hardlink_to(precious)
    with pytest.raises(RunError, match=f"{name}: is hard-linked to another file, which would change too"):
        GrowingFile(tmp_path / name)
    assert precious.read_bytes() == b"precious"


def test_symbolic_link_is_rejected_without_o_nofollow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    (tmp_path / "log.txt").symlink_to(precious)
    monkeypatch.setattr(disk, "OWN_FILE", 0)
    monkeypatch.delattr(os, "O_NOFOLLOW")
    with pytest.raises(OSError, match="symbolic link"):
        GrowingFile(tmp_path / "log.txt")
    assert precious.read_bytes() == b"precious"


def test_every_file_is_opened_in_binary_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    binary = os.O_APPEND  # stands for a flag that this system does not have

    def attempt(operation: Operation, *arguments: Any) -> Any:
        if operation is os.open and len(arguments) == 3:
            opened.append(arguments[1])
        return operation(*arguments)

    monkeypatch.setattr(disk, "BINARY", binary)
    monkeypatch.setattr(disk, "OWN_FILE", binary)
    monkeypatch.setattr(disk, "attempt", attempt)
    atomic_write(tmp_path / "a", b"x")
    GrowingFile(tmp_path / "b").close()
    assert len(opened) == 2
    assert all(flags & binary for flags in opened)


@pytest.mark.parametrize(("length", "said"), [(259, "No such file"), (260, "the path has 260 characters, but Windows")])
def test_path_too_long_for_windows_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int, said: str
) -> None:
    folder = tmp_path / "missing"
    path = folder / ("a" * (length - len(str(folder)) - 1))
    monkeypatch.setattr(file_system, "WINDOWS", True)
    with pytest.raises(OSError, match=said) as raised:
        atomic_write(path, b"x")
    assert raised.value.filename == str(path)
