"""The trash: move, restore and purge, with fault injection."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_sweeps import made_sweep

from nnlab.errors import RunError
from nnlab.records.crossval_folder import CrossvalFolder
from nnlab.records.reader import read_run
from nnlab.records.trash import TRASH_FOLDER, Trash, trash_of
from nnlab.storage import disk
from nnlab.storage.lock import RunLock


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_trash_and_restore_round_trip(make_run) -> None:
    run = make_run()
    before = contents(run)
    trash = trash_of(run)
    removed = trash.take(run)
    assert removed == run.parent / TRASH_FOLDER / run.name
    assert [path.name for path in run.parent.iterdir()] == [TRASH_FOLDER]
    assert contents(removed) == before
    assert trash.held() == [removed] == [trash.find(run.name)]
    assert trash.restore(removed) == run
    assert contents(run) == before
    assert trash.held() == []


def test_move_to_the_trash_is_synced(make_run, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run()
    done: list[tuple[str, Any]] = []

    def attempt(operation: Callable[..., Any], *arguments: Any) -> Any:
        found = operation(*arguments)
        done.append((operation.__name__, found if operation is os.open else arguments[0]))
        return found

    monkeypatch.setattr(disk, "attempt", attempt)
    trash_of(run).take(run)
    names = [name for name, _ in done]
    after = done[names.index("rename") + 1 :]
    opened = [found for name, found in after if name == "open"]
    assert [found for name, found in after if name == "fsync"] == opened
    assert len(opened) == 2


def test_runs_with_the_same_name_are_numbered_in_the_trash(make_run) -> None:
    first, trash = make_run("best", {"seed": 1}), Trash(make_run("other").parent)
    trash.take(first)
    second = make_run("best", {"seed": 2})
    assert trash.take(second).name == "best.2"
    third = make_run("best", {"seed": 3})
    assert trash.take(third).name == "best.3"
    seeds = {path.name: read_run(path).spec["seed"] for path in trash.held()}
    assert seeds == {"best": 1, "best.2": 2, "best.3": 3}


def test_restore_does_not_overwrite_an_existing_run(make_run) -> None:
    run = make_run("best", {"seed": 1})
    trash = trash_of(run)
    removed = trash.take(run)
    run.mkdir()  # even an empty folder, which a rename would replace
    with pytest.raises(RunError, match="already exists, so the run in the trash cannot be restored"):
        trash.restore(removed)
    run.rmdir()
    trash.restore(removed)
    assert read_run(run).spec["seed"] == 1


def test_purge_deletes_runs_and_the_empty_trash(make_run, tmp_path: Path) -> None:
    outside = tmp_path / "precious"
    outside.mkdir()
    (outside / "file").write_text("x", encoding="utf-8")
    runs = [make_run("a"), make_run("b")]
    (runs[0] / "link").symlink_to(outside)
    trash = Trash(runs[0].parent)
    for run in runs:
        trash.take(run)
    (trash.folder / "linked").symlink_to(outside)
    for path in trash.held():
        trash.purge(path)
        assert not os.path.lexists(path)
    trash.purge_leftovers()
    assert not trash.folder.exists()
    assert contents(outside) == {"file": b"x"}
    trash.purge_leftovers()


def test_half_purged_run_is_not_restored(make_run, monkeypatch: pytest.MonkeyPatch) -> None:
    trash = trash_of(make_run())
    removed = trash.take(make_run("best"))

    def attempt(operation: Callable[..., Any], *arguments: Any) -> Any:
        if operation.__name__ != "rmtree":
            return operation(*arguments)
        (arguments[0] / "spec.yaml").unlink()
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(disk, "attempt", attempt)
        with pytest.raises(RunError, match="cannot be deleted: Input/output error"):
            trash.purge(removed)
    assert trash.held() == []
    assert len(list(trash.folder.iterdir())) == 1
    trash.purge_leftovers()
    assert not trash.folder.exists()


def test_fault_injection_leaves_a_run_whole_in_one_place(make_run, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 40):
        run = make_run(f"run-{number}")
        before = contents(run)
        trash = trash_of(run)
        count = 0

        def attempt(operation: Callable[..., Any], *arguments: Any, number: int = number) -> Any:
            nonlocal count
            count += 1
            if count == number:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return operation(*arguments)

        message = ""
        with monkeypatch.context() as patch:
            patch.setattr(disk, "attempt", attempt)
            try:
                trash.restore(trash.take(run))
            except RunError as error:
                message = str(error)
        places = [place for place in (run, trash.folder / run.name) if place.exists()]
        assert len(places) == 1
        assert {name: raw for name, raw in contents(places[0]).items() if name != "lock"} == before
        if places[0] != run:
            trash.restore(places[0])
        RunLock(run).release()
        assert contents(run) == before
        if count < number:
            assert message == ""
            break
        assert "Input/output error" in message or message == ""
    assert 12 < number < 39


@pytest.mark.parametrize("name", ["20250101-120000-adam-0a1b2c", "renamed"])
def test_running_run_is_not_moved(make_run, name: str) -> None:
    run = make_run(name)
    lock = RunLock(run)
    with pytest.raises(RunError, match="is being written; stop its process or wait for it"):
        trash_of(run).take(run)
    lock.release()
    trash_of(run).take(run)


def test_cross_validation_with_a_running_fold_is_not_moved(tmp_path: Path) -> None:
    folder = CrossvalFolder.create(tmp_path, "a", 2, "seed: 0\n", "abc")
    with pytest.raises(RunError, match="is being written"):
        trash_of(folder.path).take(folder.path)
    folder.close()
    lock = RunLock(folder.fold(1))
    with pytest.raises(RunError, match="is being written"):
        trash_of(folder.path).take(folder.path)
    with pytest.raises(RunError, match=r"is a fold of a cross-validation; remove .* as a whole"):
        trash_of(folder.fold(1)).take(folder.fold(1))
    lock.release()
    assert trash_of(folder.path).take(folder.path).parent == tmp_path / TRASH_FOLDER


def test_run_resumed_in_the_trash_is_neither_restored_nor_purged(make_run) -> None:
    trash = trash_of(make_run())
    removed = trash.take(make_run("a"))
    lock = RunLock(removed)
    with pytest.raises(RunError, match="is being written"):
        trash.purge(removed)
    with pytest.raises(RunError, match="is writing it"):
        trash.restore(removed)
    lock.release()
    trash.purge(removed)


def test_only_run_folders_are_moved(make_run, tmp_path: Path) -> None:
    run = make_run()
    other = run.parent / "photographs"
    other.mkdir()
    (other / "spec.yaml").write_text("", encoding="utf-8")
    link = run.parent / "link"
    link.symlink_to(run)
    file = run.parent / "notes.txt"
    file.write_text("", encoding="utf-8")
    removed = trash_of(run).take(run)
    for path, message in {
        other: "is not a run folder and was not removed",
        run.parent: "is not a run folder",
        link: "is a link, which cannot be moved to the trash",
        file: "no such run folder",
        run: "no such run folder",
        removed: "is in the trash already; delete it permanently with nnlab runs purge",
    }.items():
        with pytest.raises(RunError, match=message):
            trash_of(path).take(path)
    assert removed.is_dir()
    assert other.is_dir()
    with pytest.raises(RunError, match=f"contains no run called x; there are {run.name}"):
        trash_of(run).find("x")
    trash_of(run).purge(removed)
    with pytest.raises(RunError, match="contains no run called x; there are none"):
        trash_of(run).find("x")


def test_empty_run_folder_is_recognised_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "20250101-120000-adam-0a1b2c"
    path.mkdir()
    assert trash_of(path).take(path).is_dir()


def test_linked_trash_is_rejected(make_run, tmp_path: Path) -> None:
    run = make_run()
    (tmp_path / "home").mkdir()
    (run.parent / TRASH_FOLDER).symlink_to(tmp_path / "home")
    with pytest.raises(RunError, match=r"\.trash: is a link, which may lead elsewhere; remove it manually"):
        Trash(run.parent)


def test_purge_does_not_follow_links(make_run, tmp_path: Path) -> None:
    trash = trash_of(make_run())
    trash.folder.mkdir()
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "lock").write_text("precious", encoding="utf-8")
    (trash.folder / "evil").symlink_to(victim)
    with pytest.raises(RunError, match=r"evil: is a link or a file, not a folder, and cannot be restored"):
        trash.restore(trash.find("evil"))
    trash.purge(trash.find("evil"))
    assert (victim / "lock").read_text(encoding="utf-8") == "precious"


def test_run_with_the_purging_prefix_is_rejected(make_run) -> None:
    run = make_run()
    mine = run.rename(run.parent / ".purging-mine")
    with pytest.raises(RunError, match="is named like a run that is being deleted; rename it first"):
        trash_of(mine).take(mine)
    trash_of(mine).purge_leftovers()
    assert read_run(mine).status == "completed"


TRIALS = [(0.1, 0, 0.5, "completed"), (0.01, 0, 0.25, "completed")]


def test_sweep_is_moved_to_the_trash_and_restored_as_a_whole(make_run) -> None:
    sweep = made_sweep(make_run, TRIALS)
    before = contents(sweep)
    trash = trash_of(sweep)
    removed = trash.take(sweep)
    assert contents(removed) == before
    assert trash.restore(removed) == sweep
    assert contents(sweep) == before


def test_sweep_is_not_removed_while_it_or_a_trial_is_written(make_run) -> None:
    sweep = made_sweep(make_run, TRIALS)
    for folder in (sweep, sweep / "trial-002"):
        lock = RunLock(folder)
        with pytest.raises(RunError, match="is being written"):
            trash_of(sweep).take(sweep)
        lock.release()


def test_trial_is_removed_with_its_sweep_only(make_run) -> None:
    sweep = made_sweep(make_run, TRIALS)
    with pytest.raises(RunError, match=f"is a trial of a sweep; remove {sweep} as a whole"):
        trash_of(sweep / "trial-001").take(sweep / "trial-001")
