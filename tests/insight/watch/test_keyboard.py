"""Keys of a terminal, read from a pseudo-terminal."""

import os
import pty
import signal
import termios
from collections.abc import Iterator

import pytest

from nnlab.errors import Interrupted
from nnlab.insight.watch.keyboard import Keys


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a pseudo-terminal: the keyboard's and the program's."""
    ends = pty.openpty()
    yield ends
    for end in ends:
        os.close(end)


def test_keys_arrive_at_once_and_escape_sequences_are_left_out(terminal: tuple[int, int]) -> None:
    keyboard, program = terminal
    before = termios.tcgetattr(program)
    keys = Keys(program)
    try:
        assert not termios.tcgetattr(program)[3] & (termios.ICANON | termios.ECHO)
        os.write(keyboard, b"n\x1b[A\x1bOPq")  # up, F1
        assert keys.wait(10) == "nq"
        assert keys.wait(0.001) == ""
    finally:
        keys.close()
    assert termios.tcgetattr(program) == before


def test_a_signal_ends_a_wait(terminal: tuple[int, int]) -> None:
    handlers = signal.getsignal(signal.SIGWINCH), signal.getsignal(signal.SIGTSTP)
    keys = Keys(terminal[1])
    try:
        os.kill(os.getpid(), signal.SIGWINCH)
        assert keys.wait(600) == ""
        assert not keys.suspended
        os.kill(os.getpid(), signal.SIGTSTP)
        assert keys.wait(600) == ""
        assert keys.suspended
    finally:
        keys.close()
    assert (signal.getsignal(signal.SIGWINCH), signal.getsignal(signal.SIGTSTP)) == handlers


def test_ctrl_backslash_is_an_interruption_that_restores_the_terminal(terminal: tuple[int, int]) -> None:
    before, handler = termios.tcgetattr(terminal[1]), signal.signal(signal.SIGQUIT, signal.SIG_IGN)
    keys = Keys(terminal[1])
    try:
        with pytest.raises(Interrupted, match="SIGQUIT"):
            signal.raise_signal(signal.SIGQUIT)
    finally:
        keys.close()
        restored = signal.signal(signal.SIGQUIT, handler)
    assert restored == signal.SIG_IGN
    assert termios.tcgetattr(terminal[1]) == before


def test_a_terminal_that_is_gone_ends_the_view() -> None:
    keyboard, program = pty.openpty()
    keys = Keys(program)
    os.close(keyboard)
    with pytest.raises((EOFError, OSError)):
        keys.wait(10)
    keys.close()
    os.close(program)
