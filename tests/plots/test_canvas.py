"""Pictures are independent of the user's matplotlib settings."""

import os
import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import image
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from nnlab.plots.canvas import blank, canvas, picture, plain_text
from nnlab.plots.palette import COLOUR_COUNT, STYLES, drawn_as, palette
from nnlab.plots.plot_style import Format, PlotStyle, Style


def draw(path: Path, title: str = "title") -> bytes:
    with picture(path, title, "loss") as (_, axes):
        axes.plot([0, 10], [1, 2])
    return path.read_bytes()


@pytest.mark.slow
def test_a_picture_repeats_byte_for_byte(tmp_path: Path) -> None:
    first = draw(tmp_path / "a.png")
    assert first == draw(tmp_path / "b.png")
    assert b"matplotlib" not in first.lower()


@pytest.mark.parametrize("dpi", [60, 120])
def test_a_png_has_the_pixels_that_savefig_gives(tmp_path: Path, dpi: int) -> None:
    path, other = tmp_path / "a.png", tmp_path / "b.png"
    with drawn_as(PlotStyle(dpi=dpi)):
        with canvas(path, "title", (7, 4.5)) as figure:
            figure.add_subplot().plot([0, 1000], [1, 2])
        with blank("title", (7, 4.5)) as figure:
            figure.add_subplot().plot([0, 1000], [1, 2])
            figure.savefig(other, dpi=dpi)
    found, expected = image.imread(path), image.imread(other)
    assert found.shape == (*expected.shape[:2], 3)
    np.testing.assert_array_equal(found, expected[..., :3])
    assert (expected[..., 3] == 1).all()


def test_user_matplotlib_settings_are_ignored_and_unchanged(tmp_path: Path) -> None:
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


@pytest.mark.parametrize("title", ["W" * 100, "a " + "名" * 70, "$" + "long name " * 14, "short", "many words " * 13])
def test_any_title_fits_into_the_picture(tmp_path: Path, title: str) -> None:
    with picture(tmp_path / "a.png", title, "loss") as (figure, _):
        figure.draw_without_rendering()
        extent = figure.texts[0].get_window_extent()
        assert extent.x0 >= 0
        assert extent.x1 <= figure.bbox.width
        assert (figure.texts[0].get_fontsize() == 11) is (title in ("short", "many words " * 13))


def test_plain_text_is_short_and_on_one_line() -> None:
    assert plain_text("a\nb\x07") == "a\\nb\\x07"
    assert len(plain_text("x" * 1000)) == 80


@pytest.mark.slow
@pytest.mark.parametrize(
    ("backend", "kept"),
    [("module://matplotlib_inline.backend_inline", find_spec("matplotlib_inline") is not None), ("svg", True)],
)
def test_notebook_backend_is_ignored(tmp_path: Path, backend: str, kept: bool) -> None:
    """Agg draws, pyplot is never imported, and the user's own figures keep a backend that matplotlib knows."""
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from nnlab.plots.canvas import picture\n"
        "with picture(Path('a.png'), 'title', 'loss') as (_, axes):\n    axes.plot([0, 10], [1, 2])\n"
        "import matplotlib\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        f"assert (matplotlib.rcParams._get('backend') == {backend!r}) is {kept}\n"
        f"assert os.environ['MPLBACKEND'] == {backend!r}\n"
    )
    environment = {**os.environ, "MPLBACKEND": backend}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.png").read_bytes() == draw(tmp_path / "b.png")


@pytest.mark.slow
@pytest.mark.parametrize(("form", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_every_format_repeats_byte_for_byte_without_a_date(tmp_path: Path, form: Format, magic: bytes) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        with drawn_as(PlotStyle(format=form)), picture(tmp_path / folder / "x.png", "title", "loss") as (_, axes):
            axes.plot([0, 10], [1, 2], label="line")
            axes.fill_between([0, 10], [0, 1], [2, 3])
            axes.legend()
        assert [path.name for path in (tmp_path / folder).iterdir()] == [f"x.{form}"]
    first = (tmp_path / "a" / f"x.{form}").read_bytes()
    assert first == (tmp_path / "b" / f"x.{form}").read_bytes()
    assert first.startswith(magic)
    for word in (b"CreationDate", b"dc:date", b"Matplotlib v"):
        assert word not in first


def test_style_ends_with_its_block_even_after_an_error(tmp_path: Path) -> None:
    expected = draw(tmp_path / "a.png")
    with suppress(ZeroDivisionError), drawn_as(PlotStyle(format="svg", style="dark")):
        assert palette() is STYLES["dark"]
        raise ZeroDivisionError
    assert palette() is STYLES["light"]
    assert draw(tmp_path / "b.png") == expected


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2."""
    channels = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot(channels, [0.2126, 0.7152, 0.0722]))


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_text_and_colours_stand_out_from_the_paper(tmp_path: Path, name: Style) -> None:
    look = STYLES[name]
    assert contrast(look.ink, look.paper) > 7
    assert contrast(look.edge, look.paper) > 4.5
    least = 3 if name == "dark" else 2  # on white, orange is the palest of Okabe and Ito's colours
    assert all(contrast(colour, look.paper) > least for colour in look.colours)
    with drawn_as(PlotStyle(style=name)), picture(tmp_path / "a.png", "title", "loss") as (figure, axes):
        axes.text(0, 0, "text")
        assert figure.get_facecolor()[:3] == axes.get_facecolor()[:3] == to_rgb(look.paper)
        assert axes.texts[0].get_color() == axes.xaxis.label.get_color() == look.ink
    assert tuple(image.imread(tmp_path / "a.png")[0, -1, :3]) == pytest.approx(to_rgb(look.paper))


# Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB.
COLOUR_BLIND = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("matrix", COLOUR_BLIND.values(), ids=COLOUR_BLIND)
def test_colours_are_distinguishable_for_colour_blind_readers(name: Style, matrix: list[list[float]]) -> None:
    colours = STYLES[name].colours
    assert len(set(colours)) == COLOUR_COUNT
    seen = [np.clip(np.array(matrix) @ np.power(to_rgb(colour), 2.2), 0, 1) ** (1 / 2.2) for colour in colours]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 0.1


def test_long_title_wraps_to_a_second_line(tmp_path: Path) -> None:
    title = "a name of many words that says all that was tried: " + "x0**2 + " * 8 + "x1**2"
    with picture(tmp_path / "a.png", title, "loss") as (figure, _):
        figure.draw_without_rendering()
        (drawn,) = [text for text in figure.findobj(Text) if text.get_text() == title]
        extent, paper = drawn.get_window_extent(), figure.bbox
        assert extent.x0 > 0
        assert extent.x1 < paper.x1
        assert 20 < extent.height < 60
        assert extent.y1 <= paper.y1


@pytest.mark.parametrize(("text", "length"), [("a" * 100, 40), ("あ" * 100, 20), ("あ" * 20 + "a" * 100, 30)])
def test_wide_letters_count_twice(text: str, length: int) -> None:
    assert len(plain_text(text, 40)) == length
