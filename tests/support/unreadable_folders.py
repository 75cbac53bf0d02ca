"""Unreadable folders, also for the superuser."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def make_unreadable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every access to the contents of a folder raise PermissionError."""
    inside = f"{folder}{os.sep}"

    def refusing(original: Callable[..., Any], entries: bool) -> Callable[..., Any]:
        def call(path: Any, *arguments: Any, **options: Any) -> Any:
            text = os.fspath(path) if isinstance(path, str | os.PathLike) else ""
            if (absolute := str(Path(text).absolute())).startswith(inside) or (entries and absolute == str(folder)):
                raise PermissionError(13, "Permission denied", str(path))
            return original(path, *arguments, **options)

        return call

    monkeypatch.setattr(io, "open", refusing(io.open, entries=False))
    for name in ("stat", "lstat", "open", "mkdir", "scandir", "listdir"):
        monkeypatch.setattr(os, name, refusing(getattr(os, name), entries=name in {"scandir", "listdir"}))
