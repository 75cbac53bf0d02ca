"""Formats, styles and languages of pictures."""

from dataclasses import dataclass
from typing import Literal, get_args

Format = Literal["png", "svg", "pdf"]
Style = Literal["light", "dark"]
Language = Literal["en", "ja"]
FORMATS: tuple[Format, ...] = get_args(Format)
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True)
class PlotStyle:
    """The format, style and language of pictures."""

    format: Format = "png"
    style: Style = "light"
    language: Language = "en"
