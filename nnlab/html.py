"""Pieces of HTML for notebooks and reports; every text is escaped."""

from base64 import b64encode
from collections.abc import Collection, Sequence
from html import escape

from nnlab.text import escape_control, one_line

LONGEST_CELL = 200

# Nothing but pictures inside the file and its own style: what a name smuggled in could neither run nor load anything.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""The content security policy of a page that loads nothing."""


def escaped(text: object) -> str:
    """A text as HTML: neither markup nor control characters of whoever wrote it have any effect."""
    return escape(escape_control(str(text)))


def table(
    headings: Sequence[object], rows: Sequence[Sequence[object]], *, numbers: Collection[int] = (), caption: str = ""
) -> str:
    """A table of texts, each escaped and cut to one line; the columns of the indices ``numbers`` are aligned right."""
    title = f'<caption style="text-align: left">{escaped(caption)}</caption>' if caption else ""
    head = _row("th", headings, numbers)
    body = "".join(_row("td", row, numbers) for row in rows)
    # A front end may show HTML in quirks mode, where tables do not inherit their colour.
    return f'<table style="color: inherit; margin: 0.4em 0">{title}<thead>{head}</thead><tbody>{body}</tbody></table>'


def block(*parts: str) -> str:
    """Pieces of HTML as one block of an output, the empty ones left out."""
    return f"<div>{''.join(filter(None, parts))}</div>"


def line(text: object, *, small: bool = False) -> str:
    """A text as a paragraph of its own, with its line breaks."""
    style = "margin: 0.2em 0; white-space: pre-wrap" + "; font-size: 90%; opacity: 0.8" * small
    return f'<p style="{style}">{escaped(text)}</p>'


def code(text: object) -> str:
    """A text in fixed width, with its line breaks."""
    return f'<pre style="margin: 0.2em 0">{escaped(text)}</pre>'


def printable(value: object) -> object:
    """For a template: control characters and those that reorder text, which no HTML escape makes harmless, escaped."""
    return escape_control(value) if type(value) is str else value


def data_uri(png: bytes) -> str:
    """A picture inside the page."""
    return f"data:image/png;base64,{b64encode(png).decode('ascii')}"


def _row(tag: str, cells: Sequence[object], numbers: Collection[int]) -> str:
    aligned = ("right" if index in numbers else "left" for index in range(len(cells)))
    inner = (
        f'<{tag} style="text-align: {side}">{escaped(one_line(str(cell), LONGEST_CELL))}</{tag}>'
        for side, cell in zip(aligned, cells, strict=True)
    )
    return f"<tr>{''.join(inner)}</tr>"
