"""The command line: one thin file for each command, which parses, calls and renders.

Nothing heavy is imported before a command runs, so that help answers at once.
"""

from nnlab.cli.entry import main

__all__ = ["main"]
