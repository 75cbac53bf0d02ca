"""What killed processes left is removed, and nothing that a living one holds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnlab.records.cleaning import clear_leftovers
from nnlab.records.lock import LOCK_FILE, RunLock


@pytest.fixture(scope="module")
def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def run(tmp_path: Path, dead: int) -> Path:
    """A run whose process was killed."""
    for folder in ("plots", "checkpoints", "snapshots"):
        (tmp_path / "run" / folder).mkdir(parents=True)
    (tmp_path / "run" / LOCK_FILE).write_text(f"{dead}\n", encoding="utf-8")
    for name in (f".{dead:x}-0a1b2c.tmp", f"plots/.{dead:x}-0a1b2c.tmp", "plots/.loss.png.0a1b2c3d.tmp"):
        (tmp_path / "run" / name).write_text("half", encoding="utf-8")
    (tmp_path / "run" / "plots" / ".hidden").write_text("the user's", encoding="utf-8")
    return tmp_path / "run"


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def test_what_nobody_holds_is_removed(run: Path) -> None:
    clear_leftovers(run)
    assert files(run) == {"plots/.hidden"}
    clear_leftovers(run)
    clear_leftovers(run / "nothing")


def test_nothing_of_a_run_that_is_being_written(run: Path) -> None:
    lock = RunLock(run)
    before = files(run)
    clear_leftovers(run)
    assert files(run) == before
    lock.release()


def test_a_temporary_file_of_a_living_process_stays(run: Path) -> None:
    drawing = f"plots/.{os.getpid():x}-0a1b2c.tmp"
    (run / drawing).write_text("half", encoding="utf-8")
    clear_leftovers(run)
    assert files(run) == {"plots/.hidden", drawing}


def test_folds_are_cleared_too(run: Path) -> None:
    fold = run.parent / "crossval" / "fold-1"
    fold.parent.mkdir()
    run.rename(fold)
    clear_leftovers(fold.parent)
    assert files(fold) == {"plots/.hidden"}


def test_nothing_is_removed_through_a_link(run: Path, dead: int) -> None:
    outside = run.parent / "outside"
    (run / "plots").rename(outside)
    (run / "plots").symlink_to(outside)
    clear_leftovers(run)
    assert (outside / f".{dead:x}-0a1b2c.tmp").exists()
