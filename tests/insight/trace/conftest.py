"""MNIST is read once for all traces."""

import functools

import pytest

from nnlab.data.sources import mnist
from nnlab.data.sources.idx import read_folder

read_once = functools.cache(read_folder)


@pytest.fixture(autouse=True)
def mnist_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist, "read_folder", read_once)
