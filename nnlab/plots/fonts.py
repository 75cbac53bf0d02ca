"""Fonts of pictures, and characters that no installed font has."""

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from unicodedata import east_asian_width

from matplotlib.figure import Figure
from matplotlib.font_manager import findSystemFonts, fontManager, get_font
from matplotlib.text import Text

from nnlab.errors import UsageError
from nnlab.language import current_language
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
# The package of the extra ja, and the font (IPAexGothic) in it.
PACKAGE, FONT_FILE = "matplotlib_fontja", Path("fonts", "ipaexg.ttf")
_INSTALL_FONT = (
    f"install one of {', '.join(JAPANESE_FONTS)} (on Debian and Ubuntu: apt install fonts-noto-cjk or fonts-ipaexfont)"
)
INSTALL_JAPANESE = f"pip install 'nnlab-runner[ja]' brings one; or {_INSTALL_FONT}"


def has_japanese_font() -> bool:
    """Whether matplotlib finds a font with Japanese characters: known to it, in the extra ja, or newly installed."""
    return _knows_japanese() or _finds_packaged() or _finds_japanese()


def check_language() -> None:
    """Raise UsageError where pictures in the current language need a font that is not installed."""
    if current_language() == "ja" and not has_japanese_font():
        raise UsageError(f"no Japanese font was found; {INSTALL_JAPANESE}")


def families(text: str) -> list[str]:
    """The font families for a picture with this title, in order of preference."""
    if current_language() == "ja" or is_east_asian(text):
        has_japanese_font()
    installed = set(fontManager.get_font_names())
    return ["DejaVu Sans", *(name for name in _FONTS_WITH_MORE_LETTERS if name in installed)]


def notice_missing(figure: Figure) -> None:
    """Report in one line the characters of a figure that are drawn as boxes, and the fonts that have them."""
    missing = "".join(_missing(figure))
    if not missing:
        return
    found = f"letters that no installed font has are drawn as boxes: {one_line(missing, 40)}"
    if not is_east_asian(missing):
        notice(found)
    else:
        notice(f"{found}; {_INSTALL_FONT if _has_hangul(missing) else INSTALL_JAPANESE}")


def is_east_asian(text: str) -> bool:
    """Whether a text has Chinese, Japanese or Korean characters."""
    return any(east_asian_width(letter) in "WFH" and letter <= "\uffff" for letter in text)


def _has_hangul(text: str) -> bool:
    return any("\uac00" <= letter <= "\ud7a3" for letter in text)


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


def _finds_packaged() -> bool:
    """Add the font of the extra; its package is not imported, since that would change matplotlib's settings."""
    package = find_spec(PACKAGE)
    for folder in (package and package.submodule_search_locations) or ():
        with suppress(OSError, RuntimeError):  # without the file, or not a font
            fontManager.addfont(Path(folder) / FONT_FILE)
    return _knows_japanese()


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
