"""What those who draw pictures must hear without a picture failing: one line, once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_LISTENER: ContextVar[Callable[[str], None] | None] = ContextVar("listener", default=None)


@contextmanager
def noticed_by(listener: Callable[[str], None]) -> Iterator[None]:
    """The first notice of all pictures drawn while this is open goes to ``listener``."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def notice(text: str) -> None:
    """Send a notice to the listener, once."""
    listener = _LISTENER.get()
    if listener is not None:
        _LISTENER.set(None)
        listener(text)
