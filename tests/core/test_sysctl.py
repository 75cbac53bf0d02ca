"""System properties of macOS; other systems are not queried."""

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
def test_sysctl_value_or_none(name: str, value: str | None) -> None:
    assert sysctl(name) == value


def test_missing_sysctl_program(program: Path) -> None:
    program.unlink()
    assert sysctl("hw.ncpu") is None


@pytest.mark.usefixtures("program")
def test_sysctl_on_other_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    assert sysctl("hw.ncpu") is None
