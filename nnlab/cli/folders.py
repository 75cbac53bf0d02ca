"""Where commands write what they make, and the one error for what cannot be written."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def new_folder(root: Path) -> Path:
    """Make ``root/<UTC yyyymmdd-hhmmss>-<6 hex>``; raises OSError."""
    import secrets
    from datetime import UTC, datetime

    from nnlab.records.disk import make_folder

    folder = root / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    make_folder(folder)
    return folder


@contextmanager
def naming_output(place: Path) -> Iterator[None]:
    """Raise RunError where output cannot be written to its file, or to this place where the system names none."""
    from nnlab.errors import RunError

    try:
        yield
    except BrokenPipeError:  # whoever read the command's stdout has gone
        raise
    except OSError as error:
        raise RunError(f"{error.filename or place}: cannot be written: {error.strerror or error}") from None
