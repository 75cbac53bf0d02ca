"""Pictures without their pixels, for tests of what is drawn and where."""

import struct
import zlib
from typing import Any

import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from nnlab.plots import canvas
from nnlab.plots.palette import plot_dpi
from nnlab.plots.plot_style import Format


def draw_without_pixels(figure: Figure, *, laid_out: bool) -> None:
    """Draw a figure but for its pixels and, unless it is ``laid_out``, the layout, which takes twice as long."""
    if not laid_out:
        figure.set_layout_engine("none")
    figure.draw_without_rendering()


def write_no_pixels(monkeypatch: pytest.MonkeyPatch, *, laid_out: bool) -> None:
    """Let figures be drawn without pixels, for tests that look at the figures; their files are empty."""

    def written(figure: Figure, kind: Format) -> bytes:
        draw_without_pixels(figure, laid_out=laid_out)
        return b""

    monkeypatch.setattr(canvas, "_written", written)


def write_blank_pixels(monkeypatch: pytest.MonkeyPatch, *, laid_out: bool) -> None:
    """Let all figures be drawn without pixels, and write blank PNG files and animations of their size.

    Frames of animations have the colour of the background.
    """
    written, savefig = canvas._written, Figure.savefig

    def blank_file(figure: Figure, kind: Format) -> bytes:
        if kind != "png":
            return written(figure, kind)
        figure.set_dpi(plot_dpi())
        draw_without_pixels(figure, laid_out=laid_out)
        width, height = (int(inches * plot_dpi()) for inches in figure.get_size_inches())
        return blank_png(width, height)

    def blank_frame(figure: Figure, file: Any, **options: Any) -> None:
        if options.get("format") != "rgba":
            savefig(figure, file, **options)
            return
        width, height = (int(inches * options["dpi"]) for inches in figure.get_size_inches())
        file.write(bytes(round(255 * part) for part in to_rgba(figure.get_facecolor())) * (width * height))

    monkeypatch.setattr(canvas, "_written", blank_file)
    monkeypatch.setattr(Figure, "savefig", blank_frame)


def blank_png(width: int, height: int) -> bytes:
    """A PNG file of black pixels."""
    header = struct.pack(">2I5B", width, height, 1, 0, 0, 0, 0)  # one bit for each pixel
    rows = (b"\0" + bytes((width + 7) // 8)) * height
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    framed = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)
