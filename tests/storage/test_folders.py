"""Creation of folders."""

import re
from datetime import datetime, tzinfo
from pathlib import Path

import pytest

from nnlab.errors import RunError
from nnlab.storage.folders import create_folder


def test_new_folder_is_empty_and_has_a_unique_name(tmp_path: Path) -> None:
    path = create_folder(tmp_path / "runs", "adam-crossval")
    assert re.fullmatch(r"\d{8}-\d{6}-adam-crossval-[0-9a-f]{6}", path.name)
    assert not list(path.iterdir())


class FrozenTime:
    @staticmethod
    def now(zone: tzinfo) -> datetime:
        return datetime(2025, 1, 1, tzinfo=zone)


def test_no_free_folder_name_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda size: "aaaaaa")
    monkeypatch.setattr("nnlab.storage.folder_names.datetime", FrozenTime)
    create_folder(tmp_path, "x")
    with pytest.raises(RunError, match="found no free name"):
        create_folder(tmp_path, "x")
