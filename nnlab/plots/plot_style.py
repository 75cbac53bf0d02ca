"""Formats, styles and languages of pictures."""

from dataclasses import dataclass
from typing import Literal, get_args

from nnlab.language import Language

Format = Literal["png", "svg", "pdf"]
Style = Literal["light", "dark"]
FORMATS: tuple[Format, ...] = get_args(Format)


@dataclass(frozen=True)
class PlotStyle:
    """The format, style and language of pictures, and the pixels per inch of PNG."""

    format: Format = "png"
    style: Style = "light"
    language: Language = "en"
    dpi: int = 120
