"""Reading files of a run folder safely: regular files of bounded size, every fault reported with file and line."""

import json
import stat
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NoReturn

from nnlab.core.memory import readable_bytes
from nnlab.errors import RunError, reason_of, reported_as
from nnlab.text import one_line

MAX_JSON_DEPTH = 32
MOST_SECONDS = 1e10  # 300 years


def damaged(path: Path, message: str, line: int | None = None) -> NoReturn:
    """Raise RunError for ``path``, or for one line of it."""
    raise RunError(f"{_name(path)}{'' if line is None else f':{line}'}: {message}")


def reading(path: Path, *more: type[Exception]) -> AbstractContextManager[None]:
    """Raise RunError, ``<path>: cannot be read: <reason>``, in place of OSError and ``more`` errors of the body."""
    return reported_as(RunError, f"{_name(path)}: cannot be read", catch=(OSError, *more))


def check_file(path: Path, limit: int) -> None:
    """Raise RunError unless ``path`` is a regular file of at most ``limit`` bytes; opening a pipe could block."""
    try:
        information = path.stat()
    except FileNotFoundError:
        damaged(path, "missing")
    except OSError as error:
        damaged(path, f"cannot be read: {reason_of(error)}")
    if not stat.S_ISREG(information.st_mode):
        damaged(path, "must be a file")
    if information.st_size > limit:
        found, most = readable_bytes(information.st_size), readable_bytes(limit)
        damaged(path, f"{found} is more than the {most} that such a file may have")


def parsed_json(raw: str | bytes) -> Any:
    """The value of a JSON text; raises ValueError where it is invalid, or nested deeper than nnlab writes.

    Integers of 20 digits or more become floats.
    """
    try:
        found = json.loads(raw, parse_int=lambda digits: int(digits) if len(digits) < 20 else float(digits))
    except RecursionError:
        raise ValueError("nested too deep") from None
    level = [found]
    for _ in range(MAX_JSON_DEPTH):
        level = [inner for value in level for inner in _children(value)]
    if level:
        raise ValueError("nested too deep")
    return found


def _children(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _name(path: Path) -> str:
    return one_line(str(path), 300)
