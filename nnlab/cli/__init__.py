"""The command line: one thin file for each command, which parses, calls and renders.

Nothing heavy is imported before a command runs, so that help answers at once, and nothing at all before Ctrl-C is met.
"""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    try:
        from nnlab.cli.entry import main as run

        run()
    except KeyboardInterrupt:  # before the handlers of signals are in place
        sys.stderr.write("nnlab: stopped by SIGINT\n")
        sys.exit(130)
