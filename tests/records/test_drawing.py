"""A run or descent that was killed while drawing is known by its mark until its pictures are drawn."""

from pathlib import Path

import pytest

from nnlab.records.drawing import MARK, begin_drawing, lacks_pictures, last_pictures, unfinished_pictures


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "plots").mkdir()
    (tmp_path / "plots" / "accuracy.svg").write_text("drawn", encoding="utf-8")
    return tmp_path


def test_pictures_are_missing_from_the_mark_until_the_last_is_drawn(run: Path) -> None:
    assert not lacks_pictures(run, "run")
    begin_drawing(run, ["accuracy", "loss"])
    assert lacks_pictures(run, "run")
    with last_pictures(run):
        assert unfinished_pictures(run) == ["accuracy", "loss"]
    assert not lacks_pictures(run, "run")
    assert unfinished_pictures(run) == []


@pytest.mark.parametrize(("error", "stays"), [(KeyboardInterrupt, True), (OSError, True), (ValueError, False)])
def test_the_mark_stays_where_drawing_again_may_help(run: Path, error: type[BaseException], stays: bool) -> None:
    begin_drawing(run, ["accuracy"])
    with pytest.raises(error), last_pictures(run):
        raise error
    assert lacks_pictures(run, "run") is stays


def test_without_a_mark_the_first_picture_tells(run: Path) -> None:
    (run / "plots" / "accuracy.svg").unlink()
    assert lacks_pictures(run, "run")
    assert lacks_pictures(run, "descent")
    assert not lacks_pictures(run, "crossval")
    (run / "plots" / "values.png").write_text("drawn", encoding="utf-8")
    assert not lacks_pictures(run, "descent")
    assert not lacks_pictures(run / "elsewhere", "run")


def test_a_mark_that_nnlab_did_not_write_is_of_no_use(run: Path) -> None:
    (run / "plots" / MARK).symlink_to("/dev/zero")
    assert unfinished_pictures(run) == []


def test_a_disk_that_refuses_the_mark_will_say_so_to_the_pictures(run: Path) -> None:
    begin_drawing(run / "elsewhere", ["accuracy"])
    assert not (run / "elsewhere").exists()
