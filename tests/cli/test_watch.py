"""``nnlab watch`` off a terminal, and on a pseudo-terminal."""

import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from select import select

import pytest
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
