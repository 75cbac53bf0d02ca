"""How pictures can be written: formats, styles and languages."""

from dataclasses import dataclass
from typing import Literal, get_args

Format = Literal["png", "svg", "pdf"]
Style = Literal["light", "dark"]
Language = Literal["en", "ja"]
FORMATS: tuple[Format, ...] = get_args(Format)
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True)
class PlotStyle:
    """How pictures are written and in which language their words are."""

    format: Format = "png"
    style: Style = "light"
    language: Language = "en"
