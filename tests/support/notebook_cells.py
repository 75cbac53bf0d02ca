"""A kernel of a notebook that is not there: what its cells would be sent."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest


class Cell:
    """The outputs of a cell by display id, and how many messages changed them."""

    def __init__(self) -> None:
        self.outputs: dict[str, dict[str, str]] = {}
        self.messages = 0

    def display(self, bundle: dict[str, str], *, raw: bool, display_id: str, update: bool) -> None:
        assert raw
        assert update is (display_id in self.outputs), "an output is shown once, then updated"
        self.outputs[display_id] = bundle
        self.messages += 1

    @property
    def html(self) -> str:
        (bundle,) = self.outputs.values()
        return bundle["text/html"]

    @property
    def text(self) -> str:
        (bundle,) = self.outputs.values()
        return bundle["text/plain"]


SHELL_OF_A_NOTEBOOK = SimpleNamespace(kernel=object())


def kernel(monkeypatch: pytest.MonkeyPatch, shell: Any = SHELL_OF_A_NOTEBOOK) -> Cell:
    """Put IPython's place holders into this process; gives the cell that they show in."""
    cell = Cell()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=cell.display))
    return cell
