"""Reports without runs, with the same text in every place that a user's text can reach."""

import struct
import zlib

from nnlab.report.document import (
    Block,
    Box,
    Code,
    Heading,
    Items,
    Paragraph,
    Picture,
    Pictures,
    Report,
    Section,
    Table,
    numbered,
)


def made_png(width: int = 2, height: int = 1) -> bytes:
    """A black PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" * (width + 1)) * height)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def made_report(text: str) -> Report:
    """A report of every kind of block, each with this text."""
    picture = Picture("accuracy", made_png(), made_png(3), 700, 400, text, text)
    blocks: list[Block] = [
        Paragraph(text),
        Paragraph(text, role="question"),
        Heading(text),
        Items([text, text]),
        Table(text, [text, text], [[text, text], [text, text]], frozenset({1}), best=0),
        Pictures([picture]),
        Pictures([picture, picture]),
        Code(text, text, "bash"),
        Code(text, text, "yaml", folded=True),
        Box(text, 6),
    ]
    sections = numbered([Section("results", text, blocks), Section("end", text, [])])
    return Report(text, "en", text, "2026-01-02", text, sections)
