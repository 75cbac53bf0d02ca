"""One writer for each run folder, for as long as its process lives."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnlab.errors import RunError
from nnlab.records import disk
from nnlab.records.lock import RunLock, is_being_written

HOLD = """
import sys, time
from pathlib import Path
from nnlab.records.lock import RunLock
lock = RunLock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_a_lock_keeps_others_out_until_it_is_released(tmp_path: Path) -> None:
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
def test_a_lock_that_cannot_be_taken_is_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: object
) -> None:
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


def test_a_lock_file_that_was_removed_meanwhile_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
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
