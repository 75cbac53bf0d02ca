import json
from pathlib import Path

import pytest

from nnlab.errors import RunError
from nnlab.storage import disk
from nnlab.sweeps import dask_folders
from nnlab.sweeps.dask_folders import clear_arrivals, files_of, place, with_environment, write_files

FILES = {"spec.yaml": b"name: a\n", "checkpoints/step-0000010.safetensors": b"\0\1"}


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_placed_folder_has_the_files_and_nothing_else_is_left(tmp_path: Path) -> None:
    place(FILES, tmp_path / "trial-001")
    assert files_of(tmp_path / "trial-001") == FILES
    place({"spec.yaml": b"name: b\n"}, tmp_path / "trial-001")
    assert names(tmp_path) == ["trial-001", "trial-001/spec.yaml"]
    assert (tmp_path / "trial-001" / "spec.yaml").read_bytes() == b"name: b\n"


def test_lock_hidden_files_and_links_stay_where_they_are(tmp_path: Path) -> None:
    place(FILES, tmp_path / "a")
    (tmp_path / "a" / "lock").write_text("1\n")
    (tmp_path / "a" / ".1-aaaaaa.tmp").write_text("half")
    (tmp_path / "a" / ".hidden").mkdir()
    (tmp_path / "a" / ".hidden" / "x").write_text("x")
    (tmp_path / "a" / "link").symlink_to(tmp_path / "a" / "spec.yaml")
    assert files_of(tmp_path / "a") == FILES
    assert files_of(tmp_path / "missing") == {}


@pytest.mark.parametrize(
    "name", ["../b", "/b", "a/../../b", "a\\b", "C:b", "", ".b", "a/.b", "a//b", "a/b/c/d", "b\n", "b" * 101]
)
def test_a_name_that_leads_out_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(RunError, match="is not the name of a file in a run folder"):
        place({"spec.yaml": b"", name: b""}, tmp_path / "a")
    assert names(tmp_path) == []


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place(FILES, tmp_path / "a")
    monkeypatch.setattr(dask_folders, "LARGEST", 9)
    with pytest.raises(RunError, match="is larger than"):
        write_files(FILES, tmp_path / "b")
    with pytest.raises(RunError, match="is larger than"):
        files_of(tmp_path / "a")
    monkeypatch.setattr(dask_folders, "MOST_FILES", 1)
    with pytest.raises(RunError, match="2 files are more than the 1 of a run folder"):
        write_files(FILES, tmp_path / "b")
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("failing", range(13))
def test_the_disk_may_fail_anywhere_and_leaves_the_old_folder_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    folder, new = tmp_path / "trial-001", {"spec.yaml": b"name: b\n"}
    place(FILES, folder)
    count = iter(range(20))

    def attempt(operation: object, *arguments: object) -> object:
        if next(count) == failing:
            raise OSError(28, "No space left on device")
        assert callable(operation)
        return operation(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(disk, "attempt", attempt)
        with pytest.raises(RunError, match=r"trial-001.*No space left on device"):
            place(new, folder)
    clear_arrivals(folder)
    assert files_of(folder) in (FILES, new)
    assert [path.name for path in tmp_path.iterdir()] == ["trial-001"]


def test_only_the_leftovers_of_the_same_trial_are_cleared(tmp_path: Path) -> None:
    for name in (".trial-001-0a1b2c.arriving", ".trial-0010-0a1b2c.arriving", ".trial-001-notes", "trial-002"):
        (tmp_path / name).mkdir()
    clear_arrivals(tmp_path / "trial-001")
    assert names(tmp_path) == [".trial-001-notes", ".trial-0010-0a1b2c.arriving", "trial-002"]


def test_a_crash_between_the_renames_leaves_the_old_folder(tmp_path: Path) -> None:
    write_files(FILES, tmp_path / ".trial-001-0a1b2c.replaced")
    write_files({"spec.yaml": b""}, tmp_path / ".trial-001-0a1b2c.arriving")
    clear_arrivals(tmp_path / "trial-001")
    assert files_of(tmp_path / "trial-001") == FILES
    assert len(list(tmp_path.iterdir())) == 1


def test_changes_and_drift_are_added_to_the_environment() -> None:
    there = {"data_places": {"path": {"absolute": "/elsewhere/a.csv"}}, "drift": ["old"], "nnlab": "1"}
    files = {"environment.json": json.dumps(there).encode(), **FILES}
    found = with_environment(files, {"data_places": {}, "git": None}, ("numpy is 2 there", "old"))
    assert json.loads(found["environment.json"]) == {
        "data_places": {},
        "drift": ["old", "numpy is 2 there"],
        "nnlab": "1",
        "git": None,
    }
    assert {name: found[name] for name in FILES} == FILES
    assert "drift" not in json.loads(with_environment({"environment.json": b"{}"}, {})["environment.json"])


@pytest.mark.parametrize("files", [FILES, *({"environment.json": text} for text in (b"", b"[]", b'{"a":'))])
def test_an_environment_that_is_not_whole_is_left_as_it_is(files: dict[str, bytes]) -> None:
    assert with_environment(files, {"git": None}, ["drift"]) == files
