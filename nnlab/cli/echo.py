"""Lines on the console in which nothing can steer a terminal, whoever wrote the names and paths in them."""

import typer

from nnlab.text import escape_control


def echo(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print a text on stdout, or on stderr."""
    typer.echo(escape_control(text), err=err, nl=nl)
