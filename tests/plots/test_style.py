"""Pictures look the same whatever the user's own settings are."""

import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest

from nnlab.plots.style import picture, plain_text


def draw(path: Path, title: str = "title") -> bytes:
    with picture(path, title, "loss") as (_, axes):
        axes.plot([0, 10], [1, 2])
    return path.read_bytes()


def test_a_picture_repeats_byte_for_byte(tmp_path: Path) -> None:
    first = draw(tmp_path / "a.png")
    assert first == draw(tmp_path / "b.png")
    assert b"matplotlib" not in first.lower()


def test_the_users_matplotlib_settings_are_left_out_and_left_alone(tmp_path: Path) -> None:
    expected = draw(tmp_path / "a.png")
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9, "savefig.dpi": 30, "text.usetex": True}):
        assert draw(tmp_path / "b.png") == expected
        assert mpl.rcParams["font.size"] == 30


@pytest.mark.parametrize(
    "title", ["$\\frac{", "a $x$ b", "スパイラル", "\x1b[31mred\n", "[/bold]", "\ud800", "\U0001f600"]
)
def test_any_title_can_be_drawn(tmp_path: Path, title: str) -> None:
    assert draw(tmp_path / "a.png", title).startswith(b"\x89PNG")


def test_dollars_do_not_start_a_formula(tmp_path: Path) -> None:
    with picture(tmp_path / "a.png", "cost $5 to $9", "loss") as (figure, _):
        assert figure.get_suptitle() == "cost $5 to $9"
        assert not figure.texts[0].get_parse_math()


def test_plain_text_is_short_and_on_one_line() -> None:
    assert plain_text("a\nb\x07") == "a\\nb\\x07"
    assert len(plain_text("x" * 1000)) == 80


def test_pyplot_is_never_imported() -> None:
    code = "import sys, nnlab.plots.curves; assert 'matplotlib.pyplot' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
