"""Single keys from a terminal without waiting for Enter, on POSIX systems and on Windows."""

import os
import re
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic, sleep
from types import FrameType

from nnlab.errors import Interrupted

_ESCAPES = re.compile("\x1b(?:[\\[O][0-9;?]*[A-Za-z~]|.)?", re.DOTALL)
SECONDS_BETWEEN_KEYS = 0.05


class NoKeys:
    """Where stdin is no terminal: no key is ever pressed."""

    present = False
    suspended = False
    """Whether Ctrl-Z was pressed."""

    def wait(self, seconds: float) -> str:
        """Wait; no keys."""
        sleep(seconds)
        return ""

    def stop_process(self) -> None:
        """Nothing was suspended."""


if sys.platform == "win32":

    class Keys(NoKeys):
        """The keys of the console's window."""

        present = True

        def wait(self, seconds: float) -> str:
            """The keys pressed within this time: returns at the first one."""
            import msvcrt

            until = monotonic() + seconds
            while monotonic() < until:
                if msvcrt.kbhit():
                    key = msvcrt.getwch()
                    if key in "\x00\xe0":  # a function key, whose code follows
                        msvcrt.getwch()
                        continue
                    return key
                sleep(SECONDS_BETWEEN_KEYS)
            return ""

    @contextmanager
    def keys_of_terminal() -> Iterator[NoKeys]:
        """Read single keys while this is open."""
        yield Keys() if sys.stdin and sys.stdin.isatty() else NoKeys()

else:
    import termios
    import tty

    class Keys(NoKeys):
        """The keys of the terminal on stdin; a change of its size and Ctrl-Z end a wait too."""

        present = True

        def __init__(self, handle: int) -> None:
            self._handle = handle
            self._settings = termios.tcgetattr(handle)
            self._woken, self._wake = os.pipe()
            os.set_blocking(self._woken, False)
            os.set_blocking(self._wake, False)
            self._previous = {number: signal.signal(number, self._note) for number in (signal.SIGWINCH, signal.SIGTSTP)}
            self._previous[signal.SIGQUIT] = signal.signal(signal.SIGQUIT, self._interrupt)
            self._fd = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
            self.take()

        def _note(self, number: int, frame: FrameType | None) -> None:
            self.suspended |= number == signal.SIGTSTP

        def _interrupt(self, number: int, frame: FrameType | None) -> None:
            raise Interrupted(number)  # Ctrl-\ would end the process with the terminal as it is

        def take(self) -> None:
            """Let each key be read at once, and not shown; Ctrl-C and Ctrl-Z stay signals."""
            tty.setcbreak(self._handle, termios.TCSANOW)

        def give_back(self) -> None:
            """Restore the settings of the terminal."""
            with suppress(termios.error, OSError):  # the terminal is gone
                termios.tcsetattr(self._handle, termios.TCSADRAIN, self._settings)

        def wait(self, seconds: float) -> str:
            """The keys pressed within this time: returns at the first one, and at a signal."""
            ready, _, _ = select.select([self._handle, self._woken], [], [], seconds)
            if self._woken in ready:
                with suppress(BlockingIOError):
                    os.read(self._woken, 1000)
            if self._handle not in ready:
                return ""
            pressed = os.read(self._handle, 1000)
            if not pressed:  # the terminal is gone
                raise EOFError
            return _ESCAPES.sub("", pressed.decode(errors="ignore"))

        def stop_process(self) -> None:
            """Stop this process as Ctrl-Z does, until the shell continues it."""
            self.suspended = False
            self.give_back()
            handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTSTP)
            signal.signal(signal.SIGTSTP, handler)
            self._settings = termios.tcgetattr(self._handle)
            self.take()

        def close(self) -> None:
            """Restore the terminal and the handlers of signals."""
            self.give_back()
            signal.set_wakeup_fd(self._fd)
            for number, handler in self._previous.items():
                signal.signal(number, handler)
            os.close(self._woken)
            os.close(self._wake)

    @contextmanager
    def keys_of_terminal() -> Iterator[NoKeys]:
        """Read single keys while this is open; afterwards the terminal is as it was before, whatever ends the body."""
        if not (sys.stdin and sys.stdin.isatty()):
            yield NoKeys()
            return
        keys = Keys(sys.stdin.fileno())
        try:
            yield keys
        finally:
            keys.close()
