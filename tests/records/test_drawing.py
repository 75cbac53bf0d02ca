"""The marker of pictures that a killed run or descent has not drawn."""

from pathlib import Path

import pytest

from nnlab.records.drawing import MARK, begin_drawing, lacks_pictures, last_pictures, unfinished_pictures


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "plots").mkdir()
    (tmp_path / "plots" / "accuracy.svg").write_text("drawn", encoding="utf-8")
    return tmp_path


def test_marker_reports_missing_pictures_until_the_last_is_drawn(run: Path) -> None:
    assert not lacks_pictures(run, "run")
    begin_drawing(run, ["accuracy", "loss"])
    assert lacks_pictures(run, "run")
    with last_pictures(run):
        assert unfinished_pictures(run) == ["accuracy", "loss"]
    assert not lacks_pictures(run, "run")
    assert unfinished_pictures(run) == []


@pytest.mark.parametrize(("error", "stays"), [(KeyboardInterrupt, True), (OSError, True), (ValueError, False)])
def test_marker_is_kept_where_drawing_can_be_retried(run: Path, error: type[BaseException], stays: bool) -> None:
    begin_drawing(run, ["accuracy"])
    with pytest.raises(error), last_pictures(run):
        raise error
    assert lacks_pictures(run, "run") is stays


def test_without_a_marker_the_first_picture_decides(run: Path) -> None:
    (run / "plots" / "accuracy.svg").unlink()
    assert lacks_pictures(run, "run")
    assert lacks_pictures(run, "descent")
    assert not lacks_pictures(run, "crossval")
    (run / "plots" / "values.png").write_text("drawn", encoding="utf-8")
    assert not lacks_pictures(run, "descent")
    assert not lacks_pictures(run / "elsewhere", "run")


def test_marker_not_written_by_nnlab_is_ignored(run: Path) -> None:
    (run / "plots" / MARK).symlink_to("/dev/zero")
    assert unfinished_pictures(run) == []


def test_disk_error_while_writing_the_marker_is_ignored(run: Path) -> None:
    begin_drawing(run / "elsewhere", ["accuracy"])
    assert not (run / "elsewhere").exists()
