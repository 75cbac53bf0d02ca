"""Notices about pictures that are not errors, such as missing fonts: one line, once."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_LISTENER: ContextVar[Callable[[str], None] | None] = ContextVar("listener", default=None)


@contextmanager
def noticed_by(listener: Callable[[str], None]) -> Iterator[None]:
    """Pass the first notice of the pictures drawn in the body to ``listener``."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def notice(text: str) -> None:
    """Pass a notice to the listener, unless it received one before."""
    listener = _LISTENER.get()
    if listener is not None:
        _LISTENER.set(None)
        listener(text)


def as_warning(text: str) -> None:
    """Pass a notice on as a Python warning."""
    warnings.warn(text, stacklevel=2)
