"""The live view: pictures of a run on the whole terminal, until a key ends it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Group
from rich.live import Live
from rich.text import Text

from nnlab.errors import Interrupted
from nnlab.insight.watch.frame import SEPARATOR, Frame, lines_of
from nnlab.insight.watch.keyboard import NoKeys, keys_of_terminal
from nnlab.insight.watch.watched import Watched
from nnlab.language import tr

if TYPE_CHECKING:
    from rich.console import Console

# What writing to a terminal raises that is gone: rich turns a broken pipe into the end of the program.
GONE = (OSError, SystemExit)


class LiveView:
    """Shows a run until q, Ctrl-C or Ctrl-D; n and p choose another one, l turns logarithmic axes to linear ones.

    ``frame`` says how pictures are drawn; their size is that of the terminal.
    """

    def __init__(self, watched: Watched, console: "Console", frame: Frame, interval: float) -> None:
        self._watched = watched
        self._console = console
        self._frame = frame
        self._interval = interval

    def show(self, *, until_ended: bool = False) -> None:
        """Show it; ``until_ended`` ends the view with the run. The terminal is restored whatever ends it."""
        try:
            with keys_of_terminal() as keys, self._screen() as live:
                self._follow(keys, live, until_ended=until_ended)
        except Interrupted as stop:  # Ctrl-C is how a view without keys ends, too
            if stop.exit_code != 128 + signal.SIGINT:
                raise
        except (KeyboardInterrupt, EOFError):
            return

    def _follow(self, keys: NoKeys, live: Live, *, until_ended: bool) -> None:
        while True:
            self._watched.look()
            if until_ended and self._watched.ended:
                return
            live.update(self._picture(keys), refresh=True)
            if self._ends(keys.wait(self._interval)):
                return
            if keys.suspended:
                live.stop()
                keys.stop_process()
                live.start()

    @contextmanager
    def _screen(self) -> Iterator[Live]:
        live = Live(
            console=self._console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        )
        live.start()
        try:
            yield live
        finally:
            with suppress(*GONE):
                live.stop()

    def _picture(self, keys: NoKeys) -> Group:
        width, height = self._console.size
        frame = replace(self._frame, width=width, height=max(height - 1, 1))
        followed = self._watched.followed
        lines = [Text(self._watched.waiting_for)] if followed is None else lines_of(followed, frame)
        lines += [Text()] * (height - 1 - len(lines))
        for line in (*lines, foot := self._foot(keys, width)):
            line.no_wrap, line.overflow = True, "crop"
        return Group(*lines, foot)

    def _foot(self, keys: NoKeys, width: int) -> Text:
        """The keys, as many as fit."""
        if not keys.present:
            return Text(f"Ctrl-C {tr('quit')}", "bright_black")
        whole = self._watched.whole
        if whole is None:
            following, before = tr("next run"), tr("previous run")
        elif whole.noun == "trial":
            following, before = tr("next trial"), tr("previous trial")
        else:
            following, before = tr("next fold"), tr("previous fold")
        words = [
            ("q", tr("quit") if self._watched.ended else tr("quit (the run continues)")),
            ("l", tr("log axes")),
            ("n", following),
            ("p", before),
        ]
        line = Text()
        for key, word in words:
            if line.cell_len + len(key) + 1 + Text(word).cell_len + len(SEPARATOR) > width:
                break
            line.append(SEPARATOR if line else "").append(key, "bold").append(f" {word}", "bright_black")
        return line

    def _ends(self, pressed: str) -> bool:
        """Do what the keys ask for; whether they end the view."""
        for key in pressed.lower():
            match key:
                case "q" | "\x03" | "\x04":  # Ctrl-C where it is no signal, Ctrl-D
                    return True
                case "n":
                    self._watched.choose(1)
                case "p":
                    self._watched.choose(-1)
                case "l":
                    self._frame = replace(self._frame, flipped=not self._frame.flipped)
        return False
