"""Available memory and formatted sizes."""

import ctypes
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nnlab.core.memory import MemoryStatus, available_bytes, readable_bytes


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (1024**2, "1.0 MiB"),
        (int(2.5 * 1024**2), "2.5 MiB"),
        (3 * 1024**3 // 2, "1.5 GiB"),
        (1000 * 1024**3, "1,000.0 GiB"),
        (1024**4, "1.0 TiB"),
        (7 * 1024**5, "7.0 PiB"),
        (5000 * 1024**5, "5,000.0 PiB"),
        (10**400, "more than 1,000,000 PiB"),
    ],
)
def test_readable_bytes(count: int, text: str) -> None:
    assert readable_bytes(count) == text


def test_available_memory_is_positive() -> None:
    available = available_bytes()
    assert available is None or 2**20 < available < 2**60


def test_available_memory_from_meminfo(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "MemTotal:       9999 kB\nMemFree:         111 kB\nMemAvailable:   1234 kB\nSwapFree:  77 kB\n"
    monkeypatch.setattr(Path, "read_text", lambda self, **options: text)
    assert available_bytes() == 1234 * 1024


def _unreadable(self: Path, **options: object) -> str:
    raise FileNotFoundError(self)


@pytest.mark.parametrize("read_text", [_unreadable, lambda self, **options: "MemTotal: 9 kB\n"])
def test_physical_memory_without_meminfo(monkeypatch: pytest.MonkeyPatch, read_text: object) -> None:
    sizes = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1000}
    monkeypatch.setattr(Path, "read_text", read_text)
    monkeypatch.setattr(os, "sysconf", sizes.__getitem__, raising=False)
    assert available_bytes() == 4096 * 1000


def test_unknown_memory_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_text", _unreadable)
    monkeypatch.delattr(os, "sysconf", raising=False)
    assert available_bytes() is None


@pytest.mark.parametrize(("physical", "page_file", "answer", "expected"), [(3, 5, 1, 3), (5, 3, 1, 3), (3, 5, 0, None)])
def test_available_memory_on_windows(
    monkeypatch: pytest.MonkeyPatch, physical: int, page_file: int, answer: int, expected: int | None
) -> None:
    def status_of(reference: Any) -> int:
        status = ctypes.cast(reference, ctypes.POINTER(MemoryStatus)).contents
        assert status.length == ctypes.sizeof(MemoryStatus) == 64
        status.available_physical, status.available_page_file = physical * 2**30, page_file * 2**30
        return answer

    kernel = SimpleNamespace(GlobalMemoryStatusEx=status_of)
    monkeypatch.setattr(Path, "read_text", _unreadable)
    monkeypatch.delattr(os, "sysconf", raising=False)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    assert available_bytes() == (expected and expected * 2**30)
