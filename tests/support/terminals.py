"""Controlling terminals of processes under test."""

import fcntl
import termios


def own_terminal() -> None:
    """Make the terminal on stdin the controlling terminal of this process, so that it receives its signals."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
