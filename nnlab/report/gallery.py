"""Pictures of a report: drawn into a temporary folder, for white and for black background, and kept as PNG."""

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from nnlab.errors import NnlabError
from nnlab.language import Language, current_language, in_language
from nnlab.plots.palette import drawn_as
from nnlab.plots.plot_style import PlotStyle, Style
from nnlab.report.document import Picture, Pictures
from nnlab.text import one_line

DPI = 160
"""Pixels per inch: sharp on paper where a picture fills the width of a page."""

CSS_PIXELS_PER_INCH = 96


class Gallery:
    """Draws the pictures of a report; what cannot be drawn is a line in ``failures``.

    ``styles`` are light alone, or light and dark.
    """

    def __init__(self, styles: Sequence[Style] = ("light", "dark")) -> None:
        self.styles = styles
        self._failures: dict[str, None] = {}

    @property
    def failures(self) -> list[str]:
        """Why pictures are missing, a line each."""
        return list(self._failures)

    def note(self, line: str) -> None:
        """Record why a picture is missing, once."""
        self._failures.setdefault(one_line(line, 500))

    def draw(
        self,
        draw: Callable[[Path], object],
        captions: Mapping[str, str],
        subject: str,
    ) -> list[Pictures]:
        """The pictures that ``draw`` writes into the folder that it is given, in the order of ``captions``.

        ``captions`` maps the names of files, without ending, to captions, to which ``subject`` is added; other files
        are left out.
        """
        drawn = {style: self._drawn(draw, style) for style in self.styles}
        light = drawn[self.styles[0]]
        found = []
        for name, caption in captions.items():
            if name in light:
                width, height = size_of(light[name])
                scale = CSS_PIXELS_PER_INCH / DPI
                text = in_language(f"{caption}: {subject}", f"{subject}：{caption}") if subject else caption
                found.append(
                    Picture(
                        name,
                        light[name],
                        drawn["dark"].get(name) if "dark" in drawn else None,
                        round(width * scale),
                        round(height * scale),
                        caption=text,
                        alt=in_language(f"Picture: {text}", f"図：{text}"),
                    )
                )
        return [Pictures([picture]) for picture in found]

    def _drawn(self, draw: Callable[[Path], object], style: Style) -> dict[str, bytes]:
        language: Language = current_language()
        with TemporaryDirectory(prefix="nnlab-report-") as name, drawn_as(PlotStyle("png", style, language, DPI)):
            folder = Path(name)
            try:
                draw(folder)
            except NnlabError as error:
                self.note(str(error))
            return {path.stem: path.read_bytes() for path in sorted(folder.glob("*.png"))}


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG in pixels, from its header."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def beside_each_other(found: Iterable[Pictures]) -> list[Pictures]:
    """The pictures of several rows in one."""
    pictures = [picture for row in found for picture in row.pictures]
    return [Pictures(pictures)] if pictures else []
