"""Terminals of their own for processes under test."""

import fcntl
import termios


def own_terminal() -> None:
    """Make the terminal on stdin the one of this process: its keys, and its end, send signals here."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
