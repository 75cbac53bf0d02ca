"""Paths that a user gives: patterns, where commands write what they make, and the error for what cannot be written."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from glob import glob, has_magic
from pathlib import Path

from nnlab.cli.echo import echo


def expanded(names: Iterable[str]) -> list[str]:
    """The names with each pattern (``runs/*``, quoted or where no shell expands it) replaced by what it matches.

    What exists under the name itself, and a pattern that matches nothing, stay as they are.
    """
    found: list[str] = []
    for name in names:
        pattern = has_magic(name) and not os.path.lexists(name)
        matches = sorted(glob(name)) if pattern else []  # noqa: PTH207 - Path.glob takes no absolute patterns
        found += matches or [name]
    return found


def new_folder(root: Path) -> Path:
    """Make ``root/<UTC yyyymmdd-hhmmss>-<6 hex>``; raises OSError."""
    from nnlab.storage.disk import make_folder
    from nnlab.storage.folder_names import new_folder_name

    folder = root / new_folder_name()
    make_folder(folder)
    return folder


@contextmanager
def naming_output(place: Path) -> Iterator[None]:
    """Raise RunError where output cannot be written to its file, or to this place where the system names none.

    What pictures have to say goes to stderr.
    """
    from nnlab.errors import RunError, reason_of
    from nnlab.plots.notices import noticed_by

    try:
        with noticed_by(lambda text: echo(f"nnlab: {text}", err=True)):
            yield
    except BrokenPipeError:  # whoever read the command's stdout has gone
        raise
    except OSError as error:
        raise RunError(f"{error.filename or place}: cannot be written: {reason_of(error)}") from None
