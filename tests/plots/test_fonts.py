"""Glyphs missing in every installed font are reported once, with the fonts that have them."""

import importlib.util
from pathlib import Path

import pytest
from matplotlib.font_manager import get_font

from nnlab.errors import UsageError
from nnlab.language import speaking, tr
from nnlab.plots import fonts
from nnlab.plots.canvas import picture
from nnlab.plots.fonts import check_language, families, is_east_asian
from nnlab.plots.notices import noticed_by
from nnlab.plots.palette import drawn_as
from nnlab.plots.plot_style import Language, PlotStyle


@pytest.fixture
def only_dejavu(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no font but matplotlib's own were installed."""
    monkeypatch.setattr(fonts.fontManager, "get_font_names", lambda: ["DejaVu Sans"])
    monkeypatch.setattr(fonts, "findSystemFonts", list)
    monkeypatch.setattr(fonts, "find_spec", lambda name: None)


@pytest.mark.parametrize(
    ("text", "boxes"),
    [
        ("plain", ""),
        ("−1 ± 0.5 × λ, naïve, Ωμέγα", ""),
        ("名前 and 名札", "名前札; pip install 'nnlab-runner[ja]' brings one; or install one of Noto Sans CJK JP, "),
        ("スパイラル", "スパイラル; pip install 'nnlab-runner[ja]' brings one; or install one of "),
        ("한국어", "한국어; install one of "),
        ("\U0001f9ff", "\U0001f9ff"),
        ("a\tb\nc\u3000d", ""),
    ],
)
def test_missing_glyphs_are_reported(tmp_path: Path, only_dejavu: None, text: str, boxes: str) -> None:
    said: list[str] = []
    with noticed_by(said.append):
        for name in ("a.png", "b.png"):
            with picture(tmp_path / name, "title", "loss") as (_, axes):
                axes.plot([0, 1], [0, 1], label=text)
                axes.legend()
    assert len(said) == bool(boxes)
    assert "".join(said).startswith(f"letters that no installed font has are drawn as boxes: {boxes}" if boxes else "")
    assert ("install one of" in "".join(said)) is ("install one of" in boxes)
    assert ("nnlab-runner[ja]" in "".join(said)) is ("nnlab-runner[ja]" in boxes)


def test_missing_glyphs_without_a_reporter_are_silent(
    tmp_path: Path, only_dejavu: None, capfd: pytest.CaptureFixture[str]
) -> None:
    with picture(tmp_path / "a.png", "名前", "loss"):
        pass
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_newly_installed_font_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, language: Language) -> None:
    """Where words are Japanese, or a title is."""
    names = ["DejaVu Sans"]
    monkeypatch.setattr(fonts, "find_spec", lambda name: None)
    monkeypatch.setattr(fonts, "findSystemFonts", lambda: [str(tmp_path / "new.ttf"), str(tmp_path / "broken.ttf")])
    monkeypatch.setattr(fonts.fontManager, "get_font_names", lambda: names)

    def add(path: str) -> None:
        if path.endswith("broken.ttf"):
            raise RuntimeError("no font")
        names.append("IPAexGothic")

    monkeypatch.setattr(fonts.fontManager, "addfont", add)
    with drawn_as(PlotStyle(language=language)):
        assert tr("train") == ("訓練" if language == "ja" else "train")
        assert ("IPAexGothic" in families("narrow")) is (language == "ja")
        assert families("名前") == ["DejaVu Sans", "IPAexGothic"]


@pytest.mark.parametrize(
    ("text", "expected"), [("名", True), ("ｱ", True), ("한", True), ("é", False), ("\U0001f600", False)]
)
def test_east_asian_letters(text: str, expected: bool) -> None:
    assert is_east_asian(text) is expected


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A package of the extra ja without its font; importing it fails."""
    folder = tmp_path / "matplotlib_fontja"
    (folder / "fonts").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise ImportError")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def test_the_font_of_the_extra_is_added_without_importing_its_package(
    package: Path, only_dejavu: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, added = ["DejaVu Sans"], []

    def add(path: Path) -> None:
        added.append(path)
        names.append("IPAexGothic")

    monkeypatch.setattr(fonts, "find_spec", importlib.util.find_spec)
    monkeypatch.setattr(fonts.fontManager, "get_font_names", lambda: names)
    monkeypatch.setattr(fonts.fontManager, "addfont", add)
    with drawn_as(PlotStyle(language="ja")):
        assert families("title") == ["DejaVu Sans", "IPAexGothic"]
    assert added == [package / "fonts" / "ipaexg.ttf"]


def test_an_extra_without_its_font_is_no_font(
    package: Path, only_dejavu: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "find_spec", importlib.util.find_spec)
    for contents in (None, b"no font"):
        if contents:
            (package / "fonts" / "ipaexg.ttf").write_bytes(contents)
        with speaking("ja"), pytest.raises(UsageError, match=r"nnlab-runner\[ja\]"):
            check_language()
    check_language()


def test_the_extra_has_the_font_under_this_name() -> None:
    package = importlib.util.find_spec(fonts.PACKAGE)
    assert package is not None
    assert package.submodule_search_locations
    path = Path(package.submodule_search_locations[0]) / fonts.FONT_FILE
    assert get_font(str(path)).family_name in fonts.JAPANESE_FONTS
