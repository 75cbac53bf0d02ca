"""Names of the folders that nnlab makes."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.storage.folder_names import folder_time, new_folder_name, parse_folder_name, plain_name, without_time


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
    assert plain_name(name) == expected


@pytest.mark.parametrize(
    ("encoding", "name", "expected"),
    [("latin-1", "名前", "run"), ("latin-1", "é 名前 a", "é-a"), ("ascii", "é1", "1"), ("utf-8", "名\udce5a", "名-a")],
)
def test_characters_that_paths_cannot_encode_are_left_out(
    monkeypatch: pytest.MonkeyPatch, encoding: str, name: str, expected: str
) -> None:
    monkeypatch.setattr("sys.getfilesystemencoding", lambda: encoding)
    assert plain_name(name) == expected


@given(st.text(min_size=1, max_size=400))
def test_folder_name_is_safe_for_shells_and_paths(name: str) -> None:
    made = plain_name(name)
    assert re.fullmatch(r"[\w.-]{1,60}", made)
    assert made[0] not in "-."


@given(st.text(min_size=1, max_size=400))
def test_a_new_name_is_read_back(name: str) -> None:
    plain = plain_name(name)
    parts = parse_folder_name(new_folder_name(plain))
    assert parts is not None
    assert parts.name == plain
    assert re.fullmatch("[0-9a-f]{6}", parts.identifier)
    assert datetime.strptime(f"{parts.time}Z", "%Y%m%d-%H%M%S%z")


@pytest.mark.parametrize("name", ["adam", "20250101-120000-0a1b2c", "20250101-120000-adam", "2025-adam-0a1b2c", ""])
def test_other_names_are_not_parsed(name: str) -> None:
    assert parse_folder_name(name) is None


def test_timestamps_sort_as_text_and_are_optional() -> None:
    early, late = (folder_time(datetime(2025, month, 1, tzinfo=UTC)) for month in (9, 10))
    assert early < late
    assert without_time(f"{early}-adam-0a1b2c") == "adam-0a1b2c"
    assert without_time("adam-0a1b2c") == "adam-0a1b2c"
    assert re.fullmatch(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}", new_folder_name())
