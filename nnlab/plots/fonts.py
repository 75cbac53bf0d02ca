"""Fonts of pictures, and characters that no installed font has."""

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from unicodedata import east_asian_width

from matplotlib.figure import Figure
from matplotlib.font_manager import findSystemFonts, fontManager, get_font
from matplotlib.text import Text

from nnlab.plots.notices import notice
from nnlab.text import one_line

JAPANESE_FONTS = (
    "Noto Sans CJK JP",
    "Noto Sans JP",
    "IPAexGothic",
    "IPAGothic",
    "Hiragino Sans",
    "Yu Gothic",
    "MS Gothic",
    "TakaoGothic",
    "VL Gothic",
)
# Tried in this order for characters that the standard font lacks.
_FONTS_WITH_MORE_LETTERS = (*JAPANESE_FONTS, "Noto Sans", "Arial Unicode MS")
INSTALL_JAPANESE = (
    f"install one of {', '.join(JAPANESE_FONTS)} (on Debian and Ubuntu: apt install fonts-noto-cjk or fonts-ipaexfont)"
)


def has_japanese_font() -> bool:
    """Whether matplotlib finds a font with Japanese characters, known to it or newly installed."""
    return _knows_japanese() or _finds_japanese()


def families(text: str) -> list[str]:
    """The font families for a picture with this title, in order of preference."""
    if is_east_asian(text) and not _knows_japanese():
        _find_new_fonts()
    installed = set(fontManager.get_font_names())
    return ["DejaVu Sans", *(name for name in _FONTS_WITH_MORE_LETTERS if name in installed)]


def notice_missing(figure: Figure) -> None:
    """Report in one line the characters of a figure that are drawn as boxes, and the fonts that have them."""
    missing = "".join(_missing(figure))
    if not missing:
        return
    found = f"letters that no installed font has are drawn as boxes: {one_line(missing, 40)}"
    notice(f"{found}; {INSTALL_JAPANESE}" if is_east_asian(missing) else found)


def is_east_asian(text: str) -> bool:
    """Whether a text has Chinese, Japanese or Korean characters."""
    return any(east_asian_width(letter) in "WFH" and letter <= "\uffff" for letter in text)


def _missing(figure: Figure) -> dict[str, None]:
    missing: dict[str, None] = {}
    for text in figure.findobj(Text):
        letters = dict.fromkeys(letter for letter in text.get_text() if letter > "\x7f" and not letter.isspace())
        if letters and text.get_visible():
            known = _letters(tuple(text.get_fontfamily()))
            missing |= {letter: None for letter in letters if ord(letter) not in known}
    return missing


@cache
def _letters(names: Sequence[str]) -> frozenset[int]:
    """The code points that a font of these families has."""
    known: set[int] = set()
    for name in names:
        with suppress(ValueError):
            path = fontManager.findfont(name, fallback_to_default=False)
            known |= get_font(path).get_charmap().keys()
    return frozenset(known)


def _knows_japanese() -> bool:
    return bool(set(JAPANESE_FONTS) & set(fontManager.get_font_names()))


def _finds_japanese() -> bool:
    _find_new_fonts()
    return _knows_japanese()


def _find_new_fonts() -> None:
    """Add fonts that were installed after matplotlib built its list."""
    known = {entry.fname for entry in fontManager.ttflist}
    for path in findSystemFonts():
        if path not in known:
            with suppress(OSError, RuntimeError):  # not a font
                fontManager.addfont(path)
