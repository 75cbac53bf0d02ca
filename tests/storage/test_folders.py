"""New folders and whole files."""

import re
from datetime import datetime, tzinfo
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.errors import RunError
from nnlab.storage.folders import create_folder, folder_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("adam", "adam"),
        ("../../etc/passwd", "etc-passwd"),
        ("-rf", "rf"),
        ("a b\tc", "a-b-c"),
        ("実験 1", "実験-1"),
        ("...", "run"),
        ("x" * 300, "x" * 60),
        ("[/red]$x$", "red-x"),
        (".hidden", "hidden"),
        ("𠮷" * 60, "𠮷" * 45),
    ],
)
def test_any_name_becomes_a_plain_folder_name(name: str, expected: str) -> None:
    assert folder_name(name) == expected


@pytest.mark.parametrize(
    ("encoding", "name", "expected"),
    [("latin-1", "名前", "run"), ("latin-1", "é 名前 a", "é-a"), ("ascii", "é1", "1"), ("utf-8", "名\udce5a", "名-a")],
)
def test_letters_that_paths_cannot_have_are_left_out(
    monkeypatch: pytest.MonkeyPatch, encoding: str, name: str, expected: str
) -> None:
    monkeypatch.setattr("sys.getfilesystemencoding", lambda: encoding)
    assert folder_name(name) == expected


@given(st.text(min_size=1, max_size=400))
def test_a_folder_name_has_nothing_that_a_shell_or_path_could_mistake(name: str) -> None:
    made = folder_name(name)
    assert re.fullmatch(r"[\w.-]{1,60}", made)
    assert made[0] not in "-."


def test_a_new_folder_is_empty_and_named_by_time_name_and_chance(tmp_path: Path) -> None:
    path = create_folder(tmp_path / "runs", "adam-crossval")
    assert re.fullmatch(r"\d{8}-\d{6}-adam-crossval-[0-9a-f]{6}", path.name)
    assert not list(path.iterdir())


class FrozenTime:
    @staticmethod
    def now(zone: tzinfo) -> datetime:
        return datetime(2025, 1, 1, tzinfo=zone)


def test_when_no_name_is_free_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda size: "aaaaaa")
    monkeypatch.setattr("nnlab.storage.folders.datetime", FrozenTime)
    create_folder(tmp_path, "x")
    with pytest.raises(RunError, match="found no free name"):
        create_folder(tmp_path, "x")
