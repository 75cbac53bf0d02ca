"""Animations are written atomically; failures leave no file."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure
from PIL import Image

from nnlab.plots.animation import FRAMES_A_SECOND, animation
from nnlab.plots.canvas import blank
from nnlab.storage import disk


def test_frames_have_the_duration_of_an_animation(tmp_path: Path) -> None:
    with blank("title", (2, 1)) as figure, animation(figure, tmp_path / "a.gif") as grab_frame:
        for text in ("1", "2"):
            figure.text(0.5, 0.5, text)
            grab_frame()
        assert list(tmp_path.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["a.gif"]
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 2  # type: ignore[attr-defined]  # only of files with frames
        assert gif.info["duration"] == 1000 / FRAMES_A_SECOND == 100


@pytest.mark.parametrize("after", [0, 1])
def test_interruption_leaves_no_file_and_is_raised(tmp_path: Path, after: int) -> None:
    def draw(figure: Figure) -> None:
        with animation(figure, tmp_path / "a.gif") as grab_frame:
            for _ in range(after):
                grab_frame()
            raise KeyboardInterrupt

    with blank("title", (2, 1)) as figure, pytest.raises(KeyboardInterrupt):
        draw(figure)
    assert list(tmp_path.iterdir()) == []


def test_disk_error_leaves_no_file_and_names_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with (
        blank("title", (2, 1)) as figure,
        pytest.raises(OSError, match="No space") as caught,
        animation(figure, tmp_path / "a.gif") as grab_frame,
    ):
        grab_frame()
    assert caught.value.filename == str(tmp_path / "a.gif")
    assert list(tmp_path.iterdir()) == []


def test_concurrent_animations_are_independent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def draw() -> None:
        with blank("title", (2, 1)) as figure, animation(figure, tmp_path / "a.gif") as grab_frame:
            grab_frame()

    def attempt(operation: Callable[..., Any], *arguments: object) -> Any:
        if operation is os.replace:
            monkeypatch.undo()
            draw()
        return operation(*arguments)

    monkeypatch.setattr(disk, "attempt", attempt)
    draw()
    assert [path.name for path in tmp_path.iterdir()] == ["a.gif"]
    with Image.open(tmp_path / "a.gif") as gif:
        gif.load()


@pytest.mark.parametrize("name", [".a.gif", "a.gif"])
@pytest.mark.parametrize("dangling", [False, True])
def test_nothing_is_written_through_a_link(tmp_path: Path, name: str, dangling: bool) -> None:
    precious, folder = tmp_path / "precious", tmp_path / "plots"
    folder.mkdir()
    if not dangling:
        precious.write_text("precious", encoding="utf-8")
    (folder / name).symlink_to(precious)
    with blank("title", (2, 1)) as figure, animation(figure, folder / "a.gif") as grab_frame:
        grab_frame()
    assert (folder / "a.gif").read_bytes().startswith(b"GIF8")
    assert not (folder / "a.gif").is_symlink()
    if dangling:
        assert not precious.exists()
    else:
        assert precious.read_text(encoding="utf-8") == "precious"
