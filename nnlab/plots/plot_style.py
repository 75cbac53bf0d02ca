"""Formats, styles and languages of pictures."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from nnlab.language import Language, current_language

Format = Literal["png", "svg", "pdf"]
Style = Literal["light", "dark"]
FORMATS: tuple[Format, ...] = get_args(Format)


@dataclass(frozen=True)
class PlotStyle:
    """The format, style and language of pictures, and the pixels per inch of PNG."""

    format: Format = "png"
    style: Style = "light"
    language: Language = field(default_factory=current_language)
    dpi: int = 120
