"""A packed run can be read where it is unpacked, and says nothing of the computer that it comes from."""

import json
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from nnlab.errors import RunError
from nnlab.records.lock import RunLock
from nnlab.records.packing import packed_run, without_paths
from nnlab.records.reader import read_run

ENVIRONMENT = {
    "python": "3.11.7",
    "data_sha256": {"a.csv": "0a1b"},
    "data_places": {"path": {"absolute": "/home/ada/a.csv", "relative": "../../a.csv"}},
    "other": ["C:\\Users\\ada\\a.csv", "a/b", {"share": "\\\\server\\ada"}],
}


@pytest.fixture
def run(make_run, monkeypatch: pytest.MonkeyPatch) -> Path:
    run: Path = make_run()
    (run / "environment.json").write_text(json.dumps(ENVIRONMENT), encoding="utf-8")
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("USERPROFILE", "/home/ada")
    (run / "log.txt").write_text("/home/ada/project/a.csv: a line\n", encoding="utf-8")
    (run / "plots").mkdir()
    (run / "plots" / "loss.png").write_bytes(b"picture")
    return run


def test_a_packed_run_is_unpacked_and_read(run: Path, tmp_path: Path) -> None:
    contents = packed_run(run)
    assert contents == packed_run(run)
    with ZipFile(BytesIO(contents)) as archive:
        archive.extractall(tmp_path / "elsewhere")
    unpacked = tmp_path / "elsewhere" / run.name
    assert read_run(unpacked).summary == read_run(run).summary
    assert (unpacked / "plots" / "loss.png").read_bytes() == b"picture"
    assert (unpacked / "log.txt").read_text(encoding="utf-8") == "~/project/a.csv: a line\n"
    assert json.loads((unpacked / "environment.json").read_text(encoding="utf-8")) == {
        "python": "3.11.7",
        "data_sha256": {"a.csv": "0a1b"},
        "data_places": {"path": {"relative": "../../a.csv"}},
        "other": ["a/b", {}],
    }


def test_links_hidden_files_and_the_lock_stay_behind(run: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious", encoding="utf-8")
    for name in ("link", "plots/link"):
        (run / name).symlink_to(tmp_path / "precious")
    (run / "checkpoints").symlink_to(tmp_path)
    for name in ("lock", ".hidden", "plots/.1a-0a1b2c.tmp"):
        (run / name).write_text("left", encoding="utf-8")
    with ZipFile(BytesIO(packed_run(run))) as archive:
        names = {name.removeprefix(f"{run.name}/") for name in archive.namelist()}
    files = {"spec.yaml", "steps.csv", "metrics.csv", "summary.json", "environment.json", "log.txt", "plots/loss.png"}
    assert names == files


def test_no_run_and_one_that_is_being_written_are_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no such run folder"):
        packed_run(tmp_path / "nothing")
    (tmp_path / "folder").mkdir()
    with pytest.raises(RunError, match="is not a run folder"):
        packed_run(tmp_path / "folder")
    lock = RunLock(run)
    with pytest.raises(RunError, match="is being written"):
        packed_run(run)
    lock.release()


def test_values_that_are_no_paths_stay() -> None:
    value = {"a": [1, None, True, "b", ""], "/key": 0.5}
    assert without_paths(value) == value
