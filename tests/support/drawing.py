"""Pictures without their pixels, for tests of what is drawn and where."""

import pytest
from matplotlib.figure import Figure


def lay_out_only(monkeypatch: pytest.MonkeyPatch, figure: Figure) -> None:
    """Let a figure be laid out as for its file, but without the pixels, which take most of the time."""
    monkeypatch.setattr(figure, "savefig", lambda *_, **__: figure.draw_without_rendering())
