"""The command line with something in its hands that a stranger made: little time, little memory, clean words."""

import signal
import tracemalloc
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

# Imported now, so that the memory measured is that of the work.
import nnlab.cli.app
import nnlab.descent.run
import nnlab.train.run  # noqa: F401

SECONDS = 20  # a hang, not a slow machine
MEGABYTES = 100
DOCUMENTED = {0, 1, 2, 3, 4, 5}
STEERING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}

Harmless = Callable[..., Any]
set_handler, set_timer = signal.signal, signal.setitimer  # the fixture nnlab puts something else in their place


def steering(text: str) -> str:
    """The characters that could steer a terminal or reorder the text around them."""
    return "".join(c for c in text if c != "\n" and unicodedata.category(c) in STEERING)


@contextmanager
def bounds(megabytes: int = MEGABYTES) -> Iterator[None]:
    """Fail where the body hangs or takes too much memory."""

    def hanging(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"still at it after {SECONDS} seconds")

    before = set_handler(signal.SIGALRM, hanging)
    set_timer(signal.ITIMER_REAL, SECONDS)
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        set_timer(signal.ITIMER_REAL, 0)
        set_handler(signal.SIGALRM, before)
    assert peak < megabytes << 20, f"took {peak >> 20} MiB"


@pytest.fixture
def harmless(nnlab: Any) -> Harmless:
    """Call ``nnlab`` within bounds; its ending must be a documented one and its words clean."""

    def call(*arguments: object, code: int | None = None) -> Any:
        with bounds():
            answer = nnlab(*arguments)
        words = answer.stdout + answer.stderr
        assert answer.code in DOCUMENTED, words
        assert code is None or answer.code == code, words
        assert not steering(words), repr(words)
        assert answer.code == 0 or answer.stderr.strip()
        assert len(words) < 100_000
        return answer

    return call
