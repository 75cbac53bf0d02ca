"""The live view with keys of a script."""

import io
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.console import Console

from nnlab.errors import Interrupted
from nnlab.insight.watch.frame import Frame
from nnlab.insight.watch.keyboard import NoKeys
from nnlab.insight.watch.live_view import LiveView
from nnlab.insight.watch.watched import Watched

MakeRun = Callable[..., Path]
ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"


class ScriptedKeys(NoKeys):
    """Each wait gives the next text, or raises the next error."""

    present = True

    def __init__(self, *script: str | BaseException) -> None:
        self._script = list(script)

    def wait(self, seconds: float) -> str:
        found = self._script.pop(0)
        if isinstance(found, BaseException):
            raise found
        self.suspended = found == "\x1a"
        return found

    def stop_process(self) -> None:
        self.suspended = False


View = Callable[..., str]


@pytest.fixture
def view(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> View:
    """Show ``last`` while the keys of a script are pressed; all that was written to the terminal."""

    def show(*script: str | BaseException, until_ended: bool = False) -> str:
        @contextmanager
        def keys() -> Iterator[NoKeys]:
            yield ScriptedKeys(*script)

        monkeypatch.setattr("nnlab.insight.watch.live_view.keys_of_terminal", keys)
        file = io.StringIO()
        console = Console(file=file, force_terminal=True, width=80, height=24, color_system=None)
        LiveView(Watched("last", tmp_path / "runs"), console, Frame(), 1.0).show(until_ended=until_ended)
        return file.getvalue()

    return show


@pytest.mark.parametrize("end", ["q", "Q", "\x03", "xq", Interrupted(signal.SIGINT), KeyboardInterrupt(), EOFError()])
def test_what_ends_the_view_restores_the_screen(make_run: MakeRun, view: View, end: str | BaseException) -> None:
    make_run()
    written = view("", end)
    assert written.startswith(ENTER)
    assert written.rstrip("\n").endswith(LEAVE)
    assert written.count("adam  completed") == 2


def test_another_signal_and_an_error_restore_the_screen_too(make_run: MakeRun, view: View) -> None:
    make_run()
    for error in (Interrupted(signal.SIGTERM), ZeroDivisionError()):
        with pytest.raises(type(error)):
            view(error)


def test_the_picture_is_as_high_as_the_terminal_with_the_keys_last(make_run: MakeRun, view: View) -> None:
    make_run()
    picture = view("q").split("\x1b[H")[-1].split(LEAVE)[0].split("\x1b[?25h")[0].split("\n")
    assert len(picture) == 24
    assert picture[-1].strip() == "q quit  l log axes  n next run  p previous run"


def test_keys_choose_runs_and_axes(make_run: MakeRun, view: View) -> None:
    make_run("20250101-120000-first-0a1b2c", {"name": "first"})
    make_run("20250101-120001-second-0a1b2c", {"name": "second"})
    written = view("p", "n", "l", "q")
    assert written.count("second  completed") == 3
    assert written.count("first  completed") == 1
    assert written.count("(log)") > 0


def test_ctrl_z_leaves_the_screen_and_takes_it_again(make_run: MakeRun, view: View) -> None:
    make_run()
    written = view("\x1a", "q")
    assert written.count(ENTER) == written.count(LEAVE) == 2


def test_it_waits_for_a_run(view: View, tmp_path: Path) -> None:
    assert "waiting for a run in" in view("q").replace("\n", "")


def test_it_ends_with_the_run(make_run: MakeRun, view: View) -> None:
    make_run()
    assert view(until_ended=True).rstrip("\n").endswith(LEAVE)
