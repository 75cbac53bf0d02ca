"""Pictures without their pixels, for tests of what is drawn and where."""

import struct
import zlib
from typing import Any

import pytest
from matplotlib.figure import Figure


def lay_out_only(monkeypatch: pytest.MonkeyPatch, figure: Figure) -> None:
    """Let a figure be laid out as for its file, but without the pixels, which take most of the time."""
    monkeypatch.setattr(figure, "savefig", lambda *_, **__: figure.draw_without_rendering())


def write_blank_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all figures be laid out as for their files, but write blank PNG files of their size."""
    savefig = Figure.savefig

    def lay_out(figure: Figure, file: Any, **options: Any) -> None:
        if options.get("format") != "png" or "dpi" not in options:
            savefig(figure, file, **options)
            return
        figure.draw_without_rendering()
        width, height = (int(inches * options["dpi"]) for inches in figure.get_size_inches())
        file.write(blank_png(width, height))

    monkeypatch.setattr(Figure, "savefig", lay_out)


def blank_png(width: int, height: int) -> bytes:
    """A PNG file of black pixels."""
    header = struct.pack(">2I5B", width, height, 1, 0, 0, 0, 0)  # one bit for each pixel
    rows = (b"\0" + bytes((width + 7) // 8)) * height
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    framed = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)
