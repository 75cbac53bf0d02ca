"""The command line on untrusted input: limited time and memory, and no control characters in its output."""

import resource
import signal
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from drawing import write_blank_pixels

# Imported now, so that the memory measured is that of the work.
import nnlab.cli.app
import nnlab.descent.run
import nnlab.train.run  # noqa: F401

SECONDS = 20  # a hang, not a slow machine
LITTLE = 110_000_000
STATM = Path("/proc/self/statm")
DOCUMENTED = {0, 1, 2, 3, 4, 5}
STEERING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}

SafeGroup = Callable[..., Any]
set_handler, set_timer = signal.signal, signal.setitimer  # the fixture nnlab puts something else in their place


def steering(text: str) -> str:
    """The characters that could steer a terminal or reorder the text around them."""
    return "".join(c for c in text if c != "\n" and unicodedata.category(c) in STEERING)


@contextmanager
def no_hanging() -> Iterator[None]:
    """Fail where the body takes very long."""

    def hanging(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"still at it after {SECONDS} seconds")

    before = set_handler(signal.SIGALRM, hanging)
    set_timer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        set_timer(signal.ITIMER_REAL, 0)
        set_handler(signal.SIGALRM, before)


@contextmanager
def little_memory() -> Iterator[None]:
    """Let the process grow by little more than 100 MB; what asks for more gets a MemoryError."""
    if not STATM.exists():  # not Linux
        yield
        return
    pages = int(STATM.read_text(encoding="ascii").split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + LITTLE, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.fixture
def no_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blank pictures, but laid out, as what untrusted text and numbers need may be too large."""
    write_blank_pixels(monkeypatch, laid_out=True)


@pytest.fixture
def ends_safely(nnlab: Any) -> SafeGroup:
    """Call ``nnlab``: it does not hang, it ends as documented (with ``code``), and its words are clean and few."""

    def call(*arguments: object, code: int | None = None) -> Any:
        with no_hanging():
            answer = nnlab(*arguments)
        words = answer.stdout + answer.stderr
        assert answer.code in DOCUMENTED if code is None else answer.code == code, words
        assert not steering(words), repr(words)
        assert answer.code == 0 or answer.stderr.strip()
        assert len(words) < 50_000
        return answer

    return call


@pytest.fixture
def refused(ends_safely: SafeGroup) -> SafeGroup:
    """The same within 100 MB, for what would take gigabytes."""

    def call(*arguments: object, code: int) -> Any:
        with little_memory():
            answer = ends_safely(*arguments, code=code)
        assert all(line.startswith("pictures/") for line in answer.stdout.splitlines())  # what was sound was drawn
        assert "memory" not in answer.stderr
        return answer

    return call
