"""The lock of a run folder: one writer, until its process ends."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnlab.errors import RunError
from nnlab.records.run_folder import RunFolder
from nnlab.storage import disk
from nnlab.storage import lock as lock_module
from nnlab.storage.file_system import NO_LOCKS, take_unsupported
from nnlab.storage.lock import RunLock, is_being_written, writing

HOLD = """
import sys, time
from pathlib import Path
from nnlab.storage.lock import RunLock
lock = RunLock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_lock_excludes_other_processes_until_released(tmp_path: Path) -> None:
    assert not is_being_written(tmp_path)
    lock = RunLock(tmp_path)
    assert is_being_written(tmp_path)
    assert (tmp_path / "lock").read_text(encoding="utf-8") == f"{os.getpid()}\n"
    with pytest.raises(RunError, match=f"process {os.getpid()} is writing it; wait for it or stop it"):
        RunLock(tmp_path)
    lock.release()
    lock.release()
    assert not list(tmp_path.iterdir())
    RunLock(tmp_path).release()


@pytest.mark.parametrize("operation", [os.open, os.ftruncate, os.write])
def test_failed_lock_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: object) -> None:
    def attempt(wanted: Callable[..., Any], *arguments: Any) -> Any:
        if wanted is operation:
            raise OSError(28, "No space left on device")
        return wanted(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(disk, "attempt", attempt)
        with pytest.raises(OSError, match="No space left"):
            RunLock(tmp_path)
    assert not list(tmp_path.iterdir())
    RunLock(tmp_path).release()


def test_lock_file_removed_meanwhile_is_retried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = disk.attempt
    removed: list[Path] = []

    def racing(operation: Callable[..., Any], *arguments: Any) -> Any:
        found = attempt(operation, *arguments)
        if operation is os.open and not removed:  # its holder lets it go just now
            removed.append(arguments[0])
            arguments[0].unlink()
        return found

    with monkeypatch.context() as patch:
        patch.setattr(disk, "attempt", racing)
        lock = RunLock(tmp_path)
    assert removed == [tmp_path / "lock"]
    assert is_being_written(tmp_path)
    with pytest.raises(RunError, match="is writing it"):
        RunLock(tmp_path)
    lock.release()


def test_killed_process_releases_its_lock(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        assert is_being_written(tmp_path)
        with pytest.raises(RunError, match=f"process {process.pid} is writing it"):
            RunLock(tmp_path)
        process.send_signal(signal.SIGKILL)
    assert not is_being_written(tmp_path)
    assert (tmp_path / "lock").exists()
    RunLock(tmp_path).release()


@pytest.fixture(params=[errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL])
def no_locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(handle: int, operation: int) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr("fcntl.flock", flock)


@pytest.mark.usefixtures("no_locks")
def test_file_system_without_locks_is_reported(tmp_path: Path) -> None:
    with writing(tmp_path):
        assert is_being_written(tmp_path)  # by the process that the file names
    assert not list(tmp_path.iterdir())
    assert take_unsupported(tmp_path) == [NO_LOCKS]
    assert not is_being_written(tmp_path)


@pytest.mark.usefixtures("no_locks")
@pytest.mark.parametrize("text", ["", "abc", "0", "-1", "9" * 19, str(2**22 + 1)])
def test_without_locks_an_ended_process_is_not_writing(tmp_path: Path, text: str) -> None:
    (tmp_path / "lock").write_text(text, encoding="utf-8")
    assert not is_being_written(tmp_path)


def test_lock_can_be_taken_while_it_is_tested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([False, False, True])
    monkeypatch.setattr("filelock.lock_descriptor", lambda handle, blocking: next(answers))
    monkeypatch.setattr(lock_module, "PAUSE", 0.0)
    RunLock(tmp_path).release()
    assert not list(answers)


def test_hard_linked_lock_file_is_not_written(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    (tmp_path / "lock").hardlink_to(precious)
    with pytest.raises(RunError, match="lock: is hard-linked to another file, which would change too"):
        RunLock(tmp_path)
    assert precious.read_bytes() == b"precious"


def test_run_that_cannot_be_locked_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(handle: int, *, blocking: bool) -> bool:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("filelock.lock_descriptor", refused)
    with pytest.raises(RunError, match="cannot be created: Input/output error"):
        RunFolder.create(tmp_path, "adam")
    assert not list(tmp_path.iterdir())


def test_drive_with_unstable_file_identities_counts_as_without_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_module, "_is_at", lambda handle, path: False)
    with writing(tmp_path):
        assert (tmp_path / "lock").read_text(encoding="utf-8") == f"{os.getpid()}\n"
    assert take_unsupported(tmp_path) == [NO_LOCKS]
    assert not list(tmp_path.iterdir())
