"""``nnlab watch`` off a terminal, and on a pseudo-terminal."""

import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Callable
from functools import cache
from io import StringIO
from pathlib import Path
from select import select

import pytest
from rich.console import Console
from rich.text import Text
from terminals import own_terminal

MakeRun = Callable[..., Path]


def test_one_picture_off_a_terminal(nnlab: Callable[..., object], make_run: MakeRun) -> None:
    make_run()
    answer = nnlab("watch", "last")
    assert answer.code == 0
    lines = answer.stdout.splitlines()
    assert lines[0].startswith("adam  completed")
    assert len(lines) == 24
    assert "\x1b" not in answer.stdout


def test_one_picture_on_a_terminal_has_its_width(
    nnlab: Callable[..., object], make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run()
    printed = StringIO()
    console = Console(file=printed, force_terminal=True, no_color=True, width=50, height=20)
    monkeypatch.setattr("nnlab.cli.console.results", cache(lambda: console))
    assert nnlab("watch", "last", "--once").code == 0
    lines = [Text.from_ansi(line).plain for line in printed.getvalue().splitlines()]
    assert lines[0].endswith("0a1b2c")
    assert max(map(len, lines)) == 50
    assert not any("…" in line for line in lines)


def test_missing_runs(nnlab: Callable[..., object]) -> None:
    assert nnlab("watch", "--once").code == 5
    assert nnlab("watch", "nothing").code == 5
    assert nnlab("watch", "last", "--interval", "0").code == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("end", "code"), [(b"q", 0), (b"\x03", 0), (signal.SIGTERM, 143)], ids=["q", "Ctrl-C", "SIGTERM"]
)
def test_the_terminal_is_restored(make_run: MakeRun, tmp_path: Path, end: bytes | signal.Signals, code: int) -> None:
    make_run()
    keyboard, terminal = pty.openpty()
    before = termios.tcgetattr(terminal)
    with subprocess.Popen(
        [sys.executable, "-m", "nnlab", "watch"],
        cwd=tmp_path,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=os.environ | {"TERM": "xterm"},
        start_new_session=True,
        preexec_fn=own_terminal,
    ) as process:
        shown = b""
        while b"log axes" not in shown:
            shown += os.read(keyboard, 65536)
        assert termios.tcgetattr(terminal) != before
        if isinstance(end, bytes):
            os.write(keyboard, end)
        else:
            process.send_signal(end)
        assert process.wait() == code
    after = b""
    while select([keyboard], [], [], 0)[0]:
        after += os.read(keyboard, 65536)
    assert termios.tcgetattr(terminal) == before
    assert b"\x1b[?1049h" in shown
    assert b"\x1b[?25h\x1b[?1049l" in after
    os.close(keyboard)
    os.close(terminal)
