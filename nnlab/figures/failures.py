"""Pictures that fail do not end what they are of."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nnlab.errors import NnlabError, reason_of
from nnlab.text import one_line


@contextmanager
def failures_reported(say: Callable[[str], None]) -> Iterator[None]:
    """Report pictures that cannot be drawn or written in one line."""
    try:
        yield
    except OSError as error:
        say(f"the pictures cannot be written: {reason_of(error)}")
    except Exception as error:
        say(str(error) if isinstance(error, NnlabError) else f"the pictures cannot be drawn: {one_line(repr(error))}")
