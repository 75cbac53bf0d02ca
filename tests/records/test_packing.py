"""An exported zip can be read elsewhere and reveals no paths of its computer."""

import json
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from nnlab.errors import RunError
from nnlab.records.annotations import Annotations, write_annotations
from nnlab.records.packing import DATA_PATHS, packed_run
from nnlab.records.reader import read_run
from nnlab.registry import FilePath, datasets, hyperparameters
from nnlab.storage.lock import RunLock
from nnlab.storage.short_paths import ShortPaths

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
    for folder in ("plots", "checkpoints"):
        (run / folder).mkdir()
    (run / "checkpoints" / "step-0000001.safetensors").write_bytes(b"/home/ada")
    (run / "plots" / "loss.png").write_bytes(b"picture")
    return run


def test_exported_zip_is_unpacked_and_read(run: Path, tmp_path: Path) -> None:
    contents = packed_run(run)
    assert contents == packed_run(run)
    with ZipFile(BytesIO(contents)) as archive:
        archive.extractall(tmp_path / "elsewhere")
    unpacked = tmp_path / "elsewhere" / run.name
    assert read_run(unpacked).summary == read_run(run).summary
    assert not (unpacked / "checkpoints").exists()
    assert (unpacked / "plots" / "loss.png").read_bytes() == b"picture"
    assert (unpacked / "log.txt").read_text(encoding="utf-8") == "a.csv: a line\n"
    assert json.loads((unpacked / "environment.json").read_text(encoding="utf-8")) == {
        "python": "3.11.7",
        "data_sha256": {"a.csv": "0a1b"},
        "other": ["a.csv", "a/b", {"share": "ada"}],
    }


def test_exported_note_has_no_absolute_paths(run: Path) -> None:
    write_annotations(run, Annotations(("good",), f"compare {run.absolute()} with the other"))
    with ZipFile(BytesIO(packed_run(run))) as archive:
        note = json.loads(archive.read(f"{run.name}/annotations.json"))
    assert note == {"tags": ["good"], "note": f"compare {run.name} with the other"}


def test_exported_zip_excludes_links_hidden_files_and_the_lock(run: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious", encoding="utf-8")
    for name in ("link", "plots/link"):
        (run / name).symlink_to(tmp_path / "precious")
    (run / "snapshots").symlink_to(tmp_path)
    for name in ("lock", ".hidden", "plots/.1a-0a1b2c.tmp"):
        (run / name).write_text("left", encoding="utf-8")
    with ZipFile(BytesIO(packed_run(run))) as archive:
        names = {name.removeprefix(f"{run.name}/") for name in archive.namelist()}
    files = {"spec.yaml", "steps.csv", "metrics.csv", "summary.json", "environment.json", "log.txt", "plots/loss.png"}
    assert names == files


def test_export_rejects_other_folders_and_running_runs(run: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no such run folder"):
        packed_run(tmp_path / "nothing")
    (tmp_path / "folder").mkdir()
    with pytest.raises(RunError, match="is not a run folder"):
        packed_run(tmp_path / "folder")
    lock = RunLock(run)
    with pytest.raises(RunError, match="is being written"):
        packed_run(run)
    lock.release()


def test_texts_without_paths_are_not_shortened() -> None:
    value = {"a": [1, None, True, "b", ""], "/key": 0.5}
    assert ShortPaths().value(value) == value


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("/srv/ada/runs/a/model.safetensors: cannot be written", "model.safetensors: cannot be written"),
        ("cannot read '/srv/ada/a.csv', line 3", "cannot read 'a.csv', line 3"),
        ("data a.csv:/srv/ada/a.csv", "data a.csv:a.csv"),
        ("../../home/ada/a.csv and ~ada/x/a.csv", "a.csv and a.csv"),
        ("a=/a//b, =../../b/c", "a=b, =c"),
        (r"C:\Users\ada\a.csv: a line of \\server\ada\b.csv", "a.csv: a line of b.csv"),
        ("in /my own/data/a.csv or /my own/more/data/b.csv", "in a.csv or b.csv"),
        ("/home/ada/a.csv, not /home/adam", "a.csv, not adam"),
        ("/home/ada is full, /my own/data too", "~ is full, data too"),
        (
            "12/60 steps, 3 samples/s, plots/loss.png, ../a.csv, ~",
            "12/60 steps, 3 samples/s, plots/loss.png, ../a.csv, ~",
        ),
        ("https://example.org/a/b", "https://example.org/a/b"),
    ],
)
def test_paths_in_texts_are_shortened_to_their_last_name(
    monkeypatch: pytest.MonkeyPatch, text: str, short: str
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("USERPROFILE", "/home/ada")
    assert ShortPaths(["/my own", "/my own/data"]).text(text) == short


def test_path_with_spaces_is_shortened_and_a_message_is_not() -> None:
    value = ["/srv/ada/plots: is full, see plots/log.txt", "/my own/two words/a.csv", "/a.csv"]
    assert ShortPaths().value(value) == ["plots: is full, see plots/log.txt", "a.csv", "a.csv"]


def test_data_path_keys_match_the_data_sources() -> None:
    sources = [source for _, source in datasets.items()]
    keys = {parameter.name for source in sources for parameter in hyperparameters(source) if parameter.mark(FilePath)}
    assert keys == set(DATA_PATHS)
