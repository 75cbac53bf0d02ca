"""Lines of findings: as they are, or wrapped on a terminal."""

from nnlab.cli.console import echo, results

LABEL = 10
"""The width of the labels below the sentence of a finding."""


def print_line(text: str, indent: int) -> None:
    """Print a line; on a terminal it is wrapped, with further lines indented, unless it has a command to copy."""
    from nnlab.cli.wrapping import wrapped

    if "nnlab " in text or not results().is_terminal:
        echo(text)
        return
    head, *others = wrapped(text[indent:], max(40, results().width - indent)) or [""]
    echo("\n".join([text[:indent] + head, *(" " * (indent or 2) + other for other in others)]))
