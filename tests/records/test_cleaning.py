"""Leftovers of killed processes are removed, those of running ones are kept."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnlab.records.cleaning import clear_leftovers
from nnlab.storage.lock import LOCK_FILE, RunLock


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
    for name in RECORDS:
        (tmp_path / "run" / name).write_text("{}", encoding="utf-8")
    return tmp_path / "run"


RECORDS = {"spec.yaml", "summary.json"}


def files(folder: Path) -> set[str]:
    """Those in a folder, beside the records by which a run is known."""
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    return found - RECORDS


def test_leftovers_of_killed_processes_are_removed(run: Path) -> None:
    clear_leftovers(run)
    assert files(run) == {"plots/.hidden"}
    clear_leftovers(run)
    clear_leftovers(run / "nothing")


def test_running_run_is_not_cleaned(run: Path) -> None:
    lock = RunLock(run)
    before = files(run)
    clear_leftovers(run)
    assert files(run) == before
    lock.release()


def test_temporary_file_of_a_running_process_is_kept(run: Path) -> None:
    drawing = f"plots/.{os.getpid():x}-0a1b2c.tmp"
    (run / drawing).write_text("half", encoding="utf-8")
    clear_leftovers(run)
    assert files(run) == {"plots/.hidden", drawing}


def test_folds_of_a_cross_validation_are_cleaned(run: Path) -> None:
    fold = run.parent / "crossval" / "fold-1"
    fold.parent.mkdir()
    run.rename(fold)
    clear_leftovers(fold.parent)
    assert files(fold) == {"plots/.hidden"}


def test_cleaning_does_not_follow_links(run: Path, dead: int) -> None:
    outside = run.parent / "outside"
    (run / "plots").rename(outside)
    (run / "plots").symlink_to(outside)
    clear_leftovers(run)
    assert (outside / f".{dead:x}-0a1b2c.tmp").exists()


@pytest.mark.parametrize("linked", ["run", "fold-2"])
def test_linked_runs_and_folds_are_not_cleaned(run: Path, linked: str) -> None:
    before = files(run)
    (run.parent / "crossval" / "fold-1").mkdir(parents=True)
    link = run.parent / "crossval" / linked
    link.symlink_to(run, target_is_directory=True)
    clear_leftovers(link if linked == "run" else link.parent)
    assert files(run) == before


def test_folder_that_is_not_a_run_is_not_cleaned(run: Path) -> None:
    (run / "spec.yaml").unlink()
    before = files(run)
    clear_leftovers(run)
    assert files(run) == before


def test_folds_of_a_linked_cross_validation_are_not_cleaned(run: Path) -> None:
    fold = run.parent / "crossval" / "fold-1"
    fold.parent.mkdir()
    run.rename(fold)
    before = files(fold)
    (run.parent / "link").symlink_to(fold.parent, target_is_directory=True)
    clear_leftovers(run.parent / "link")
    assert files(fold) == before


@pytest.mark.parametrize("contents", ["", "the user's", "17 18\n", "17", "-1\n", "17\n" + "more " * 9])
def test_file_named_lock_that_is_not_a_lock_is_kept(run: Path, contents: str) -> None:
    (run / LOCK_FILE).write_text(contents, encoding="utf-8")
    clear_leftovers(run)
    assert (run / LOCK_FILE).read_text(encoding="utf-8") == contents


@pytest.mark.parametrize(
    "name", [".draft.tmp", ".1a-0a1b2c.tmp.tmp", ".1g-0a1b2c.tmp", ".notes-0a1b2c.tmp", ".a.12ab.tmp"]
)
def test_temporary_file_with_another_name_format_is_kept(run: Path, name: str) -> None:
    (run / name).write_text("the user's", encoding="utf-8")
    clear_leftovers(run)
    assert files(run) == {"plots/.hidden", name}
