"""Signals: training finishes its step and saves on Ctrl-C, SIGTERM and SIGHUP; everything else stops at once."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from nnlab.errors import Interrupted

# Windows has no SIGHUP but SIGBREAK: Ctrl-Break, and the window that closes.
SIGNALS = tuple(signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))


def never() -> bool:
    """No request to stop."""
    return False


class StopRequest:
    """Remembers the signal that asked to stop; ``other`` may ask too."""

    def __init__(self, other: Callable[[], bool] = never) -> None:
        self.signal: int | None = None
        self._other = other

    def __call__(self) -> bool:
        """Whether a signal arrived, or ``other`` asks to stop."""
        return self.signal is not None or self._other()

    def receive(self, number: int, frame: FrameType | None) -> None:
        """Signal handler: the first signal asks to stop after the current step, the second stops at once."""
        if self.signal is not None:
            raise Interrupted(number)
        self.signal = number


@contextmanager
def stop_on_signal(other: Callable[[], bool] = never) -> Iterator[StopRequest]:
    """While this is open, signals set the request instead of ending the process (in the main thread only)."""
    request = StopRequest(other)
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    handled = [number for number in SIGNALS if not survives_terminal(number)]
    previous = {number: signal.signal(number, request.receive) for number in handled}
    try:
        yield request
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def survives_terminal(number: signal.Signals) -> bool:
    """Whether the signal is SIGHUP, of a closed terminal, and ``nohup`` asked to ignore it."""
    return number.name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN
