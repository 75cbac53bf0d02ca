"""Pictures; nothing outside this package imports matplotlib."""

import os
import sys
from contextlib import suppress


def _import_matplotlib_with_any_backend() -> None:
    """Import matplotlib even if ``MPLBACKEND`` names a backend that is not installed here.

    A process started from a notebook inherits the notebook's backend. Pictures are always drawn by Agg; a backend that
    matplotlib does accept stays the one of the user's own figures.
    """
    backend = os.environ.pop("MPLBACKEND")
    try:
        import matplotlib as mpl

        with suppress(ValueError):
            mpl.rcParams["backend"] = backend
    finally:
        os.environ["MPLBACKEND"] = backend


if "MPLBACKEND" in os.environ and "matplotlib" not in sys.modules:
    _import_matplotlib_with_any_backend()
