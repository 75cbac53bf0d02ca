"""Questions that a command asks before it does what cannot simply be undone."""

import sys

from nnlab.cli.echo import echo
from nnlab.errors import UsageError


def confirmed(question: str) -> bool:
    """Ask on stderr, so that stdout keeps the results alone; anything but yes is no.

    Raises UsageError when nobody can answer.
    """
    echo(f"{question} [y/N] ", err=True, nl=False)
    answer = sys.stdin.readline() if sys.stdin else ""
    if not answer:
        echo("", err=True)
        raise UsageError("no answer came, so nothing was done; -y answers yes beforehand")
    return answer.strip().lower() in {"y", "yes"}
