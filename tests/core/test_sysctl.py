"""What macOS says of the machine, and that no other system is asked."""

import platform
from collections.abc import Iterator
from pathlib import Path

import pytest

from nnlab.core import sysctl as module
from nnlab.core.sysctl import sysctl


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    sysctl.cache_clear()
    yield
    sysctl.cache_clear()


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "sysctl"
    path.write_text('#!/bin/sh\n[ "$*" = "-n hw.ncpu" ] && echo 8 || exit 1\n', encoding="utf-8")
    path.chmod(0o755)
    monkeypatch.setattr(module, "PROGRAM", str(path))
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    return path


@pytest.mark.usefixtures("program")
@pytest.mark.parametrize(("name", "value"), [("hw.ncpu", "8"), ("hw.perflevel0.physicalcpu", None)])
def test_a_value_or_none_where_there_is_none_of_the_name(name: str, value: str | None) -> None:
    assert sysctl(name) == value


def test_without_the_program_there_is_no_value(program: Path) -> None:
    program.unlink()
    assert sysctl("hw.ncpu") is None


@pytest.mark.usefixtures("program")
def test_other_systems_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    assert sysctl("hw.ncpu") is None
