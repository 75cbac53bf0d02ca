"""A folder that is renamed while it is watched."""

from pathlib import Path

from nnlab.insight.watch.folder_place import FolderPlace


def test_a_renamed_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "other").mkdir()
    place = FolderPlace(tmp_path / "a")
    assert place.find()
    (tmp_path / "a").rename(tmp_path / "b")
    assert place.find()
    assert place.path == tmp_path / "b"
    (tmp_path / "b").rmdir()
    assert not place.find()


def test_a_folder_that_is_made_later_is_found_then(tmp_path: Path) -> None:
    place = FolderPlace(tmp_path / "a")
    assert not place.find()
    (tmp_path / "a").mkdir()
    assert place.find()
